/** The parsed form of a cluster query, and what it is asked about. */
export const operators = ['==', '!=', '>', '>=', '<', '<=', 'exists', '!exists', 'in', '!in', '=~', '!~'] as const;
export type Operator = (typeof operators)[number];

export type Subject =
  | { readonly name: 'agentConnected' | 'agentVersion' | 'ec2InstanceId' | 'registeredAt' | 'runningTasksCount' }
  | { readonly name: 'task:group' }
  | { readonly name: 'attribute'; readonly attribute: string };

export interface Comparison {
  readonly kind: 'comparison';
  readonly subject: Subject;
  readonly operator: Operator;
  /** None for exists and !exists, one for most, any number for in and !in. */
  readonly values: readonly string[];
  /** The whole-value pattern of =~ and !~. */
  readonly pattern?: RegExp;
  /** Epoch milliseconds of a registeredAt argument, and of the end of what it names (a day, a minute, a second). */
  readonly period?: { readonly fromMs: number; readonly untilMs: number };
}

export type Expression =
  | Comparison
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression };

/** A container instance as queries see it. */
export interface QueriedInstance {
  readonly ec2InstanceId: string;
  readonly agentConnected: boolean;
  readonly agentVersion: string | undefined;
  /** Epoch milliseconds. */
  readonly registeredAt: number;
  readonly runningTasksCount: number;
  /** Name → value; an attribute without a value maps to the empty string. */
  readonly attributes: ReadonlyMap<string, string>;
  /** True when a task of that group is on the instance and has not stopped. */
  hasTaskGroup(group: string): boolean;
  /** The groups of those tasks; asked only by pattern matches. */
  taskGroups(): Iterable<string>;
}

/** True when the answer depends on which tasks are on an instance, so that placing one may change it. */
export function dependsOnTasks(expression: Expression): boolean {
  switch (expression.kind) {
    case 'comparison':
      return expression.subject.name === 'task:group' || expression.subject.name === 'runningTasksCount';
    case 'not':
      return dependsOnTasks(expression.operand);
    case 'and':
    case 'or':
      return dependsOnTasks(expression.left) || dependsOnTasks(expression.right);
  }
}
