import type { TagResourceCommandInput, TagResourceCommandOutput } from '@aws-sdk/client-secrets-manager';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { syncReplicas } from '../replicas.ts';
import { resolveWritableSecret } from '../secrets.ts';
import { mergeTags } from '../tags.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html */
export const TagResource: SecretsOperation<TagResourceCommandInput, TagResourceCommandOutput> = (ctx, input) => {
  const secret = resolveWritableSecret(ctx, input.SecretId!);
  const tags = mergeTags(secret.tags, input.Tags);
  ctx.store.transact((tx) => {
    tx.put(secrets, { ...secret, tags, changedAt: ctx.clock.now() });
    syncReplicas(ctx, tx, secret.arn);
  });
  return {};
};
