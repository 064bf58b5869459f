/**
 * Why an instance takes no further task of a request: every reason, with numbers, where placement itself stops at the
 * first. An instance has no shortcoming here exactly when placement would put a task on it. Pure.
 */
import { withPlaced } from './fit.ts';
import { matchesQuery } from './query-language/evaluate.ts';
import type { Comparison, Expression, QueriedInstance } from './query-language/expression.ts';
import type { Candidate, PlacementReason, PlacementRequest } from './request.ts';

/** What a query asks about, and what the instance has there; no value: it has none. */
export interface AskedSubject {
  readonly subject: string;
  readonly value?: string;
}

export interface Shortcoming {
  readonly reason: PlacementReason;
  /** For cpu (units), memory (MiB), GPUs and network interfaces: what one task needs, and what is left after those placed here before. */
  readonly needed?: number;
  readonly available?: number;
  /** RESOURCE:PORTS: one for each port that is taken. */
  readonly port?: { readonly protocol: 'tcp' | 'udp'; readonly hostPort: number };
  /** A task of this very request, placed here before, takes the port. */
  readonly portOfThisRequest?: boolean;
  /** ATTRIBUTE: one for each that is missing or has another value. */
  readonly attribute?: { readonly name: string; readonly value?: string; readonly found?: string };
  /** memberOf: the index of the constraint in the request. */
  readonly constraint?: number;
  readonly asked?: readonly AskedSubject[];
  /** distinctInstance: tasks of the group that are here, those placed before included. */
  readonly groupCount?: number;
}

function subjectName({ subject }: Comparison): string {
  return subject.name === 'attribute' ? `attribute:${subject.attribute}` : subject.name;
}

function subjectValue({ subject }: Comparison, instance: QueriedInstance): string | undefined {
  switch (subject.name) {
    case 'attribute':
      return instance.attributes.get(subject.attribute);
    case 'task:group':
      return [...new Set(instance.taskGroups())].join(', ') || undefined;
    case 'registeredAt':
      return new Date(instance.registeredAt).toISOString();
    default: {
      const value = instance[subject.name];
      return value === undefined ? undefined : String(value);
    }
  }
}

function askedOf(expression: Expression, instance: QueriedInstance, into = new Map<string, AskedSubject>()) {
  if (expression.kind === 'comparison') {
    const subject = subjectName(expression);
    const value = subjectValue(expression, instance);
    into.set(subject, { subject, ...(value !== undefined && { value }) });
  } else if (expression.kind === 'not') askedOf(expression.operand, instance, into);
  else {
    askedOf(expression.left, instance, into);
    askedOf(expression.right, instance, into);
  }
  return into;
}

function* attributes(candidate: Candidate, request: PlacementRequest): Generator<Shortcoming> {
  for (const { name, value } of request.requiredAttributes) {
    const found = candidate.attributes.get(name);
    if (found !== undefined && (value === undefined || value === '' || found === value)) continue;
    const attribute = { name, ...(value && { value }), ...(found !== undefined && { found }) };
    yield { reason: 'ATTRIBUTE', attribute };
  }
}

function* constraints(candidate: Candidate, request: PlacementRequest, placed: number): Generator<Shortcoming> {
  const now = withPlaced(candidate, request.group, placed);
  const groupCount = candidate.groupCount + placed;
  for (const [at, constraint] of request.constraints.entries()) {
    if (constraint.type === 'memberOf') {
      if (matchesQuery(constraint.expression, now)) continue;
      const asked = [...askedOf(constraint.expression, now).values()];
      yield { reason: 'MemberOf placement constraint unsatisfied.', constraint: at, asked };
    } else if (groupCount > 0) {
      yield { reason: 'DistinctInstance placement constraint unsatisfied.', constraint: at, groupCount };
    }
  }
}

function* resources(candidate: Candidate, { demand }: PlacementRequest, placed: number): Generator<Shortcoming> {
  const { free } = candidate;
  const kinds = [
    ['RESOURCE:GPU', demand.gpuCount, free.gpuCount],
    ['RESOURCE:ENI', demand.eniCount ?? 0, free.eniCount],
    ['RESOURCE:CPU', demand.cpuUnits, free.cpuUnits],
    ['RESOURCE:MEMORY', demand.memoryMiB, free.memoryMiB],
  ] as const;
  for (const [reason, needed, left] of kinds) {
    const available = left - needed * placed;
    if (needed > 0 && needed > available) yield { reason, needed, available };
  }
  for (const port of demand.ports) {
    if (placed > 0) yield { reason: 'RESOURCE:PORTS', port, portOfThisRequest: true };
    else if (candidate.isPortTaken(port)) yield { reason: 'RESOURCE:PORTS', port };
  }
}

/** Everything that keeps one more task off the instance after `placed` of the request; in the order of the checks. */
export function shortcomings(candidate: Candidate, request: PlacementRequest, placed: number): Shortcoming[] {
  const agent: Shortcoming[] = candidate.agentConnected ? [] : [{ reason: 'AGENT' }];
  return [
    ...agent,
    ...attributes(candidate, request),
    ...constraints(candidate, request, placed),
    ...resources(candidate, request, placed),
  ];
}
