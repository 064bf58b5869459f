import type { RetireGrantCommandInput, RetireGrantCommandOutput } from '@aws-sdk/client-kms';
import { kmsGrants } from '#store/tables/secrets.ts';
import { refuseDryRun } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { invalidGrantToken, validation } from '../errors.ts';
import { grantNotFound, namedGrant } from '../grants.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html. By token, or by key and grant id. */
export const RetireGrant: KmsOperation<RetireGrantCommandInput, RetireGrantCommandOutput> = (ctx, input) => {
  if (input.GrantToken === undefined && (input.KeyId === undefined || input.GrantId === undefined)) {
    throw validation('Must specify either a grant token or both a key ID and grant ID.');
  }
  const grant = namedGrant(ctx, input);
  if (!grant) throw input.GrantToken !== undefined ? invalidGrantToken() : grantNotFound(input.GrantId!);
  refuseDryRun(input.DryRun);
  ctx.store.transact((tx) => tx.delete(kmsGrants, grant.key));
  return {};
};
