/**
 * What ends by itself on a day that was set: KMS keys and secrets whose deletion waits, and parameters that expire. It
 * deletes their rows then, versions, aliases and grants with them. Notifications of parameters that are due are marked
 * finished in their row, which is what others hear of. Services refuse what is over already, so nobody sees the delay.
 */
import { deleteKey } from '#keys/kms-key.ts';
import type { Clock } from '#lib/clock.ts';
import { changeOf, type Store, type Tx } from '#store/store.ts';
import { kmsKeys, parameters, parameterVersions, secrets, secretVersions } from '#store/tables/secrets.ts';
import type { Reconciler } from '../driver.ts';
import { planParameter } from './plan.ts';

interface ExpirationDeps {
  readonly store: Store;
  readonly clock: Clock;
}

function deleteSecret(tx: Tx, arn: string): void {
  for (const version of [...tx.find(secretVersions, 'bySecret', arn)]) tx.delete(secretVersions, version.key);
  tx.delete(secrets, arn);
}

function deleteParameter(tx: Tx, key: string): void {
  for (const version of [...tx.find(parameterVersions, 'byParameter', key)]) tx.delete(parameterVersions, version.key);
  tx.delete(parameters, key);
}

/** Runs `end` when the time has come, else answers when that will be. */
function endAt(deps: ExpirationDeps, dueAt: number | undefined, end: (tx: Tx) => void): number | undefined {
  if (dueAt === undefined || dueAt > deps.clock.now()) return dueAt;
  deps.store.transact(end);
  return undefined;
}

function reconcileParameter({ store, clock }: ExpirationDeps, key: string): number | undefined {
  const row = store.get(parameters, key);
  const plan = row ? planParameter(row, clock.now()) : undefined;
  if (plan?.kind === 'wait') return plan.untilMs;
  if (plan?.kind === 'delete') store.transact((tx) => deleteParameter(tx, key));
  if (plan?.kind !== 'finish') return undefined;
  store.transact((tx) => tx.put(parameters, plan.row));
  return clock.now();
}

function reconcileOne(deps: ExpirationDeps, address: string): number | undefined {
  const at = address.indexOf(' ');
  const key = address.slice(at + 1);
  switch (address.slice(0, at)) {
    case 'key':
      return endAt(deps, deps.store.get(kmsKeys, key)?.deletionAt, (tx) => deleteKey(tx, key));
    case 'secret':
      return endAt(deps, deps.store.get(secrets, key)?.deletionAt, (tx) => deleteSecret(tx, key));
    default:
      return reconcileParameter(deps, key);
  }
}

/** Timers are good for 24 days at most; longer waits are taken in steps. */
const STEP_MS = 86_400_000;

/** An address is `<kind> <key of the row>`. */
export function createExpirationReconciler(deps: ExpirationDeps): Reconciler {
  const { store } = deps;
  return {
    name: 'expirations',
    *wokenBy(change) {
      const key = changeOf(kmsKeys, change);
      if (key?.after?.deletionAt !== undefined) yield `key ${key.key}`;
      const secret = changeOf(secrets, change);
      if (secret?.after?.deletionAt !== undefined) yield `secret ${secret.key}`;
      const parameter = changeOf(parameters, change);
      if (parameter?.after && parameter.after.policies.length > 0) yield `parameter ${parameter.key}`;
    },
    *all() {
      for (const { arn } of store.find(kmsKeys, 'deleting', 'deleting')) yield `key ${arn}`;
      for (const { arn } of store.find(secrets, 'deleting', 'deleting')) yield `secret ${arn}`;
      for (const { key } of store.find(parameters, 'due', 'due')) yield `parameter ${key}`;
    },
    reconcile(address) {
      const dueMs = reconcileOne(deps, address);
      return dueMs === undefined ? undefined : Math.min(dueMs, deps.clock.now() + STEP_MS);
    },
  };
}
