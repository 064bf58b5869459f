/** Reasons in words, with numbers: what `slipway why` prints for an instance. */
import { lastSegment } from '#model/arn.ts';
import type { PortReservation } from '#model/rows.ts';
import type { Shortcoming } from '#placement/explain.ts';

/** In capitals and without blanks, so that tools can count them; the rest is ECS's own. */
export const reasonCodes = {
  AGENT: 'AGENT',
  ATTRIBUTE: 'ATTRIBUTE',
  'MemberOf placement constraint unsatisfied.': 'MEMBEROF',
  'DistinctInstance placement constraint unsatisfied.': 'DISTINCTINSTANCE',
} as const;

export interface ReasonView {
  /** `AGENT`, `ATTRIBUTE`, `MEMBEROF`, `DISTINCTINSTANCE`, `RESOURCE:…`, or the status that takes no tasks. */
  readonly reason: string;
  readonly message: string;
  readonly needed?: number;
  readonly available?: number;
  readonly port?: PortReservation;
  /** ARNs of the tasks that hold the port. */
  readonly heldBy?: readonly string[];
  readonly attribute?: string;
  readonly expression?: string;
}

export interface WordsContext {
  readonly group: string;
  /** Tasks of this request that the dry run has put on the instance. */
  readonly placed: number;
  /** The expression of each constraint, in the order of the request's. */
  readonly expressions: readonly (string | undefined)[];
  /** ARNs of the tasks on the instance that hold the port; none: the agent has reserved it. */
  readonly portHolders: (port: PortReservation) => readonly string[];
  /** Epoch milliseconds: when its agent last came or went. */
  readonly agentChangedAt: number;
  readonly registered: { readonly cpu: number; readonly memory: number; readonly gpu: number; readonly eni?: number };
}

const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;

const units = {
  'RESOURCE:GPU': { of: 'gpu', words: 'GPUs' },
  'RESOURCE:ENI': { of: 'eni', words: 'network interfaces' },
  'RESOURCE:CPU': { of: 'cpu', words: 'CPU units' },
  'RESOURCE:MEMORY': { of: 'memory', words: 'MiB of memory' },
} as const;

function resourceReason(shortcoming: Shortcoming & { readonly reason: keyof typeof units }, context: WordsContext) {
  const { needed = 0, available = 0, reason } = shortcoming;
  const { of, words } = units[reason];
  const after = context.placed > 0 ? ` after ${plural(context.placed, 'task')} of this request` : '';
  const message = `needs ${needed} ${words}, has ${available} of ${context.registered[of] ?? 0} left${after}`;
  return { reason, message, needed, available };
}

function portReason({ port, portOfThisRequest }: Shortcoming, context: WordsContext): ReasonView {
  const name = `${port!.protocol} port ${port!.hostPort}`;
  if (portOfThisRequest) {
    return {
      reason: 'RESOURCE:PORTS',
      port: port!,
      message: `${name} is taken by the task of this request placed there`,
    };
  }
  const heldBy = context.portHolders(port!);
  const holder =
    heldBy.length > 0 ? `is held by task ${heldBy.map(lastSegment).join(', ')}` : 'is reserved by its agent';
  return { reason: 'RESOURCE:PORTS', port: port!, heldBy, message: `${name} ${holder}` };
}

function attributeReason({ attribute }: Shortcoming): ReasonView {
  const { name, value, found } = attribute!;
  const message =
    found === undefined
      ? `attribute ${name} is missing`
      : `attribute ${name} is ${found || 'without a value'}, not ${value}`;
  return { reason: 'ATTRIBUTE', attribute: name, message };
}

function memberOfReason({ constraint, asked = [] }: Shortcoming, context: WordsContext): ReasonView {
  const expression = context.expressions[constraint!] ?? '';
  const facts = asked.map(({ subject, value }) =>
    value === undefined ? `${subject} is absent` : `${subject} is ${value || 'without a value'}`,
  );
  return { reason: 'MEMBEROF', expression, message: `memberOf ${expression} is not satisfied: ${facts.join('; ')}` };
}

export function inWords(shortcoming: Shortcoming, context: WordsContext): ReasonView {
  const { reason } = shortcoming;
  switch (reason) {
    case 'AGENT':
      return { reason, message: `its agent is not connected since ${new Date(context.agentChangedAt).toISOString()}` };
    case 'ATTRIBUTE':
      return attributeReason(shortcoming);
    case 'MemberOf placement constraint unsatisfied.':
      return memberOfReason(shortcoming, context);
    case 'DistinctInstance placement constraint unsatisfied.': {
      const message = `distinctInstance: ${plural(shortcoming.groupCount ?? 0, 'task')} of ${context.group} there already`;
      return { reason: 'DISTINCTINSTANCE', message };
    }
    case 'RESOURCE:PORTS':
      return portReason(shortcoming, context);
    case 'RESOURCE:GPU':
    case 'RESOURCE:ENI':
    case 'RESOURCE:CPU':
    case 'RESOURCE:MEMORY':
      return resourceReason({ ...shortcoming, reason }, context);
  }
}
