import type { Journal } from '../journal.ts';

/** Keeps nothing: for pure in-memory uses such as placement dry runs and simulations that replay from a seed. */
export const volatileJournal = (): Journal => ({
  head: async () => ({ revision: 0, schemaVersion: 0 }),
  load: async () => {},
  append: async () => {},
  close: async () => {},
});
