/**
 * Calls between two processes of ours over one channel, both ways and many at a time. What is said in one turn of the event
 * loop goes out as one message. Inputs and results are plain values and Buffers; of errors the message survives, and of a
 * BlobError its reason.
 */
import { BlobError } from '#images/blob-gateway.ts';

interface Call {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

interface Result {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: {
    readonly message: string;
    readonly reason?: BlobError['reason'];
    readonly sizeBytes?: number | undefined;
  };
}

export interface RpcMessage {
  readonly kind: 'rpc';
  readonly calls: readonly Call[];
  readonly results: readonly Result[];
}

export type Handlers = Readonly<Record<string, (input: never) => unknown>>;

/** What the other side answers, by the type of its handlers. */
export type Remote<H extends Handlers> = {
  readonly [K in keyof H]: (input: Parameters<H[K]>[0]) => Promise<Awaited<ReturnType<H[K]>>>;
};

export interface Rpc<H extends Handlers> {
  readonly remote: Remote<H>;
  receive(message: RpcMessage): void;
  /** Every call under way rejects, and every later one: the other side is gone. */
  close(): void;
}

const gone = () => new BlobError('unavailable', 'the other process does not answer at the moment');

function encodeError(error: unknown): NonNullable<Result['error']> {
  if (error instanceof BlobError) return { message: error.message, reason: error.reason, sizeBytes: error.sizeBytes };
  return { message: error instanceof Error ? error.message : String(error) };
}

export function createRpc<H extends Handlers>(options: {
  readonly send: (message: RpcMessage) => void;
  readonly handlers: Handlers;
  /** Hears of what handlers threw that is no BlobError. */
  readonly onError: (name: string, error: unknown) => void;
}): Rpc<H> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  let calls: Call[] = [];
  let results: Result[] = [];
  let lastId = 0;
  let scheduled = false;
  let closed = false;

  const flush = () => {
    scheduled = false;
    const message: RpcMessage = { kind: 'rpc', calls, results };
    calls = [];
    results = [];
    if (!closed) options.send(message);
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };

  const handle = async ({ id, name, input }: Call) => {
    try {
      const handler = options.handlers[name] as ((input: unknown) => unknown) | undefined;
      if (!handler) throw new Error(`there is no ${name}`);
      const value = await handler(input);
      results.push({ id, value });
    } catch (error) {
      if (!(error instanceof BlobError)) options.onError(name, error);
      results.push({ id, error: encodeError(error) });
    }
    schedule();
  };

  const call = (name: string, input: unknown): Promise<unknown> => {
    if (closed) return Promise.reject(gone());
    const id = ++lastId;
    calls.push({ id, name, input });
    schedule();
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };

  return {
    remote: new Proxy({} as Remote<H>, {
      // Not a promise, though every other name is a function: what is awaited is asked for its `then`.
      get: (_, name) => (name === 'then' ? undefined : (input: unknown) => call(String(name), input)),
    }),
    receive(message) {
      for (const one of message.calls) void handle(one);
      for (const { id, value, error } of message.results) {
        const waiter = waiting.get(id);
        waiting.delete(id);
        if (!error) waiter?.resolve(value);
        else if (error.reason) waiter?.reject(new BlobError(error.reason, error.message, error.sizeBytes));
        else waiter?.reject(new Error(error.message));
      }
    },
    close() {
      closed = true;
      for (const { reject } of waiting.values()) reject(gone());
      waiting.clear();
    },
  };
}
