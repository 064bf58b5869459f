/**
 * Where log events live: append-only, outside the store, because they only grow. A stream is addressed by the ids that
 * its rows carry, never by name, so a stream made anew under an old name starts empty.
 *
 * - `append` resolves when the events are on stable storage; appends of all streams share their syncs.
 * - Events of a stream are ordered by timestamp, then by arrival; a position names one place in that order.
 * - Statistics are in memory and answer at once.
 */
export interface StreamAddress {
  readonly groupId: string;
  readonly streamId: string;
}

/** A place in a stream's order. `sequence` counts a stream's events from 1 in order of arrival. */
export interface EventPosition {
  readonly timestamp: number;
  readonly sequence: number;
}

export interface StoredEvent extends EventPosition {
  /** Epoch milliseconds. */
  readonly ingestionTime: number;
  readonly message: string;
}

export interface NewEvent {
  readonly timestamp: number;
  readonly message: string;
}

export interface ReadRange {
  /** Inclusive, epoch milliseconds. */
  readonly fromTime?: number;
  /** Exclusive, epoch milliseconds. */
  readonly toTime?: number;
  /** Only events strictly after this place. */
  readonly after?: EventPosition;
  /** Only events strictly before this place. */
  readonly before?: EventPosition;
  readonly direction: 'forward' | 'backward';
}

export interface StreamStats {
  readonly firstEventTimestamp: number;
  readonly lastEventTimestamp: number;
  readonly lastIngestionTime: number;
  readonly eventCount: number;
  /** Bytes as AWS counts them: the message in UTF-8 and 26 for every event. */
  readonly storedBytes: number;
}

export interface EventStorage {
  append(address: StreamAddress, events: readonly NewEvent[], ingestionTime: number): Promise<void>;
  /** Events of one stream in the order (or reverse order) of their positions, read block by block as they are taken. */
  read(address: StreamAddress, range: ReadRange): AsyncIterable<StoredEvent>;
  /** Undefined for a stream that holds nothing. */
  stats(address: StreamAddress): StreamStats | undefined;
  /** Bytes of all streams of a group. */
  storedBytes(groupId: string): number;
  deleteStream(address: StreamAddress): Promise<void>;
  deleteGroup(groupId: string): Promise<void>;
  /** Deletes the segments of a group in which every event is older than `beforeMs`. */
  expire(groupId: string, beforeMs: number): Promise<void>;
  /** Every stream that holds something, to find those whose rows are gone. */
  streams(): Iterable<StreamAddress>;
  close(): Promise<void>;
}

export function comparePositions(a: EventPosition, b: EventPosition): number {
  return a.timestamp - b.timestamp || a.sequence - b.sequence;
}

/** What AWS adds to each event's message when it counts bytes. */
export const EVENT_OVERHEAD_BYTES = 26;
