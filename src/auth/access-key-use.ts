/**
 * When each long-lived access key was last used, for which service and in which region. Uses are noted in memory and
 * written together now and then, so that no request costs a durable write for it; a crash loses the last quarter of an
 * hour. AWS's own answer lags by hours. Keys that are no rows (temporary ones, made-up ones) are not noted.
 */
import type { Clock, Timer } from '#lib/clock.ts';
import type { AccessKeyUseRow } from '#model/iam.ts';
import type { Authenticate } from '#protocol/authenticate.ts';
import type { Store } from '#store/store.ts';
import { accessKeys, accessKeyUses } from '#store/tables/iam.ts';

/** Longer, and a crash forgets more; shorter, and busy keys write more often. */
const writeAfterMs = 15 * 60_000;

export interface AccessKeyUses {
  note(accessKeyId: string, service: string, region: string): void;
  last(accessKeyId: string): AccessKeyUseRow | undefined;
  /** Writes what is not written yet, and takes no more notes. */
  close(): void;
}

export function createAccessKeyUses(deps: { readonly store: Store; readonly clock: Clock }): AccessKeyUses {
  const { store, clock } = deps;
  const unwritten = new Map<string, AccessKeyUseRow>();
  let timer: Timer | undefined;
  let closed = false;
  const write = () => {
    timer?.cancel();
    timer = undefined;
    if (unwritten.size === 0) return;
    store.transact((tx) => {
      for (const use of unwritten.values()) if (tx.get(accessKeys, use.accessKeyId)) tx.put(accessKeyUses, use);
    });
    unwritten.clear();
  };
  return {
    note(accessKeyId, service, region) {
      if (closed || !accessKeyId.startsWith('AKIA') || !store.get(accessKeys, accessKeyId)) return;
      unwritten.set(accessKeyId, { accessKeyId, lastUsedAt: clock.now(), region, service });
      timer ??= clock.after(writeAfterMs, write);
    },
    last: (accessKeyId) => unwritten.get(accessKeyId) ?? store.get(accessKeyUses, accessKeyId),
    close() {
      closed = true;
      write();
    },
  };
}

/** Notes the key of every request that `authenticate` lets in. */
export const notingUses =
  (uses: AccessKeyUses, authenticate: Authenticate): Authenticate =>
  (request, signingName) => {
    const identity = authenticate(request, signingName);
    uses.note(identity.principal.accessKeyId, signingName, identity.region);
    return identity;
  };
