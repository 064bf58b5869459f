/**
 * What one session still has to tell its agent: for each task the newest desired status that the agent has not
 * acknowledged. Not a queue of messages but a set of facts: a newer fact about a task takes the place of the older.
 *
 *   waiting → sent → (acknowledged: gone) · sent too long ago → waiting again
 */
export type Wanted = 'RUNNING' | 'STOPPED';

export interface Delivery {
  readonly taskArn: string;
  readonly wanted: Wanted;
  readonly messageId: string;
  /** Of the newest sending; 0 before the first. */
  sequence: number;
  sendings: number;
  /** Epoch milliseconds of the newest sending; undefined while waiting. */
  sentAt: number | undefined;
}

export class Outbox {
  readonly #newMessageId: () => string;
  readonly #byTask = new Map<string, Delivery>();
  readonly #byMessage = new Map<string, Delivery>();
  #waiting = new Set<Delivery>();

  constructor(newMessageId: () => string) {
    this.#newMessageId = newMessageId;
  }

  get inFlight(): number {
    return this.#byTask.size - this.#waiting.size;
  }

  /** Adds or replaces the fact about a task; a stop is never taken back by a start. */
  want(taskArn: string, wanted: Wanted): void {
    const current = this.#byTask.get(taskArn);
    if (current && (current.wanted === wanted || current.wanted === 'STOPPED')) return;
    this.drop(taskArn);
    const delivery: Delivery = {
      taskArn,
      wanted,
      messageId: this.#newMessageId(),
      sequence: 0,
      sendings: 0,
      sentAt: undefined,
    };
    this.#byTask.set(taskArn, delivery);
    this.#byMessage.set(delivery.messageId, delivery);
    this.#waiting.add(delivery);
  }

  /** The fact that has waited longest; stops go before starts, because they make room. */
  next(): Delivery | undefined {
    let first: Delivery | undefined;
    for (const delivery of this.#waiting) {
      if (delivery.wanted === 'STOPPED') return delivery;
      first ??= delivery;
    }
    return first;
  }

  sent(delivery: Delivery, sequence: number, nowMs: number): void {
    delivery.sequence = sequence;
    delivery.sentAt = nowMs;
    delivery.sendings += 1;
    this.#waiting.delete(delivery);
  }

  /** Puts every sending that is older than `ageMs(sendings)` back to waiting. */
  requeue(nowMs: number, ageMs: (sendings: number) => number): void {
    for (const delivery of this.#byTask.values()) {
      if (delivery.sentAt !== undefined && nowMs - delivery.sentAt >= ageMs(delivery.sendings)) {
        delivery.sentAt = undefined;
        this.#waiting.add(delivery);
      }
    }
  }

  /** The delivery that a message id belongs to, which is then done; undefined for an unknown or replaced one. */
  acknowledge(messageId: string): Delivery | undefined {
    const delivery = this.#byMessage.get(messageId);
    if (delivery) this.drop(delivery.taskArn);
    return delivery;
  }

  drop(taskArn: string): void {
    const delivery = this.#byTask.get(taskArn);
    if (!delivery) return;
    this.#byTask.delete(taskArn);
    this.#byMessage.delete(delivery.messageId);
    this.#waiting.delete(delivery);
  }
}
