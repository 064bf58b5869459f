/**
 * When each role was last used, and where. Noted in memory at every request and written together now and then, so that
 * no request costs a durable write for it; a crash loses the last quarter of an hour. AWS's own answer lags by hours.
 */
import type { Clock, Timer } from '#lib/clock.ts';
import type { RoleUseRow } from '#model/iam.ts';
import type { Store } from '#store/store.ts';
import { roles, roleUses } from '#store/tables/iam.ts';

/** Longer, and a crash forgets more; shorter, and busy roles write more often. */
const writeAfterMs = 15 * 60_000;

export interface RoleUses {
  note(roleArn: string, region: string): void;
  /** The newest use, written or not; undefined for a role that was never used. */
  last(roleArn: string): RoleUseRow | undefined;
  /** Writes what is not written yet, and takes no more notes. */
  close(): void;
}

export function createRoleUses(deps: { readonly store: Store; readonly clock: Clock }): RoleUses {
  const { store, clock } = deps;
  const unwritten = new Map<string, RoleUseRow>();
  let timer: Timer | undefined;
  let closed = false;
  const write = () => {
    timer?.cancel();
    timer = undefined;
    if (unwritten.size === 0) return;
    store.transact((tx) => {
      for (const use of unwritten.values()) if (tx.get(roles, use.roleArn)) tx.put(roleUses, use);
    });
    unwritten.clear();
  };
  return {
    note(roleArn, region) {
      if (closed) return;
      unwritten.set(roleArn, { roleArn, lastUsedAt: clock.now(), region });
      timer ??= clock.after(writeAfterMs, write);
    },
    last: (roleArn) => unwritten.get(roleArn) ?? store.get(roleUses, roleArn),
    close() {
      closed = true;
      try {
        write();
      } catch {
        // The journal has failed, and says so itself; shutting down goes on.
        unwritten.clear();
      }
    },
  };
}
