/** Every container instance of the cluster under a dry run: how many of the tasks it takes, and why no more. */
import { launchTasks } from '#launch/launch-tasks.ts';
import type { LaunchDeps } from '#launch/new-task.ts';
import { registeredOf, unlimitedEnis } from '#launch/registered.ts';
import { candidateOf, portHolders } from '#launch/snapshot.ts';
import type { ContainerInstanceRow, PortReservation } from '#model/rows.ts';
import { shortcomings } from '#placement/explain.ts';
import type { Candidate } from '#placement/request.ts';
import type { Session, View } from '#store/store.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import type { Subject } from './subject.ts';
import { inWords, type ReasonView } from './words.ts';

interface Size {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
  /** Absent where there is no limit. */
  readonly eni?: number;
}

export interface InstanceView {
  readonly containerInstanceArn: string;
  readonly ec2InstanceId: string;
  readonly availabilityZone: string;
  readonly status: string;
  readonly agentConnected: boolean;
  readonly liveTasks: number;
  readonly registered: Size;
  /** Before anything of this request is placed. */
  readonly remaining: Size;
  /** Tasks of this request that it takes. */
  readonly placed: number;
  /** Why it takes no further one; empty when it would. */
  readonly reasons: readonly ReasonView[];
}

export interface DryRun {
  /** In the order in which they would be placed. */
  readonly placed: readonly ContainerInstanceRow[];
  /** Those that take tasks first, then those that come closest. */
  readonly instances: readonly InstanceView[];
}

const statusReasons: Readonly<Partial<Record<ContainerInstanceRow['status'], string>>> = {
  DRAINING: 'it is DRAINING and takes no new tasks',
  REGISTERING: 'it is still registering: it waits for the tasks of its critical daemons',
  REGISTRATION_FAILED: 'its registration failed',
  DEREGISTERING: 'it is being deregistered',
  INACTIVE: 'it is deregistered',
};

function viewInstance(
  view: View,
  subject: Subject,
  row: ContainerInstanceRow,
  candidate: Candidate,
  placed: number,
): InstanceView {
  const own = registeredOf(row);
  const sizeOf = ({ cpuUnits, memoryMiB, gpuCount, eniCount }: Candidate['free']): Size => ({
    cpu: cpuUnits,
    memory: memoryMiB,
    gpu: gpuCount,
    ...(own.eniCount !== unlimitedEnis && { eni: eniCount }),
  });
  const registered = sizeOf(own);
  const words = {
    group: subject.request.group,
    placed,
    expressions: subject.expressions,
    registered,
    agentChangedAt: row.agentConnectionChangedAt,
    portHolders: (port: PortReservation) => portHolders(view, row.arn, port).map(({ arn }) => arn),
  };
  const standing: ReasonView[] =
    row.status === 'ACTIVE'
      ? []
      : [{ reason: row.status, message: statusReasons[row.status] ?? `it is ${row.status}` }];
  return {
    containerInstanceArn: row.arn,
    ec2InstanceId: row.ec2InstanceId,
    availabilityZone: row.availabilityZone,
    status: row.status,
    agentConnected: row.agentConnected,
    liveTasks: candidate.liveTasks,
    registered,
    remaining: sizeOf(candidate.free),
    placed,
    reasons: [...standing, ...shortcomings(candidate, subject.request, placed).map((one) => inWords(one, words))],
  };
}

const byInterest = (a: InstanceView, b: InstanceView) =>
  b.placed - a.placed ||
  a.reasons.length - b.reasons.length ||
  (a.containerInstanceArn < b.containerInstanceArn ? -1 : 1);

/** Ends a transaction so that nothing of it remains, and carries out of it where the tasks were. */
class Undo extends Error {
  readonly placed: readonly string[];

  constructor(placed: readonly string[]) {
    super('a dry run is undone');
    this.placed = placed;
  }
}

/** Launches for real, by the code that launches, in a transaction that is undone: the ARNs of the instances, in order. */
function launchAndUndo(store: Session, deps: LaunchDeps, subject: Subject): readonly string[] {
  try {
    return store.transact((tx) => {
      const launched = launchTasks(tx, deps, subject.launch).tasks;
      throw new Undo(launched.map(({ containerInstanceArn }) => containerInstanceArn!));
    });
  } catch (error) {
    if (error instanceof Undo) return error.placed;
    throw error;
  }
}

/** Where the subject's tasks would go in the cluster as it is; nothing is written. */
export function dryRun(store: Session, deps: LaunchDeps, subject: Subject): DryRun {
  const placed = launchAndUndo(store, deps, subject);
  const counts = Map.groupBy(placed, (arn) => arn);
  const rows = [...store.find(containerInstances, 'byCluster', subject.cluster.arn)];
  const byArn = new Map(rows.map((row) => [row.arn as string, row]));
  const instances = rows
    .filter(({ status }) => status !== 'INACTIVE')
    .map((row) => {
      const candidate = candidateOf(store, row, subject.request.group);
      return viewInstance(store, subject, row, candidate, counts.get(row.arn)?.length ?? 0);
    });
  return { placed: placed.map((arn) => byArn.get(arn)!), instances: instances.sort(byInterest) };
}
