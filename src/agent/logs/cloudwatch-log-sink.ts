import type { CloudWatchLogsClient, CloudWatchLogsClientConfig, OutputLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { Logger } from '#lib/logger.ts';
import type { ExpiringCredentials } from '../link/signing.ts';
import { type LogDestination, type LogEvent, type LogSink, SinkError, type StreamTail } from './log-sink.ts';

export interface CloudWatchLogSinkOptions {
  /** Base URL of the control plane. */
  readonly endpoint: string;
  /** The instance's own. */
  readonly credentials: NonNullable<CloudWatchLogsClientConfig['credentials']>;
  /** Of a task's execution role; undefined while the control plane has not sent them. */
  readonly executionCredentials?: (taskArn: string) => ExpiringCredentials | undefined;
  readonly logger: Logger;
}

/** After this a put's fate is unknown. Longer: a hung control plane delays logs; shorter: slow disks look like failures. */
const REQUEST_TIMEOUT_MS = 30_000;
const TAIL_PAGE = 100;

/** Codes by which the service says that it did nothing and may do it later. */
const busyCodes = [
  'ThrottlingException',
  'ServiceUnavailableException',
  'OperationAbortedException',
  'LimitExceededException',
];

function toSinkError(error: unknown): SinkError {
  if (error instanceof SinkError) return error;
  const {
    name = 'Error',
    message = String(error),
    $metadata,
  } = error as {
    name?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const text = `${name}: ${message}`;
  const status = $metadata?.httpStatusCode;
  if (name === 'ResourceNotFoundException') {
    return new SinkError(/log stream/.test(message) ? 'stream-missing' : 'group-missing', text, { cause: error });
  }
  if (status === 400 && busyCodes.includes(name)) return new SinkError('busy', text, { cause: error });
  if (status !== undefined && status >= 400 && status < 500) return new SinkError('refused', text, { cause: error });
  return new SinkError('unknown', text, { cause: error });
}

function unlessThere(error: unknown): void {
  const { cause } = error as SinkError;
  if ((cause as Error | undefined)?.name !== 'ResourceAlreadyExistsException') throw error;
}

/** Loaded with the first container that ships logs: many agents never have one. */
const loadSdk = () => import('@aws-sdk/client-cloudwatch-logs');
type Sdk = Awaited<ReturnType<typeof loadSdk>>;

/** Clients share connections; those that were made first go first. */
const MAX_CLIENTS = 100;

/**
 * One client per region, endpoint and role; no retries of its own, because a repeated put stores its events twice.
 * Streams are written with the role that the task says, and read with the instance's: where a stream ends is a question
 * of this agent's own, which an execution role need not permit.
 */
export class CloudWatchLogSink implements LogSink {
  readonly #options: CloudWatchLogSinkOptions;
  readonly #clients = new Map<string, CloudWatchLogsClient>();
  #requestHandler: CloudWatchLogsClient['config']['requestHandler'] | undefined;

  constructor(options: CloudWatchLogSinkOptions) {
    this.#options = options;
  }

  #client({ region, endpoint = this.#options.endpoint, executionRoleOf = '' }: LogDestination, sdk: Sdk) {
    const key = `${region} ${endpoint} ${executionRoleOf}`;
    const known = this.#clients.get(key);
    if (known) return known;
    const { credentials, executionCredentials } = this.#options;
    const requestHandler = this.#requestHandler;
    const client = new sdk.CloudWatchLogsClient({
      region,
      endpoint,
      maxAttempts: 1,
      credentials: executionRoleOf
        ? async () => {
            const found = executionCredentials?.(executionRoleOf);
            if (found) return found;
            throw new SinkError('busy', 'the credentials of the execution role are not here yet');
          }
        : credentials,
      ...(requestHandler && { requestHandler }),
    });
    this.#requestHandler ??= client.config.requestHandler;
    this.#clients.set(key, client);
    if (this.#clients.size > MAX_CLIENTS) this.#clients.delete(this.#clients.keys().next().value!);
    return client;
  }

  async #use<T>(
    destination: LogDestination,
    call: (client: CloudWatchLogsClient, sdk: Sdk, options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const sdk = await loadSdk();
    try {
      return await call(this.#client(destination, sdk), sdk, {
        abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
    } catch (error) {
      throw toSinkError(error);
    }
  }

  async createGroup(destination: LogDestination): Promise<void> {
    await this.#use(destination, (client, { CreateLogGroupCommand }, options) =>
      client.send(new CreateLogGroupCommand({ logGroupName: destination.group }), options),
    ).catch(unlessThere);
  }

  async createStream(destination: LogDestination): Promise<void> {
    const { group: logGroupName, stream: logStreamName } = destination;
    await this.#use(destination, (client, { CreateLogStreamCommand }, options) =>
      client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }), options),
    ).catch(unlessThere);
  }

  async put(destination: LogDestination, events: readonly LogEvent[]): Promise<void> {
    const { group: logGroupName, stream: logStreamName } = destination;
    const answer = await this.#use(destination, (client, { PutLogEventsCommand }, options) =>
      client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: [...events] }), options),
    );
    if (answer.rejectedLogEventsInfo) {
      const { logger } = this.#options;
      logger.warn('log events were too old or too new', { ...destination, ...answer.rejectedLogEventsInfo });
    }
  }

  async tail({ executionRoleOf: _, ...destination }: LogDestination): Promise<StreamTail | undefined> {
    const { group: logGroupName, stream: logStreamName } = destination;
    const messages: string[] = [];
    let timestamp: number | undefined;
    for (let nextToken: string | undefined; ; ) {
      const page = await this.#use(destination, (client, { GetLogEventsCommand }, options) =>
        client.send(new GetLogEventsCommand({ logGroupName, logStreamName, limit: TAIL_PAGE, nextToken }), options),
      );
      const events: readonly OutputLogEvent[] = page.events ?? [];
      timestamp ??= events.at(-1)?.timestamp;
      if (timestamp === undefined) return undefined;
      const last = events.filter((event) => event.timestamp === timestamp);
      messages.unshift(...last.map((event) => event.message ?? ''));
      // The service may fill a page with fewer events than asked for; only an empty one is the beginning of the stream.
      if (last.length === 0 || last.length < events.length) return { timestamp, messages };
      nextToken = page.nextBackwardToken;
    }
  }

  close(): void {
    for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
    this.#requestHandler?.destroy?.();
  }
}
