import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Sharing } from './sharing.ts';

test('property: a row stays what it was', () => {
  const sharing = new Sharing();
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (rows) => {
      for (const row of rows) {
        const before = JSON.stringify(row);
        sharing.share(row);
        assert.equal(JSON.stringify(row), before);
      }
    }),
  );
});

test('equal texts, small values and members of long ones are one', () => {
  const make = (id: string) =>
    JSON.parse(
      JSON.stringify({
        reservation: { cpuUnits: 1, ports: [] },
        list: [],
        containers: [{ arn: `${id}-${'x'.repeat(200)}`, image: 'registry.example.com/a', bindings: [] }],
      }),
    );
  const sharing = new Sharing();
  const [a, b] = [make('a'), make('b')];
  sharing.share(a);
  sharing.share(b);
  assert.equal(a.reservation, b.reservation);
  assert.equal(a.list, b.list);
  assert.equal(a.containers[0].bindings, b.containers[0].bindings);
  assert.notEqual(a.containers, b.containers);
});
