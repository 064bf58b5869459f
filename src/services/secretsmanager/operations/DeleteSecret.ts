import type { DeleteSecretCommandInput, DeleteSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsContext, SecretsOperation } from '../context.ts';
import { invalidParameter, invalidRequest, isReplica, markedForDeletion, secretNotFound } from '../errors.ts';
import { deleteSecret, findSecret, secretArn } from '../secrets.ts';

const DAY_MS = 86_400_000;
const DEFAULT_WINDOW_DAYS = 30;

/** As at AWS, forcing what is not there (any more) is no error; the answer then names what was asked for. */
function nothingToForce(ctx: SecretsContext, id: string) {
  const arn = id.startsWith('arn:') ? id : secretArn(ctx, id, '000000');
  return { ARN: arn, Name: id, DeletionDate: new Date(ctx.clock.now()) };
}

/**
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html. A reconciler deletes the secret
 * when its recovery window is over.
 */
export const DeleteSecret: SecretsOperation<DeleteSecretCommandInput, DeleteSecretCommandOutput> = (ctx, input) => {
  const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force } = input;
  if (force && days !== undefined) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  if (days !== undefined && (days < 7 || days > 30)) {
    throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
  }
  const secret = findSecret(ctx.store, ctx, input.SecretId!);
  if (!secret) {
    if (force) return nothingToForce(ctx, input.SecretId!);
    throw secretNotFound();
  }
  if (secret.primaryRegion !== undefined) throw isReplica();
  if (secret.replicas.length > 0) {
    const regions = secret.replicas.map(({ region }) => region).join(', ');
    throw invalidRequest(`You can't delete secret ${secret.name} that still has replica regions [${regions}]`);
  }
  if (secret.deletionAt !== undefined && !force) throw markedForDeletion();
  const deletionAt = ctx.clock.now() + (force ? 0 : (days ?? DEFAULT_WINDOW_DAYS) * DAY_MS);
  ctx.store.transact((tx) => {
    if (force) deleteSecret(tx, secret.arn);
    else tx.put(secrets, { ...secret, deletionAt, changedAt: ctx.clock.now() });
  });
  return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(deletionAt) };
};
