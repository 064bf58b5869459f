import type {
  UpdateSecretVersionStageCommandInput,
  UpdateSecretVersionStageCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import { Constraints } from '#protocol/constraints.ts';
import { secrets, secretVersions } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { invalidParameter, versionNotFound } from '../errors.ts';
import { syncReplicas } from '../replicas.ts';
import { attachStages, CURRENT, resolveWritableSecret, versionsOf, withStage } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html */
export const UpdateSecretVersionStage: SecretsOperation<
  UpdateSecretVersionStageCommandInput,
  UpdateSecretVersionStageCommandOutput
> = (ctx, input) => {
  const { VersionStage: stage, RemoveFromVersionId: from, MoveToVersionId: to } = input;
  new Constraints().text('versionStage', stage, { min: 1, max: 256 }).check();
  const secret = resolveWritableSecret(ctx, input.SecretId!);
  const versions = versionsOf(ctx.store, secret.arn);
  const holder = withStage(versions, stage!);
  for (const id of [from, to]) {
    if (id !== undefined && !versions.some(({ versionId }) => versionId === id)) throw versionNotFound(id);
  }
  if (from === undefined && holder && holder.versionId !== to) {
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.versionId}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (from !== undefined && holder?.versionId !== from) {
    throw invalidParameter(`Staging label ${stage} isn't attached to version ${from} of the secret.`);
  }
  if (to === undefined && from === undefined) {
    throw invalidParameter('You must specify RemoveFromVersionId, MoveToVersionId, or both.');
  }
  if (to === undefined && stage === CURRENT) {
    throw invalidParameter(
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    );
  }
  ctx.store.transact((tx) => {
    if (to !== undefined) attachStages(tx, secret.arn, to, [stage!]);
    else tx.put(secretVersions, { ...holder!, stages: holder!.stages.filter((one) => one !== stage) });
    tx.put(secrets, { ...secret, changedAt: ctx.clock.now() });
    syncReplicas(ctx, tx, secret.arn);
  });
  return { ARN: secret.arn, Name: secret.name };
};
