/** When something of a parameter is due, and what then becomes of it. A deleted parameter says nothing any more. */
import type { ParameterRow } from '#model/ssm.ts';

export type ParameterPlan =
  | { readonly kind: 'delete' }
  | { readonly kind: 'finish'; readonly row: ParameterRow }
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'nothing' };

export function planParameter(row: ParameterRow, nowMs: number): ParameterPlan {
  if (row.policies.some(({ type, dueAt }) => type === 'Expiration' && dueAt <= nowMs)) return { kind: 'delete' };
  const open = row.policies.filter(({ finishedAt }) => finishedAt === undefined);
  if (open.some(({ dueAt }) => dueAt <= nowMs)) {
    const policies = row.policies.map((policy) =>
      policy.finishedAt === undefined && policy.dueAt <= nowMs ? { ...policy, finishedAt: nowMs } : policy,
    );
    return { kind: 'finish', row: { ...row, policies } };
  }
  if (open.length === 0) return { kind: 'nothing' };
  return { kind: 'wait', untilMs: Math.min(...open.map(({ dueAt }) => dueAt)) };
}
