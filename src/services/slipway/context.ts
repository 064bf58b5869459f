/** What the operations are given, and the history as they read it (the events room keeps it). */
import type { Denials } from '#auth/denials.ts';
import type { Sessions } from '#auth/sessions.ts';
import type { Vault } from '#keys/vault.ts';
import type { RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';

export interface HistoryRange {
  readonly limit: number;
  readonly newestFirst?: boolean;
  readonly afterId?: number;
}

export interface HistoryEntry {
  /** Grows along an entity's history. */
  readonly id: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly type: 'CREATED' | 'CHANGED' | 'CAUGHT_UP' | 'EVENT';
  /** Of the task's row. */
  readonly version?: number;
  readonly change: Readonly<Record<string, unknown>>;
  /** Of an EVENT. */
  readonly message?: string;
}

export interface HistoryReader {
  entries(arn: string, range: HistoryRange): Promise<readonly HistoryEntry[]>;
  tasksOfService(
    serviceArn: string,
    range: HistoryRange,
  ): Promise<readonly { readonly id: number; readonly arn: string; readonly state: HistoryEntry['change'] }[]>;
}

export interface MaintenanceJob {
  readonly id: string;
  readonly task: string;
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly progress?: unknown;
  readonly report?: unknown;
  readonly message?: string;
}

/** Garbage collections and checks of the image registry (the registry room does them). */
export interface RegistryMaintenance {
  start(
    task:
      | { readonly task: 'gc'; readonly dryRun: boolean; readonly graceMs?: number }
      | { readonly task: 'fsck'; readonly repair: boolean },
  ): MaintenanceJob;
  get(id: string): Promise<MaintenanceJob | undefined>;
}

export interface SlipwayDeps {
  readonly maintenance: RegistryMaintenance;
  readonly history: HistoryReader;
  readonly denials: Denials;
  readonly vault: Vault;
  /** Makes the credentials of instances' roles. */
  readonly sessions: Sessions;
  /** The one that makes other accounts. */
  readonly administratorAccount: string;
}

export type SlipwayContext = RequestContext<SlipwayDeps, Session>;
export type SlipwayOperation<Input, Output> = (ctx: SlipwayContext, input: Input) => Output | Promise<Output>;
