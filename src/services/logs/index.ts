/**
 * CloudWatch Logs. Groups and streams are rows of the store; their events only grow and live in `event-storage/`, which
 * this room owns. Filter patterns are compiled in `filter-pattern/`, without any I/O.
 *
 * Invariants: PutLogEvents answers when its events are on stable storage; what is answered once is answered again, in
 * the same order, until it expires or is deleted; an expired event is never answered.
 *
 * It never interprets log lines beyond filter patterns, and nothing is stored that no operation acts on: KMS keys, the
 * DELIVERY class, metric and subscription filters, Insights queries and live tails are refused.
 */
import { join } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { ServiceDefinition } from '#protocol/service.ts';
import type { Store } from '#store/store.ts';
import { DiskEventStorage } from './event-storage/disk-event-storage.ts';
import type { EventStorage } from './event-storage/event-storage.ts';
import { deleteOrphans, startRetention } from './maintenance.ts';

export interface LogsServiceDeps {
  readonly store: Store;
  /** Log events go to `<dataDir>/log-events`. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface LogsService {
  readonly definition: ServiceDefinition;
  /** After the last request: everything is on the disk and nothing is left to replay. */
  close(): Promise<void>;
}

export function defineLogsService(events: EventStorage): ServiceDefinition {
  return {
    name: 'logs',
    signingName: 'logs',
    hostPrefixes: ['logs'],
    targetPrefix: 'Logs_20140328',
    apiVersion: '2014-03-28',
    protocols: ['awsJson1_1'],
    load: async () => {
      const [schemas, { handlers }, { permissions }] = await Promise.all([
        import('@aws-sdk/client-cloudwatch-logs'),
        import('./handlers.ts'),
        import('./permissions.ts'),
      ]);
      return { schemas: schemas as unknown as Readonly<Record<string, unknown>>, handlers, permissions };
    },
    deps: { events },
  };
}

/** Opens the event storage, recovering it after a crash. */
export async function createLogsService(deps: LogsServiceDeps): Promise<LogsService> {
  const { store, clock } = deps;
  const logger = deps.logger.with({ service: 'logs' });
  const events = await DiskEventStorage.open({ directory: join(deps.dataDir, 'log-events'), clock, logger });
  await deleteOrphans({ store, events, clock, logger });
  const endRetention = startRetention({ store, events, clock, logger });
  return {
    definition: defineLogsService(events),
    close: async () => {
      endRetention();
      await events.close();
    },
  };
}
