import type { CreateDaemonCommandInput, CreateDaemonCommandOutput } from '@aws-sdk/client-ecs';
import { daemonArn } from '#model/arn.ts';
import type { DaemonRow } from '#model/daemon.ts';
import { daemons } from '#store/tables/ecs.ts';
import { rememberToken, tokenResult } from '../client-tokens.ts';
import type { EcsOperation } from '../context.ts';
import { beginDaemonDeployment, newDaemonRevision } from '../daemon-deployments.ts';
import { clientException, invalidParameter } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { requireDaemonTaskDefinition } from '../resolve-daemon.ts';
import { newTags } from '../tags.ts';
import {
  checkDaemonDeployment,
  checkDaemonName,
  checkDaemonProviders,
  checkDaemonToken,
  checkPropagation,
  refuseExecuteCommand,
} from '../validate/daemon.ts';

const made = (row: DaemonRow): Omit<CreateDaemonCommandOutput, '$metadata'> => ({
  daemonArn: row.arn,
  status: row.status,
  createdAt: new Date(row.createdAt),
  deploymentArn: row.deploymentArn,
});

const notIdempotent = () => invalidParameter('Creation of daemon was not idempotent.');

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateDaemon.html */
export const CreateDaemon: EcsOperation<CreateDaemonCommandInput, CreateDaemonCommandOutput> = (ctx, input) => {
  const name = checkDaemonName(input.daemonName);
  checkDaemonToken(input.clientToken);
  refuseExecuteCommand(input.enableExecuteCommand);
  const configuration = checkDaemonDeployment(input.deploymentConfiguration);
  const propagateTags = checkPropagation(input.propagateTags);
  const tags = newTags(input.tags);
  const token = input.clientToken;
  const row = ctx.store.transact((tx) => {
    const cluster = requireCluster(tx, ctx, input.clusterArn);
    const arn = daemonArn(cluster, cluster.name, name);
    const existing = tx.get(daemons, arn);
    const known = token && tokenResult(tx, ctx, 'CreateDaemon', token, input, notIdempotent);
    if (known && existing?.status === 'ACTIVE') return existing;
    if (existing?.status === 'ACTIVE') throw notIdempotent();
    if (existing) throw invalidParameter('Unable to create a daemon that is still being deleted.');
    const definition = requireDaemonTaskDefinition(tx, ctx, input.daemonTaskDefinitionArn);
    if (definition.status !== 'ACTIVE') throw clientException('DaemonTaskDefinition is inactive');
    const capacityProviders = checkDaemonProviders(tx, ctx, cluster, input.capacityProviderArns);
    const place = { account: cluster.account, region: cluster.region, arn, clusterArn: cluster.arn, name };
    const critical = input.critical ?? true;
    const revision = newDaemonRevision(tx, ctx, place, definition, {
      capacityProviders,
      critical,
      propagateTags,
      enableECSManagedTags: input.enableECSManagedTags ?? false,
      enableExecuteCommand: false,
    });
    const deployment = beginDaemonDeployment(tx, ctx, place, revision, configuration);
    const nowMs = ctx.clock.now();
    const created = tx.insert(daemons, {
      ...place,
      status: 'ACTIVE',
      revisionArn: revision.arn,
      taskDefinitionArns: [definition.arn],
      capacityProviders,
      critical,
      deploymentArn: deployment.arn,
      failuresInARow: 0,
      createdAt: nowMs,
      updatedAt: nowMs,
      tags,
    });
    if (token) rememberToken(tx, ctx, { operation: 'CreateDaemon', token, request: input, resourceArns: [arn], nowMs });
    return created;
  });
  return made(row);
};
