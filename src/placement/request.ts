/**
 * What placement is asked, and what it answers. Everything is plain data and two or three look-ups that the caller
 * binds to its snapshot, so that nothing here needs to walk the tasks of a cluster.
 */
import type { PortReservation, TaskReservation } from '#model/rows.ts';
import type { Expression, QueriedInstance } from './query-language/expression.ts';

/** One container instance with what is left of it. */
export interface Candidate extends QueriedInstance {
  readonly containerInstanceArn: string;
  readonly availabilityZone: string;
  /** What no live task holds. May be negative after an instance has shrunk. */
  readonly free: {
    readonly cpuUnits: number;
    readonly memoryMiB: number;
    readonly gpuCount: number;
    /** Elastic network interfaces that tasks could still get. */
    readonly eniCount: number;
  };
  /** True when the agent, a live task's reservation or its reported binding holds the port. */
  isPortTaken(port: PortReservation): boolean;
  /** How many live tasks of the request's group are wanted (desiredStatus RUNNING) here. */
  readonly groupCount: number;
  /** Live tasks of any kind; breaks ties towards the emptier instance. */
  readonly liveTasks: number;
}

export type Constraint =
  | { readonly type: 'distinctInstance' }
  | { readonly type: 'memberOf'; readonly expression: Expression };

export type Strategy =
  | { readonly type: 'random' }
  /** `instanceId` (also `host`), or an attribute's name such as `ecs.availability-zone`. */
  | { readonly type: 'spread'; readonly field: string }
  | { readonly type: 'binpack'; readonly field: 'cpu' | 'memory' };

/** What ECS does when no strategy is given: over Availability Zones, then over the instances of each. */
export const defaultStrategies: readonly Strategy[] = [
  { type: 'spread', field: 'ecs.availability-zone' },
  { type: 'spread', field: 'instanceId' },
];

export interface PlacementRequest {
  /** How many identical tasks. */
  readonly count: number;
  readonly group: string;
  readonly demand: TaskReservation;
  /** An attribute without a value must only exist. */
  readonly requiredAttributes: readonly { readonly name: string; readonly value?: string }[];
  readonly constraints: readonly Constraint[];
  readonly strategies: readonly Strategy[];
}

/** In ECS's words; the order is that of the checks, so the later, the closer an instance came to fitting. */
export const placementReasons = [
  'AGENT',
  'ATTRIBUTE',
  'MemberOf placement constraint unsatisfied.',
  'DistinctInstance placement constraint unsatisfied.',
  'RESOURCE:GPU',
  'RESOURCE:ENI',
  'RESOURCE:CPU',
  'RESOURCE:MEMORY',
  'RESOURCE:PORTS',
] as const;
export type PlacementReason = (typeof placementReasons)[number];

export interface Refusal {
  readonly containerInstanceArn: string;
  readonly reason: PlacementReason;
  /** The attribute that is missing, for ATTRIBUTE. */
  readonly attribute?: string;
}

export interface Placement {
  /** The instance of each placed task, in the order in which they were placed; at most `count`. */
  readonly placed: readonly string[];
  /** Why each instance takes no further task; empty when all tasks were placed. */
  readonly refusals: readonly Refusal[];
}
