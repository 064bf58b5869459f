/**
 * The dry run: which instance would take each of n tasks, and for every instance all that keeps it from taking (more of)
 * them. It uses the code that launches, in a transaction that is undone, so it writes nothing.
 */
import type { PlacementConstraint, PlacementStrategy } from '@aws-sdk/client-ecs';
import { whyNotLaunchable } from '#launch/launch-tasks.ts';
import type { SlipwayOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { findingsOf, type ReasonCount } from '../explain/findings.ts';
import { dryRun, type InstanceView } from '../explain/instances.ts';
import { type ServiceView, viewService } from '../explain/service.ts';
import { type ExplainPlacementInput, subjectOf } from '../explain/subject.ts';

export interface ExplainPlacementOutput {
  readonly clusterArn: string;
  readonly taskDefinitionArn: string;
  readonly launchType: string;
  readonly group: string;
  readonly service?: ServiceView;
  /** CPU units, MiB, GPUs, network interfaces and fixed host ports of one task. */
  readonly demand: {
    readonly cpu: number;
    readonly memory: number;
    readonly gpu: number;
    readonly eni: number;
    readonly ports: readonly { readonly protocol: string; readonly hostPort: number }[];
  };
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategy[];
  readonly requestedCount: number;
  readonly placeableCount: number;
  /** Why such tasks are not launched at all, wherever there is room. */
  readonly notLaunchable?: string;
  readonly placements: readonly {
    readonly containerInstanceArn: string;
    readonly ec2InstanceId: string;
    readonly availabilityZone: string;
  }[];
  readonly instanceCount: number;
  /** How many instances each reason stands against, most first. */
  readonly reasonCounts: readonly ReasonCount[];
  /** At most `maxInstances`: those that take tasks, then those that come closest. */
  readonly instances: readonly InstanceView[];
  readonly findings: readonly string[];
}

const usualInstances = 100;
const mostInstances = 10_000;

function countReasons(instances: readonly InstanceView[]): ReasonCount[] {
  const counts = new Map<string, number>();
  for (const { reasons } of instances) {
    for (const reason of new Set(reasons.map((one) => one.reason))) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, instances: count }))
    .sort((a, b) => b.instances - a.instances || (a.reason < b.reason ? -1 : 1));
}

function checkMaxInstances(given: number | undefined): number {
  const most = given ?? usualInstances;
  if (!Number.isInteger(most) || most < 1 || most > mostInstances) {
    throw invalidParameter(`maxInstances must be a whole number from 1 to ${mostInstances}.`);
  }
  return most;
}

export const ExplainPlacement: SlipwayOperation<ExplainPlacementInput, ExplainPlacementOutput> = (ctx, input) => {
  const maxInstances = checkMaxInstances(input.maxInstances);
  const subject = subjectOf(ctx, input);
  const { cluster, definition, launchType, request, service } = subject;
  const notLaunchable = whyNotLaunchable(definition, launchType)?.message;
  const { placed, instances } = dryRun(ctx.store, ctx, subject);
  const isDaemon = service?.schedulingStrategy === 'DAEMON';
  const outcome = {
    ...(service && { service: viewService(ctx.store, service, subject.missingCount ?? 0, ctx.clock.now()) }),
    ...(notLaunchable !== undefined && { notLaunchable }),
    requestedCount: isDaemon && input.count === undefined ? placed.length : request.count,
    placeableCount: notLaunchable === undefined ? placed.length : 0,
    instanceCount: instances.length,
    reasonCounts: countReasons(instances),
  };
  const { cpuUnits, memoryMiB, gpuCount, eniCount = 0, ports } = request.demand;
  return {
    clusterArn: cluster.arn,
    taskDefinitionArn: definition.arn,
    launchType,
    group: request.group,
    demand: { cpu: cpuUnits, memory: memoryMiB, gpu: gpuCount, eni: eniCount, ports },
    placementConstraints: subject.constraints,
    placementStrategy: subject.strategy,
    ...outcome,
    placements:
      notLaunchable !== undefined
        ? []
        : placed.map(({ arn, ec2InstanceId, availabilityZone }) => ({
            containerInstanceArn: arn,
            ec2InstanceId,
            availabilityZone,
          })),
    instances: instances.slice(0, maxInstances),
    findings: findingsOf(outcome),
  };
};
