/** Every operation of AWS is implemented or listed as not implemented; the list only ever gets shorter. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { coverage, documentPath, readList, toDocument } from '../scripts/compatibility.ts';

const services = await coverage();
const repeat = 'run `node scripts/compatibility.ts`';

for (const { name, implemented, missing, unknown } of services) {
  const listed = readList()[name] ?? [];

  test(`${name}: every operation is implemented or listed in test/not-implemented.json`, () => {
    assert.deepEqual(
      missing.filter((one) => !listed.includes(one)),
      [],
      'these are neither; implement them, or list what a new SDK brought',
    );
  });

  test(`${name}: nothing that is implemented is listed`, () => {
    assert.deepEqual(
      listed.filter((one) => implemented.includes(one) || !missing.includes(one)),
      [],
      repeat,
    );
  });

  test(`${name}: every handler is of an operation that AWS has`, () => {
    assert.deepEqual(unknown, []);
  });
}

test('docs/compatibility.md is up to date', () => {
  assert.equal(readFileSync(documentPath, 'utf8'), toDocument(services), repeat);
});
