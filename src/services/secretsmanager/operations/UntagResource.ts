import type { UntagResourceCommandInput, UntagResourceCommandOutput } from '@aws-sdk/client-secrets-manager';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { syncReplicas } from '../replicas.ts';
import { resolveWritableSecret } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UntagResource.html */
export const UntagResource: SecretsOperation<UntagResourceCommandInput, UntagResourceCommandOutput> = (ctx, input) => {
  const secret = resolveWritableSecret(ctx, input.SecretId!);
  const tags = Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !input.TagKeys!.includes(key)));
  ctx.store.transact((tx) => {
    tx.put(secrets, { ...secret, tags, changedAt: ctx.clock.now() });
    syncReplicas(ctx, tx, secret.arn);
  });
  return {};
};
