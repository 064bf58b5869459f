/** Everything that has arrived by now is handled when it resolves: other work, and results that somebody awaits. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
