/**
 * Events as AWS's services send them to EventBridge, kept append-only beside the history of tasks and services, in its file and
 * with its retention: one sequence for each account and region, which is its default event bus. Whoever delivers them
 * (the EventBridge service) remembers the id up to which it has, and reads on from there.
 *
 * - They are derived from durable changes; they never hold up a transaction, and nothing is written to the store.
 * - Delivery is best effort, as AWS says of these events: those of the last moments (`gatherMs`) before a crash are lost. While
 *   the process lives none is lost, none comes twice, and they are in the order of the changes.
 */
import type { Clock } from '#lib/clock.ts';
import { uuid } from '#lib/ids.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { Scope } from '#model/arn.ts';
import type { ChangeSet, Store, View } from '#store/store.ts';
import type { EventDraft } from './ecr/draft.ts';
import { ecrEvents } from './ecr/ecr-events.ts';
import { Appender } from './history/appender.ts';
import type { HistoryStorage, ReadOptions } from './history/storage.ts';

/** AWS's envelope. */
export interface ServiceEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** `2019-11-16T01:54:34Z` */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface EventLog {
  /** Follows a store. To be called once, before anything writes to it. */
  attach(store: Store): void;
  /** Of an account and region, oldest first unless told otherwise; those of a moment ago included. */
  read(scope: Scope, options: ReadOptions): Promise<readonly { readonly id: number; readonly event: ServiceEvent }[]>;
  /** After the store is closed, before the storage is. */
  close(): Promise<void>;
}

const busArn = ({ account, region }: Scope): string => `arn:aws:events:${region}:${account}:event-bus/default`;

type Derive = (set: ChangeSet, view: View) => readonly EventDraft[];
/** Of every service that sends events. */
const derivations: readonly Derive[] = [ecrEvents];

export function createEventLog(deps: {
  readonly storage: HistoryStorage;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): EventLog {
  const { storage, clock, random, logger } = deps;
  const appender = new Appender({ storage, clock, logger, what: 'events' });
  let unsubscribe = () => {};

  const envelope = (draft: EventDraft, atMs: number): ServiceEvent => ({
    version: '0',
    id: uuid(random),
    'detail-type': draft.detailType,
    source: draft.source,
    account: draft.account,
    time: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
    region: draft.region,
    resources: draft.resources,
    detail: draft.detail,
  });

  return {
    attach(store) {
      unsubscribe = store.subscribe('durable', (set) => {
        const at = clock.now();
        for (const derive of derivations) {
          for (const draft of derive(set, store)) {
            appender.add({ arn: busArn(draft), at, mark: '{}', body: JSON.stringify(envelope(draft, at)) });
          }
        }
      });
    },
    async read(scope, options) {
      await appender.flush();
      const records = await storage.read(busArn(scope), options);
      return records.map(({ id, body }) => ({ id, event: JSON.parse(body) as ServiceEvent }));
    },
    async close() {
      unsubscribe();
      await appender.close();
    },
  };
}
