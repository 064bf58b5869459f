import type { RevokeGrantCommandInput, RevokeGrantCommandOutput } from '@aws-sdk/client-kms';
import { kmsGrants } from '#store/tables/secrets.ts';
import { refuseDryRun } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { grantNotFound } from '../grants.ts';
import { checkNotDeleting, resolveKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html */
export const RevokeGrant: KmsOperation<RevokeGrantCommandInput, RevokeGrantCommandOutput> = (ctx, input) => {
  const key = resolveKey(ctx, input.KeyId);
  checkNotDeleting(key);
  const grant = ctx.store.get(kmsGrants, `${key.arn}#${input.GrantId}`);
  if (!grant) throw grantNotFound(input.GrantId!);
  refuseDryRun(input.DryRun);
  ctx.store.transact((tx) => tx.delete(kmsGrants, grant.key));
  return {};
};
