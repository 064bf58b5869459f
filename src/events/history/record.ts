/** Rows to records, and records back to what happened. Pure. */
import type { ServiceEventRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { applied, difference, type State, serviceState, taskDifference, taskState, timeOf } from './changes.ts';
import type { NewRecord, StoredRecord } from './storage.ts';

/**
 * CREATED: the entity is new, `change` is all of it. CHANGED: one change. CAUGHT_UP: what had become of it while nothing
 * was recorded (the process had died, or the disk was slow): perhaps several changes in one. EVENT: a service event.
 */
export const entryTypes = ['CREATED', 'CHANGED', 'CAUGHT_UP', 'EVENT'] as const;
export type EntryType = (typeof entryTypes)[number];

export interface Entry {
  readonly id: number;
  readonly at: number;
  readonly type: EntryType;
  /** Of a task's row, or absent. */
  readonly version?: number;
  readonly change: State;
  /** Of an EVENT. */
  readonly message?: string;
}

interface Body {
  readonly t: EntryType;
  readonly v?: number;
  readonly c?: State;
  readonly m?: string;
}

const bodyOf = (body: Body) => JSON.stringify(body);

export const taskMark = (row: TaskRow): string => String(row.version);
export const serviceMark = (row: ServiceRow): string => JSON.stringify(serviceState(row));

function taskRecord(row: TaskRow, type: EntryType, change: State | undefined, nowMs: number): NewRecord {
  return {
    arn: row.arn,
    parent: row.serviceArn,
    at: timeOf(change, nowMs),
    mark: taskMark(row),
    ended: row.lastStatus === 'STOPPED',
    body: change && bodyOf({ t: type, v: row.version, c: change }),
  };
}

function serviceRecord(row: ServiceRow, type: EntryType, change: State | undefined, nowMs: number): NewRecord {
  return {
    arn: row.arn,
    at: timeOf(change, nowMs),
    mark: serviceMark(row),
    ended: row.status === 'INACTIVE',
    body: change && bodyOf({ t: type, c: change }),
  };
}

/** One change of a task; undefined when nothing that history keeps became another. */
export function recordTask(before: TaskRow | undefined, after: TaskRow, nowMs: number): NewRecord | undefined {
  if (!before) return taskRecord(after, 'CREATED', taskState(after), nowMs);
  const change = taskDifference(before, after);
  if (!change && before.version === after.version) return undefined;
  return taskRecord(after, 'CHANGED', change, nowMs);
}

export function recordService(before: ServiceRow | undefined, after: ServiceRow, nowMs: number): NewRecord | undefined {
  // A service that is made again under its old name takes the row of the deleted one.
  const isNew = before?.createdAt !== after.createdAt;
  if (!before || isNew) return serviceRecord(after, 'CREATED', serviceState(after), nowMs);
  const change = difference(serviceState(before), serviceState(after));
  return change && serviceRecord(after, 'CHANGED', change, nowMs);
}

/** An event is recorded once, however often it is handed over. */
export const recordEvent = (row: ServiceEventRow): NewRecord => ({
  arn: row.serviceArn,
  at: row.createdAt,
  source: row.id,
  body: bodyOf({ t: 'EVENT', m: row.message }),
});

/** What had become of a task since `known`, the state that its records add up to; all of it when nothing is known. */
export function catchUpTask(known: State | undefined, row: TaskRow, nowMs: number): NewRecord {
  return taskRecord(row, 'CAUGHT_UP', difference(known ?? {}, taskState(row)), nowMs);
}

export function catchUpService(mark: string | null, row: ServiceRow, nowMs: number): NewRecord {
  const known = mark === null ? {} : (JSON.parse(mark) as State);
  return serviceRecord(row, 'CAUGHT_UP', difference(known, serviceState(row)), nowMs);
}

export function toEntry({ id, at, body }: StoredRecord): Entry {
  const { t, v, c, m } = JSON.parse(body) as Body;
  return {
    id,
    at,
    type: t,
    change: c ?? {},
    ...(v !== undefined && { version: v }),
    ...(m !== undefined && { message: m }),
  };
}

/** The state that entries add up to, oldest first. */
export function stateOf(entries: readonly Entry[]): State {
  return entries.reduce<State>(
    (state, entry) => (entry.type === 'CREATED' ? entry.change : applied(state, entry.change)),
    {},
  );
}
