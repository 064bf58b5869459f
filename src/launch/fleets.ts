/**
 * The container instances of every cluster as placement's index sees them, derived from the rows of instances and tasks:
 * in step with them at every moment, also within a transaction and when one is undone.
 *
 * - A task holds cpu, memory, GPUs, network interfaces and ports from its birth until it has stopped; it counts for its group while it is also
 *   wanted running.
 * - The tasks of instances that are not ACTIVE count for no zone: spread looks at the instances that take tasks.
 */
import { portsOf } from '#model/host-ports.ts';
import type { ContainerInstanceRow, TaskRow } from '#model/rows.ts';
import { isAdmitted } from '#placement/fit.ts';
import { Fleet, type FleetRequest, indexedOrder, noZone } from '#placement/fleet/fleet.ts';
import { dependsOnTasks } from '#placement/query-language/expression.ts';
import type { PlacementRequest } from '#placement/request.ts';
import { changeOf, type Derivation } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import { instanceFacts, registeredOf } from './registered.ts';

/** Everything of an instance that placement looks at; rows change for many other reasons. */
const isSame = (a: ContainerInstanceRow, b: ContainerInstanceRow) =>
  a.status === b.status &&
  a.agentConnected === b.agentConnected &&
  a.attributes === b.attributes &&
  a.registeredResources === b.registeredResources &&
  a.availabilityZone === b.availabilityZone &&
  a.versionInfo === b.versionInfo;

const isLive = (task: TaskRow) => task.lastStatus !== 'STOPPED';
const isWanted = (task: TaskRow) => task.desiredStatus === 'RUNNING' && isLive(task);

/** Whether the two hold the same ports for certain. */
function keepsPorts(before: TaskRow, after: TaskRow): boolean {
  if (before.reservation !== after.reservation || isLive(before) !== isLive(after)) return false;
  if (before.containers === after.containers) return true;
  return (
    before.containers.length === after.containers.length &&
    before.containers.every((container, at) => container.networkBindings === after.containers[at]!.networkBindings)
  );
}

export class ClusterFleet {
  readonly #fleet = new Fleet();
  readonly #rows = new Map<string, ContainerInstanceRow>();
  /** `instance#group` → live tasks that are asked to stop. */
  readonly #stopping = new Map<string, number>();

  changeInstance(arn: string, before: ContainerInstanceRow | undefined, after: ContainerInstanceRow | undefined): void {
    if (!after) {
      this.#rows.delete(arn);
      this.#fleet.removeInstance(arn);
      return;
    }
    this.#rows.set(arn, after);
    if (before && isSame(before, after)) return;
    const { cpuUnits, memoryMiB, gpuCount, eniCount, ports, attributes } = registeredOf(after);
    const isActive = after.status === 'ACTIVE';
    this.#fleet.setInstance({
      arn,
      zone: isActive ? (attributes.get('ecs.availability-zone') ?? after.availabilityZone) : noZone,
      cpuUnits,
      memoryMiB,
      gpuCount,
      eniCount,
      reservedPorts: [...ports],
      isOpen: isActive && after.agentConnected,
    });
  }

  changeTask(before: TaskRow | undefined, after: TaskRow | undefined): void {
    const isMove = before?.containerInstanceArn !== after?.containerInstanceArn || before?.group !== after?.group;
    const both = !isMove && before && after;
    if (!both || isLive(before) !== isLive(after) || before.reservation !== after.reservation) {
      this.#hold(before, -1);
      this.#hold(after, 1);
    }
    if (!both || !keepsPorts(before, after)) {
      this.#holdPorts(before, -1);
      this.#holdPorts(after, 1);
    }
    if (!both || isLive(before) !== isLive(after) || isWanted(before) !== isWanted(after)) {
      this.#count(before, -1);
      this.#count(after, 1);
    }
  }

  #hold(task: TaskRow | undefined, by: 1 | -1): void {
    if (task?.containerInstanceArn !== undefined && isLive(task)) {
      this.#fleet.holdTask(task.containerInstanceArn, task.reservation, by);
    }
  }

  #holdPorts(task: TaskRow | undefined, by: 1 | -1): void {
    if (task?.containerInstanceArn !== undefined && isLive(task)) {
      this.#fleet.holdPorts(task.containerInstanceArn, portsOf(task), by);
    }
  }

  #count(task: TaskRow | undefined, by: 1 | -1): void {
    if (task?.containerInstanceArn === undefined || !isLive(task)) return;
    if (isWanted(task)) {
      this.#fleet.countTask(task.containerInstanceArn, task.group, by);
      return;
    }
    const key = `${task.containerInstanceArn}#${task.group}`;
    const count = (this.#stopping.get(key) ?? 0) + by;
    if (count > 0) this.#stopping.set(key, count);
    else this.#stopping.delete(key);
  }

  /** Tasks of the group that are wanted running on the instance. */
  wantedCount(arn: string, group: string): number {
    return this.#fleet.groupCount(arn, group);
  }

  /** Tasks of the group that have not stopped. */
  liveCount(arn: string, group: string): number {
    return this.#fleet.groupCount(arn, group) + (this.#stopping.get(`${arn}#${group}`) ?? 0);
  }

  isPortTaken(arn: string, port: { readonly protocol: 'tcp' | 'udp'; readonly hostPort: number }): boolean {
    return this.#fleet.isPortTaken(arn, port);
  }

  /** For checks: equal to those of a fleet that is made anew from the same rows. */
  contents(): Record<string, unknown> {
    const stopping = [...this.#stopping].sort().map(([at, count]) => [`stopping ${at}`, count] as const);
    return { ...this.#fleet.contents(), ...Object.fromEntries(stopping) };
  }

  /**
   * Chooses instances and calls `take` with each, which must insert the task's row before it returns. Undefined when only
   * the general engine can: other strategies, or constraints on the tasks of an instance.
   */
  place(request: PlacementRequest, take: (instance: ContainerInstanceRow) => void): number | undefined {
    if (!indexedOrder(request.strategies)) return undefined;
    const memberOf = request.constraints.filter((constraint) => constraint.type === 'memberOf');
    if (memberOf.some((constraint) => dependsOnTasks(constraint.expression))) return undefined;
    const { requiredAttributes } = request;
    const rules = { requiredAttributes, constraints: memberOf };
    const isPlain = requiredAttributes.length === 0 && memberOf.length === 0;
    const indexed: FleetRequest = {
      count: request.count,
      group: request.group,
      demand: request.demand,
      strategies: request.strategies,
      distinctInstance: request.constraints.some((constraint) => constraint.type === 'distinctInstance'),
      eligibility: isPlain ? '' : JSON.stringify([requiredAttributes, memberOf]),
      isEligible: (arn) => isAdmitted(instanceFacts(this.#rows.get(arn)!), rules),
    };
    return this.#fleet.place(indexed, (arn) => take(this.#rows.get(arn)!));
  }
}

export class Fleets {
  readonly #byCluster = new Map<string, ClusterFleet>();

  get(clusterArn: string): ClusterFleet | undefined {
    return this.#byCluster.get(clusterArn);
  }

  contents(): Record<string, unknown> {
    const every = [...this.#byCluster].map(([arn, fleet]) => [arn, fleet.contents()] as const);
    const all = every.filter(([, contents]) => Object.keys(contents).length > 0);
    return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  of(clusterArn: string): ClusterFleet {
    let fleet = this.#byCluster.get(clusterArn);
    if (!fleet) {
      fleet = new ClusterFleet();
      this.#byCluster.set(clusterArn, fleet);
    }
    return fleet;
  }
}

/** By cluster; `view.derived(fleets)`. */
export const fleets: Derivation<Fleets> = {
  tables: [containerInstances, tasks],
  make: () => new Fleets(),
  apply(all, change) {
    const task = changeOf(tasks, change);
    if (task) {
      all.of((task.after ?? task.before)!.clusterArn).changeTask(task.before, task.after);
      return;
    }
    const { before, after } = changeOf(containerInstances, change)!;
    all.of((after ?? before)!.clusterArn).changeInstance(change.key, before, after);
  },
};
