/**
 * Ships one container's output, from its first line to its last, each exactly once and in order.
 *
 *   engine's log → events → queue → stream writer
 *
 * Where to begin is never remembered here: the end of the stream says what is stored, and the engine's log is read again
 * from that timestamp, passing over what is there. So a killed agent loses nothing and repeats nothing. The engine keeps
 * the lines while the service is away; the queue is bounded, and the reader waits when it is full.
 */
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { type ContainerEngine, isEngineError, type LogLine } from '../engine-api/engine.ts';
import { EventAssembler } from './event-assembler.ts';
import { EventQueue } from './log-batch.ts';
import type { ShippingOptions } from './log-options.ts';
import type { LogEvent, LogSink, StreamTail } from './log-sink.ts';
import { StoredEvents } from './stored-events.ts';
import { GaveUpError, StreamWriter } from './stream-writer.ts';
import { WakeUp } from './wake-up.ts';

/** Longer: fewer calls; shorter: fresher logs. */
const FLUSH_MS = 1_000;
/** Lines of the two outputs may reach the engine's file out of step by moments; they are put in order within this. */
const SETTLE_MS = 20;
/** A multi-line event that nothing follows is ended after this, as Docker's driver does. */
const MULTILINE_MS = 5_000;
const QUEUE_BYTES = 4 * 1_048_576;
const REREAD_MS = 10_000;
/** How long a service that refuses a stopped container's lines is asked again. */
const GIVE_UP_MS = 600_000;

export interface ContainerLogDeps {
  readonly engine: Pick<ContainerEngine, 'logs'>;
  readonly sink: LogSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly runtimeId: string;
  readonly options: ShippingOptions;
  readonly startPattern?: RegExp;
}

export class ContainerLog {
  /** Resolves when every line is delivered (or given up, or `close` was called). */
  readonly done: Promise<void>;
  readonly #deps: ContainerLogDeps;
  readonly #writer: StreamWriter;
  readonly #assembler: EventAssembler;
  readonly #queue = new EventQueue();
  readonly #abort = new AbortController();
  readonly #moved = new WakeUp();
  readonly #queued = new WakeUp();
  readonly #sent = new WakeUp();
  #runs = 0;
  #stoppedAtMs: number | undefined;
  #readAll = false;
  #multilineTimer: Timer | undefined;
  /** Greatest engine timestamp read, and how many lines carried it. */
  #lastNs: bigint | undefined;
  #linesAtLast = 0;
  #stored: StoredEvents | undefined;
  #skippingToStart = false;

  constructor(deps: ContainerLogDeps) {
    this.#deps = deps;
    this.#assembler = new EventAssembler(deps.startPattern);
    this.#writer = new StreamWriter({
      ...deps,
      signal: this.#abort.signal,
      mayGiveUp: () => this.#stoppedAtMs !== undefined && deps.clock.now() - this.#stoppedAtMs > GIVE_UP_MS,
    });
    this.done = this.#run();
  }

  /** The container runs (again). */
  started(): void {
    this.#runs += 1;
    this.#moved.wake();
  }

  /** The container has ended; what is in the engine's log now is all. */
  stopped(): void {
    this.#stoppedAtMs ??= this.#deps.clock.now();
    this.#moved.wake();
  }

  /** Stops at once. What is not sent is sent by the next agent. */
  close(): void {
    this.#abort.abort(new Error('the agent stops'));
    for (const wakeUp of [this.#moved, this.#queued, this.#sent]) wakeUp.wake();
    this.#multilineTimer?.cancel();
  }

  async #run(): Promise<void> {
    const { logger, options } = this.#deps;
    try {
      const tail = await this.#writer.open();
      if (tail) this.#resumeAfter(tail);
      await Promise.all([this.#read(), this.#send()]);
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        const message = error instanceof GaveUpError ? 'gave up on a log stream' : 'log shipping failed';
        logger.error(message, { ...options.destination, error });
      }
      this.close();
    }
  }

  #resumeAfter(tail: StreamTail): void {
    this.#stored = new StoredEvents(tail);
    this.#lastNs = BigInt(tail.timestamp) * 1_000_000n;
    // Lines before the first start at that timestamp belong to the event before, which is stored whole.
    const { startPattern } = this.#deps;
    this.#skippingToStart = startPattern?.test(tail.messages[0]!.split('\n')[0]!) ?? false;
  }

  async #read(): Promise<void> {
    const { engine, clock, runtimeId, logger } = this.#deps;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      // A pass that begins after the container has ended sees every line.
      const ended = this.#stoppedAtMs !== undefined;
      const runs = this.#runs;
      let skip = this.#linesAtLast;
      const since = this.#lastNs;
      try {
        const from = since === undefined ? {} : { sinceNs: since };
        for await (const line of engine.logs(runtimeId, { ...from, follow: !ended, signal })) {
          if (line.timestampNs === since && skip-- > 0) continue;
          await this.#take(line);
        }
        if (ended) break;
      } catch (error) {
        if (signal.aborted) break;
        if (isEngineError(error, 'not-found')) break;
        logger.debug('the log of a container cannot be read; trying again', { runtimeId, error });
        await clock.sleep(FLUSH_MS, signal);
        continue;
      }
      if (this.#runs === runs && this.#stoppedAtMs === undefined) await this.#moveOrPause();
    }
    for (const event of this.#assembler.flushAll()) this.#enqueue(event);
    this.#readAll = true;
    this.#queued.wake();
  }

  /** The log ended though nobody has said that the container did: wait for the word, or look again. */
  async #moveOrPause(): Promise<void> {
    const timer = this.#deps.clock.after(REREAD_MS, () => this.#moved.wake());
    await this.#moved.wait();
    timer.cancel();
  }

  async #take(line: LogLine): Promise<void> {
    if (this.#lastNs === undefined || line.timestampNs > this.#lastNs) {
      this.#lastNs = line.timestampNs;
      this.#linesAtLast = 1;
    } else if (line.timestampNs === this.#lastNs) {
      this.#linesAtLast += 1;
    }
    if (this.#skippingToStart) {
      if (!this.#deps.startPattern!.test(line.message)) return;
      this.#skippingToStart = false;
    }
    for (const event of this.#assembler.add(line)) this.#enqueue(event);
    this.#watchMultiline();
    while (this.#queue.bytes > QUEUE_BYTES && !this.#abort.signal.aborted) await this.#sent.wait();
  }

  #enqueue(event: LogEvent): void {
    this.#multilineTimer?.cancel();
    this.#multilineTimer = undefined;
    const remaining = this.#stored ? this.#stored.remaining(event) : event;
    if (!remaining) return;
    this.#queue.add(remaining, this.#deps.clock.now());
    this.#queued.wake();
  }

  #watchMultiline(): void {
    if (!this.#assembler.waiting || this.#multilineTimer) return;
    this.#multilineTimer = this.#deps.clock.after(MULTILINE_MS, () => {
      for (const event of this.#assembler.flushEvent()) this.#enqueue(event);
    });
  }

  async #send(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#abort;
    for (;;) {
      while (this.#queue.length === 0 && !this.#readAll && !signal.aborted) await this.#queued.wait();
      if (signal.aborted || this.#queue.length === 0) return;
      await this.#fill();
      for (;;) {
        signal.throwIfAborted();
        const batch = this.#queue.take(this.#readAll ? Number.POSITIVE_INFINITY : clock.now() - SETTLE_MS);
        if (batch.length === 0) break;
        await this.#writer.write(batch);
        this.#sent.wake();
        if (!this.#queue.isFull) break;
      }
      this.#sent.wake();
    }
  }

  /** Waits until a batch is full, the log has ended, or FLUSH_MS are over. */
  async #fill(): Promise<void> {
    let over = false;
    const timer = this.#deps.clock.after(FLUSH_MS, () => {
      over = true;
      this.#queued.wake();
    });
    while (!over && !this.#readAll && !this.#queue.isFull && !this.#abort.signal.aborted) await this.#queued.wait();
    timer.cancel();
  }
}
