import type { Comparison, Expression, Operator, QueriedInstance } from './expression.ts';

/** Versions compare number by number: 1.9.0 is before 1.10.0. */
function compareVersions(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (Number.parseInt(left[i] ?? '0', 10) || 0) - (Number.parseInt(right[i] ?? '0', 10) || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Numbers compare as numbers, everything else as text. */
function compareValues(a: string, b: string): number {
  const left = a.trim() === '' ? Number.NaN : Number(a);
  const right = b.trim() === '' ? Number.NaN : Number(b);
  if (!Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  return a < b ? -1 : a > b ? 1 : 0;
}

function holds(operator: Operator, order: number): boolean {
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    default:
      throw new Error(`${operator} does not order`);
  }
}

/** A value that may be absent: then nothing equals, orders or matches it, so that only negations hold. */
function matchesText(comparison: Comparison, value: string | undefined): boolean {
  const { operator, values } = comparison;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!exists':
      return value === undefined;
    case 'in':
      return value !== undefined && values.includes(value);
    case '!in':
      return value === undefined || !values.includes(value);
    case '=~':
      return value !== undefined && comparison.pattern!.test(value);
    case '!~':
      return value === undefined || !comparison.pattern!.test(value);
    case '==':
      return value === values[0];
    case '!=':
      return value !== values[0];
    default:
      return value !== undefined && holds(operator, compareValues(value, values[0]!));
  }
}

/** An instance has many task groups: the positive operators ask whether one fits, the negative whether none does. */
function matchesGroups(comparison: Comparison, instance: QueriedInstance): boolean {
  const named = () => comparison.values.some((group) => instance.hasTaskGroup(group));
  const fitting = () => instance.taskGroups()[Symbol.iterator]().next().done !== true;
  const patterned = () => {
    for (const group of instance.taskGroups()) if (comparison.pattern!.test(group)) return true;
    return false;
  };
  switch (comparison.operator) {
    case '==':
    case 'in':
      return named();
    case '!=':
    case '!in':
      return !named();
    case '=~':
      return patterned();
    case '!~':
      return !patterned();
    case 'exists':
      return fitting();
    case '!exists':
      return !fitting();
    default:
      throw new Error(`${comparison.operator} is not valid for task:group`);
  }
}

function matchesRegistration(comparison: Comparison, atMs: number): boolean {
  const { fromMs, untilMs } = comparison.period!;
  const order = atMs < fromMs ? -1 : atMs >= untilMs ? 1 : 0;
  return holds(comparison.operator, order);
}

function matchesComparison(comparison: Comparison, instance: QueriedInstance): boolean {
  const { subject, values } = comparison;
  switch (subject.name) {
    case 'attribute':
      return matchesText(comparison, instance.attributes.get(subject.attribute));
    case 'task:group':
      return matchesGroups(comparison, instance);
    case 'ec2InstanceId':
      return matchesText(comparison, instance.ec2InstanceId);
    case 'agentConnected':
      return matchesText(comparison, String(instance.agentConnected));
    case 'agentVersion':
      if (instance.agentVersion === undefined) return comparison.operator === '!=';
      return holds(comparison.operator, compareVersions(instance.agentVersion, values[0]!));
    case 'runningTasksCount':
      return holds(comparison.operator, instance.runningTasksCount - Number(values[0]));
    case 'registeredAt':
      return matchesRegistration(comparison, instance.registeredAt);
  }
}

/** Whether the instance is one that the query describes. */
export function matchesQuery(expression: Expression, instance: QueriedInstance): boolean {
  switch (expression.kind) {
    case 'comparison':
      return matchesComparison(expression, instance);
    case 'not':
      return !matchesQuery(expression.operand, instance);
    case 'and':
      return matchesQuery(expression.left, instance) && matchesQuery(expression.right, instance);
    case 'or':
      return matchesQuery(expression.left, instance) || matchesQuery(expression.right, instance);
  }
}
