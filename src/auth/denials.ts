/**
 * What was refused lately, by request id, so that people can ask why. In memory and bounded: per account, so that one
 * that is refused all the time does not push out what others want to know, and over all.
 */
import type { Denial } from './authorize.ts';

/** Each costs a few kilobytes: the keys of its request. Policies are shared. */
const maxPerAccount = 500;
const maxInAll = 5_000;

export interface Denials {
  add(denial: Denial): void;
  /** The first refusal of a request. */
  find(requestId: string): Denial | undefined;
}

const accountOfCaller = ({ question }: Denial) =>
  'account' in question.principal ? question.principal.account : question.resourceAccount;

export function createDenials(): Denials {
  const kept = new Map<string, Denial>();
  const byAccount = new Map<string, Set<string>>();
  const drop = (requestId: string) => {
    const denial = kept.get(requestId);
    if (!denial) return;
    kept.delete(requestId);
    const account = accountOfCaller(denial);
    const ids = byAccount.get(account);
    ids?.delete(requestId);
    if (ids?.size === 0) byAccount.delete(account);
  };
  return {
    add(denial) {
      if (kept.has(denial.requestId)) return;
      const account = accountOfCaller(denial);
      let ids = byAccount.get(account);
      if (ids && ids.size >= maxPerAccount) drop(ids.values().next().value!);
      else if (kept.size >= maxInAll) drop(kept.keys().next().value!);
      ids = byAccount.get(account) ?? new Set();
      byAccount.set(account, ids);
      ids.add(denial.requestId);
      kept.set(denial.requestId, denial);
    },
    find: (requestId) => kept.get(requestId),
  };
}
