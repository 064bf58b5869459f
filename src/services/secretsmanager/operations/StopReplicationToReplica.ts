import type {
  StopReplicationToReplicaCommandInput,
  StopReplicationToReplicaCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { invalidRequest } from '../errors.ts';
import { replicaArn } from '../replicas.ts';
import { resolveLiveSecret } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html. It stands alone then. */
export const StopReplicationToReplica: SecretsOperation<
  StopReplicationToReplicaCommandInput,
  StopReplicationToReplicaCommandOutput
> = (ctx, input) => {
  const { primaryRegion, ...replica } = resolveLiveSecret(ctx, input.SecretId!);
  if (primaryRegion === undefined) throw invalidRequest('The secret is not a replica.');
  ctx.store.transact((tx) => {
    tx.put(secrets, replica);
    const primary = tx.get(secrets, replicaArn(replica, primaryRegion));
    if (!primary) return;
    const replicas = primary.replicas.filter(({ region }) => region !== replica.region);
    tx.put(secrets, { ...primary, replicas });
  });
  return { ARN: replica.arn };
};
