/** Where containers' lines go: CloudWatch Logs as the log shipper sees it. */
export interface LogDestination {
  readonly region: string;
  readonly group: string;
  readonly stream: string;
  /** Base URL of another endpoint than the agent's own. */
  readonly endpoint?: string;
  /** The task whose execution role writes; absent: the instance's own role does. */
  readonly executionRoleOf?: string;
}

export interface LogEvent {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly message: string;
}

export const sinkFailures = [
  /** The group does not exist. */
  'group-missing',
  /** The stream does not exist. */
  'stream-missing',
  /** The service said no, and will say no again: nothing was stored. */
  'refused',
  /** The service said that it could not now: nothing was stored. */
  'busy',
  /** Nobody knows whether it was stored: no answer, or a failure in the middle. */
  'unknown',
] as const;
export type SinkFailure = (typeof sinkFailures)[number];

export class SinkError extends Error {
  readonly failure: SinkFailure;
  constructor(failure: SinkFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SinkError';
    this.failure = failure;
  }
}

/** The last events of a stream: all that carry its greatest timestamp, in order. */
export interface StreamTail {
  readonly timestamp: number;
  readonly messages: readonly string[];
}

/** Every failure is a SinkError. */
export interface LogSink {
  /** No error when it is there already. */
  createGroup(destination: LogDestination): Promise<void>;
  /** No error when it is there already. */
  createStream(destination: LogDestination): Promise<void>;
  /** All or nothing; events in order of time. */
  put(destination: LogDestination, events: readonly LogEvent[]): Promise<void>;
  /** Undefined for an empty stream. */
  tail(destination: LogDestination): Promise<StreamTail | undefined>;
  close(): void;
}
