import type { Journal, JournalBatch } from '#store/journal.ts';
import { type Life, never } from './clock.ts';
import type { Dice } from './dice.ts';

/**
 * The disk of the simulated control plane: every batch that became durable, in order. A process sees it through `open`;
 * when that process is killed, what it had appended is there and nothing else: the batch that was on its way is whole
 * or absent.
 */
export class CuttableJournal {
  readonly batches: JournalBatch[] = [];
  /** Appends until the process that makes them is killed in the middle; undefined for never. */
  killAfterAppends: number | undefined;
  /** Longest time that a batch takes, in milliseconds. */
  slownessMs = 0;
  readonly #dice: Dice;
  readonly #onKill: () => void;

  constructor(dice: Dice, onKill: () => void) {
    this.#dice = dice;
    this.#onKill = onKill;
  }

  get revision(): number {
    return this.batches.at(-1)?.revision ?? 0;
  }

  open(life: Life): Journal {
    return {
      head: async () => ({
        revision: this.revision,
        schemaVersion: this.batches.findLast((batch) => batch.schemaVersion !== undefined)?.schemaVersion ?? 0,
      }),
      load: async (onRow) => {
        const rows = new Map<number, { readonly table: string; readonly value: string }>();
        for (const { changes } of this.batches) {
          for (const { id, table, value } of changes) {
            if (value === null) rows.delete(id);
            else rows.set(id, { table, value });
          }
        }
        for (const [id, { table, value }] of rows) onRow(id, table, value);
      },
      append: (batch) => this.#append(batch, life),
      close: async () => {},
    };
  }

  #append(batch: JournalBatch, life: Life): Promise<void> {
    if (life.dead) return never();
    if (this.killAfterAppends !== undefined && --this.killAfterAppends <= 0) {
      this.killAfterAppends = undefined;
      if (this.#dice.chance(0.5)) this.batches.push(batch);
      this.#onKill();
      return never();
    }
    if (this.slownessMs === 0 || this.#dice.chance(0.5)) {
      this.batches.push(batch);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      life.clock.after(this.#dice.between(1, this.slownessMs), () => {
        this.batches.push(batch);
        resolve();
      });
    });
  }
}
