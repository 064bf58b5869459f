/** Every container instance of the cluster under a dry run: how many of the tasks it takes, and why no more. */
import { candidateOf, registeredOf } from '#launch/snapshot.ts';
import type { ContainerInstanceRow } from '#model/rows.ts';
import { shortcomings } from '#placement/explain.ts';
import { place } from '#placement/place.ts';
import type { Candidate } from '#placement/request.ts';
import type { View } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables.ts';
import type { Subject } from './subject.ts';
import { inWords, type ReasonView } from './words.ts';

interface Size {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
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
  REGISTERING: 'it is still registering',
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
  const { cpuUnits, memoryMiB, gpuCount } = registeredOf(row);
  const registered = { cpu: cpuUnits, memory: memoryMiB, gpu: gpuCount };
  const words = {
    group: subject.request.group,
    placed,
    expressions: subject.expressions,
    registered,
    portHolders: ({ protocol, hostPort }: { readonly protocol: string; readonly hostPort: number }) =>
      [...view.find(tasks, 'byHostPort', `${row.arn}#${protocol}/${hostPort}`)].map(({ arn }) => arn),
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
    remaining: { cpu: candidate.free.cpuUnits, memory: candidate.free.memoryMiB, gpu: candidate.free.gpuCount },
    placed,
    reasons: [...standing, ...shortcomings(candidate, subject.request, placed).map((one) => inWords(one, words))],
  };
}

const byInterest = (a: InstanceView, b: InstanceView) =>
  b.placed - a.placed ||
  a.reasons.length - b.reasons.length ||
  (a.containerInstanceArn < b.containerInstanceArn ? -1 : 1);

/** Places the subject's tasks on a picture of the cluster; nothing is written. `unit` draws for `random`. */
export function dryRun(view: View, subject: Subject, unit: () => number): DryRun {
  const { request } = subject;
  const rows = [...view.find(containerInstances, 'byCluster', subject.cluster.arn)];
  const candidates = rows.map((row) => candidateOf(view, row, request.group));
  const open = candidates.filter((_, at) => rows[at]!.status === 'ACTIVE');
  const { placed } = place(open, request, unit);
  const counts = Map.groupBy(placed, (arn) => arn);
  const byArn = new Map(rows.map((row) => [row.arn as string, row]));
  const instances = rows.flatMap((row, at) =>
    row.status === 'INACTIVE'
      ? []
      : [viewInstance(view, subject, row, candidates[at]!, counts.get(row.arn)?.length ?? 0)],
  );
  return { placed: placed.map((arn) => byArn.get(arn)!), instances: instances.sort(byInterest) };
}
