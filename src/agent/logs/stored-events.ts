/** Passes over events that the service already has: all up to its tail, which were read again from the engine. */
import type { LogEvent, StreamTail } from './log-sink.ts';

export class StoredEvents {
  readonly #timestamp: number;
  readonly #messages: string[];

  constructor(tail: StreamTail) {
    this.#timestamp = tail.timestamp;
    this.#messages = [...tail.messages];
  }

  /** What of this event is not stored yet. A multi-line event may be stored in part: then its later lines are. */
  remaining(event: LogEvent): LogEvent | undefined {
    if (event.timestamp < this.#timestamp) return undefined;
    if (event.timestamp > this.#timestamp) this.#messages.length = 0;
    let { message } = event;
    for (;;) {
      const whole = this.#messages.indexOf(message);
      if (whole >= 0) {
        this.#messages.splice(0, whole + 1);
        return undefined;
      }
      const part = this.#messages.findIndex((stored) => stored.endsWith('\n') && message.startsWith(stored));
      if (part < 0) return { timestamp: event.timestamp, message };
      message = message.slice(this.#messages[part]!.length);
      this.#messages.splice(0, part + 1);
    }
  }
}
