import type { CreateSecretCommandInput, CreateSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import type { SecretRow } from '#model/secretsmanager.ts';
import { Constraints } from '#protocol/constraints.ts';
import { secrets } from '#store/tables/secrets.ts';
import { repeated, versionIdOf } from '../client-token.ts';
import type { SecretsContext, SecretsOperation } from '../context.ts';
import { exists, invalidRequest, validation } from '../errors.ts';
import { addReplicas, checkReplicas } from '../replicas.ts';
import { CURRENT, deleteSecret, findSecret, secretArn } from '../secrets.ts';
import { mergeTags } from '../tags.ts';
import { addVersion, keyForWriting, type Value, valueIn } from '../values.ts';
import { replicationView } from '../views.ts';

const suffixCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const suffix = (ctx: SecretsContext) =>
  [...ctx.random.bytes(6)].map((byte) => suffixCharacters[byte % suffixCharacters.length]).join('');

function checkName(name: string): void {
  new Constraints().text('name', name, { min: 1, max: 512 }).check();
  if (!/^[A-Za-z0-9/_+=.@!-]+$/.test(name)) {
    throw validation(
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    );
  }
}

/** The answer to a request that has been made before; an error when the name is somebody else's. */
function checkExisting(
  ctx: SecretsContext,
  row: SecretRow,
  input: CreateSecretCommandInput,
  value: Value | undefined,
): Omit<CreateSecretCommandOutput, '$metadata'> {
  if (row.deletionAt !== undefined) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  const version = input.ClientRequestToken && value && repeated(ctx, row.arn, input.ClientRequestToken, value);
  if (!version) throw exists(`The operation failed because the secret ${row.name} already exists.`);
  return { ARN: row.arn, Name: row.name, VersionId: version.versionId };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
export const CreateSecret: SecretsOperation<CreateSecretCommandInput, CreateSecretCommandOutput> = (ctx, input) => {
  const name = input.Name!;
  checkName(name);
  new Constraints().text('description', input.Description, { max: 2048 }).check();
  if (input.Type !== undefined) throw validation('Slipway does not keep external secrets: Type is not supported.');
  const versionId = versionIdOf(ctx, input.ClientRequestToken);
  const value = valueIn(input);
  const before = findSecret(ctx.store, ctx, name);
  if (before && !(before.deletionAt !== undefined && before.deletionAt <= ctx.clock.now())) {
    return checkExisting(ctx, before, input, value);
  }
  const arn = secretArn(ctx, name, suffix(ctx));
  const now = ctx.clock.now();
  const row: SecretRow = {
    account: ctx.account,
    region: ctx.region,
    arn,
    name,
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.KmsKeyId !== undefined && { kmsKeyId: input.KmsKeyId }),
    createdAt: now,
    changedAt: now,
    replicas: [],
    tags: mergeTags({}, input.Tags),
  };
  const key = value || input.KmsKeyId ? keyForWriting(ctx, ctx, input.KmsKeyId, arn, versionId) : undefined;
  checkReplicas(ctx, row, input.AddReplicaRegions, versionId);
  const made = ctx.store.transact((tx) => {
    if (before) deleteSecret(tx, before.arn);
    tx.insert(secrets, row);
    if (value) addVersion(ctx, tx, { arn, id: versionId, value, stages: [CURRENT] }, key!);
    addReplicas(ctx, tx, arn, input.AddReplicaRegions, input.ForceOverwriteReplicaSecret);
    return tx.get(secrets, arn)!;
  });
  return {
    ARN: arn,
    Name: name,
    ...(value && { VersionId: versionId }),
    ...(made.replicas.length > 0 && { ReplicationStatus: replicationView(made) }),
  };
};
