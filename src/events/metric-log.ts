/**
 * Points of metrics, kept append-only beside the history of tasks and services, in its file and with its retention, until
 * CloudWatch takes them over. A point is what was counted in part of a minute; points of the same minute add up.
 */
import type { UsagePoint } from '#images/usage.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { Appender } from './history/appender.ts';
import type { HistoryStorage } from './history/storage.ts';

export interface MetricSum {
  readonly name: string;
  /** Beginning of the minute. */
  readonly at: number;
  readonly sum: number;
}

export interface MetricLog {
  /** Never waits, never throws. */
  put(points: readonly UsagePoint[]): void;
  /** By minute, oldest first; those of a moment ago included. */
  read(arn: string, range: { readonly fromMs: number; readonly toMs: number }): Promise<readonly MetricSum[]>;
  /** Before the storage is closed. */
  close(): Promise<void>;
}

const entityOf = (arn: string): string => `metrics ${arn}`;
const pageSize = 1_000;
const minuteMs = 60_000;

export function createMetricLog(deps: {
  readonly storage: HistoryStorage;
  readonly clock: Clock;
  readonly logger: Logger;
}): MetricLog {
  const { storage, clock, logger } = deps;
  const appender = new Appender({ storage, clock, logger, what: 'metrics' });
  return {
    put(points) {
      for (const { arn, name, at, sum } of points) {
        appender.add({ arn: entityOf(arn), at, mark: '{}', body: JSON.stringify({ n: name, s: sum }) });
      }
    },
    async read(arn, { fromMs, toMs }) {
      await appender.flush();
      const sums = new Map<string, MetricSum>();
      let afterId: number | undefined;
      for (;;) {
        const options = { limit: pageSize, newestFirst: true, ...(afterId !== undefined && { afterId }) };
        const records = await storage.read(entityOf(arn), options);
        for (const { at, body } of records) {
          if (at < fromMs || at >= toMs) continue;
          const { n: name, s } = JSON.parse(body) as { n: string; s: number };
          const key = `${at} ${name}`;
          sums.set(key, { name, at, sum: (sums.get(key)?.sum ?? 0) + s });
        }
        const last = records.at(-1);
        // Points come in the order of time, but for a clock that was set back a little.
        if (!last || records.length < pageSize || last.at < fromMs - minuteMs) break;
        afterId = last.id;
      }
      return [...sums.values()].sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
    },
    close: () => appender.close(),
  };
}
