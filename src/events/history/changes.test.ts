import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { applied, difference, type State, timeOf } from './changes.ts';

const scalar = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b'), fc.constant([{ hostPort: 1 }]));
const flat = fc.dictionary(fc.constantFrom('x', 'y', 'z'), scalar, { maxKeys: 3, noNullPrototype: true });
const state: fc.Arbitrary<State> = fc
  .record({
    own: flat,
    containers: fc.dictionary(fc.constantFrom('app', 'side'), flat, { maxKeys: 2, noNullPrototype: true }),
  })
  .map(({ own, containers }) => ({ ...own, containers }));

describe('differences', () => {
  test('adding one up gives the later state, through JSON as well', () => {
    fc.assert(
      fc.property(state, state, (before, after) => {
        const change = difference(before, after);
        if (!change) assert.deepEqual(before, after);
        else assert.deepEqual(applied(before, JSON.parse(JSON.stringify(change))), after);
      }),
    );
  });

  test('there is none between equal states, and only what changed is in one', () => {
    fc.assert(fc.property(state, (one) => assert.equal(difference(one, structuredClone(one)), undefined)));
    assert.deepEqual(
      difference(
        { a: 1, b: 2, containers: { app: { s: 'x', n: 1 }, old: {} } },
        { a: 1, c: 3, containers: { app: { s: 'y', n: 1 }, new: { s: 'z' } } },
      ),
      { b: null, c: 3, containers: { app: { s: 'y' }, new: { s: 'z' }, old: null } },
    );
  });

  test('the time of a change is the latest that it brings, never after now', () => {
    assert.equal(timeOf({ startedAt: 5, pullStoppedAt: 4, cpu: 9 }, 10), 5);
    assert.equal(timeOf({ stoppedAt: 12 }, 10), 10);
    assert.equal(timeOf({ lastStatus: 'RUNNING' }, 10), 10);
  });
});
