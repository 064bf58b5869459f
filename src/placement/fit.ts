/** Whether one more task fits an instance, given what this request has put there already. */
import type { TaskReservation } from '#model/rows.ts';
import { matchesQuery } from './query-language/evaluate.ts';
import { dependsOnTasks, type Expression, type QueriedInstance } from './query-language/expression.ts';
import type { Candidate, PlacementRequest, Refusal } from './request.ts';

type Verdict = Omit<Refusal, 'containerInstanceArn'> | undefined;

/** The instance as a query sees it after `placed` tasks of `group` have joined it. */
export function withPlaced(candidate: Candidate, group: string, placed: number): QueriedInstance {
  if (placed === 0) return candidate;
  return {
    ec2InstanceId: candidate.ec2InstanceId,
    agentConnected: candidate.agentConnected,
    agentVersion: candidate.agentVersion,
    registeredAt: candidate.registeredAt,
    attributes: candidate.attributes,
    runningTasksCount: candidate.runningTasksCount,
    hasTaskGroup: (name) => name === group || candidate.hasTaskGroup(name),
    taskGroups: () => [group, ...candidate.taskGroups()],
  };
}

type Rules = Pick<PlacementRequest, 'requiredAttributes' | 'constraints'>;

/** Whether attributes and constraints that no task can change let the instance take tasks. */
export const isAdmitted = (instance: QueriedInstance, rules: Rules): boolean =>
  staticVerdict(instance, rules) === undefined;

/** What cannot change while the request is being placed. */
function staticVerdict(candidate: QueriedInstance, request: Rules): Verdict {
  if (!candidate.agentConnected) return { reason: 'AGENT' };
  for (const { name, value } of request.requiredAttributes) {
    const present = candidate.attributes.get(name);
    if (present === undefined || (value !== undefined && value !== '' && present !== value)) {
      return { reason: 'ATTRIBUTE', attribute: name };
    }
  }
  for (const constraint of request.constraints) {
    if (constraint.type !== 'memberOf' || dependsOnTasks(constraint.expression)) continue;
    if (!matchesQuery(constraint.expression, candidate))
      return { reason: 'MemberOf placement constraint unsatisfied.' };
  }
  return undefined;
}

/** How many tasks of this size the free cpu, memory, GPUs and network interfaces hold; a demand of nothing always fits. */
function resourceVerdict(candidate: Candidate, demand: TaskReservation, placed: number): Verdict {
  const { free } = candidate;
  const exceeds = (each: number, available: number) => each > 0 && each * (placed + 1) > available;
  if (exceeds(demand.gpuCount, free.gpuCount)) return { reason: 'RESOURCE:GPU' };
  if (exceeds(demand.eniCount ?? 0, free.eniCount)) return { reason: 'RESOURCE:ENI' };
  if (exceeds(demand.cpuUnits, free.cpuUnits)) return { reason: 'RESOURCE:CPU' };
  if (exceeds(demand.memoryMiB, free.memoryMiB)) return { reason: 'RESOURCE:MEMORY' };
  const portTaken = demand.ports.length > 0 && (placed > 0 || demand.ports.some((port) => candidate.isPortTaken(port)));
  return portTaken ? { reason: 'RESOURCE:PORTS' } : undefined;
}

export interface Fit {
  /** Why the instance takes no further task after `placed` of this request; undefined when it takes one. */
  refusal(candidate: Candidate, placed: number): Verdict;
}

export function createFit(request: PlacementRequest): Fit {
  const distinct = request.constraints.some((constraint) => constraint.type === 'distinctInstance');
  const changing: Expression[] = [];
  for (const constraint of request.constraints) {
    if (constraint.type === 'memberOf' && dependsOnTasks(constraint.expression)) changing.push(constraint.expression);
  }
  return {
    refusal(candidate, placed) {
      const fixed = placed === 0 ? staticVerdict(candidate, request) : undefined;
      if (fixed) return fixed;
      if (changing.length > 0) {
        const now = withPlaced(candidate, request.group, placed);
        if (!changing.every((expression) => matchesQuery(expression, now))) {
          return { reason: 'MemberOf placement constraint unsatisfied.' };
        }
      }
      if (distinct && candidate.groupCount + placed > 0) {
        return { reason: 'DistinctInstance placement constraint unsatisfied.' };
      }
      return resourceVerdict(candidate, request.demand, placed);
    },
  };
}
