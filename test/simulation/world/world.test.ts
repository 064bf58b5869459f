/**
 * The whole control plane under faults. A seed is one history: `npm run sim -- --seed 17` repeats it and shows what
 * happened.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runSeed } from './world.ts';

const count = Number(process.env['SIM_SEEDS'] ?? 200);

describe('the whole control plane, faults from one seed', () => {
  test(`is as it should be after each of ${count} histories`, { timeout: 170_000 }, async () => {
    for (let seed = 1; seed <= count; seed++) {
      const { violations } = await runSeed({ seed });
      const broken = violations.map(({ check, message }) => `${check}: ${message}`).join('\n');
      assert.equal(
        broken,
        '',
        `seed ${seed} breaks what must hold; repeat it with: npm run sim -- --seed ${seed}\n${broken}`,
      );
    }
  });

  test('a seed repeats its history to the letter', async () => {
    const [first, second] = [await runSeed({ seed: 7 }), await runSeed({ seed: 7 })];
    assert.deepEqual(first.trace, second.trace);
  });
});
