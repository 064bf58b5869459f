import type {
  RemoveRegionsFromReplicationCommandInput,
  RemoveRegionsFromReplicationCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { replicaArn } from '../replicas.ts';
import { deleteSecret, resolveWritableSecret } from '../secrets.ts';
import { replicationView } from '../views.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RemoveRegionsFromReplication.html. Deletes the copies. */
export const RemoveRegionsFromReplication: SecretsOperation<
  RemoveRegionsFromReplicationCommandInput,
  RemoveRegionsFromReplicationCommandOutput
> = (ctx, input) => {
  const secret = resolveWritableSecret(ctx, input.SecretId!);
  const regions = input.RemoveReplicaRegions!;
  if (regions.some((region) => !secret.replicas.some((replica) => replica.region === region))) {
    throw invalidParameter('The secret is not replicated to all of the regions.');
  }
  const row = ctx.store.transact((tx) => {
    for (const region of regions) {
      const arn = replicaArn(secret, region);
      if (tx.get(secrets, arn)?.primaryRegion === secret.region) deleteSecret(tx, arn);
    }
    const replicas = secret.replicas.filter(({ region }) => !regions.includes(region));
    return tx.put(secrets, { ...secret, replicas });
  });
  return { ARN: secret.arn, ReplicationStatus: replicationView(row) };
};
