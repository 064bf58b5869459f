import type {
  ReplicateSecretToRegionsCommandInput,
  ReplicateSecretToRegionsCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import { Constraints } from '#protocol/constraints.ts';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { addReplicas, checkReplicas } from '../replicas.ts';
import { CURRENT, resolveWritableSecret, versionsOf, withStage } from '../secrets.ts';
import { replicationView } from '../views.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html */
export const ReplicateSecretToRegions: SecretsOperation<
  ReplicateSecretToRegionsCommandInput,
  ReplicateSecretToRegionsCommandOutput
> = (ctx, input) => {
  new Constraints().size('addReplicaRegions', input.AddReplicaRegions!.length, { min: 1 }).check();
  const secret = resolveWritableSecret(ctx, input.SecretId!);
  const current = withStage(versionsOf(ctx.store, secret.arn), CURRENT);
  checkReplicas(ctx, secret, input.AddReplicaRegions, current?.versionId ?? '');
  const row = ctx.store.transact((tx) => {
    addReplicas(ctx, tx, secret.arn, input.AddReplicaRegions, input.ForceOverwriteReplicaSecret);
    return tx.get(secrets, secret.arn)!;
  });
  return { ARN: secret.arn, ReplicationStatus: replicationView(row) };
};
