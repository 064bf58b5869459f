import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../service.ts';
import { jsonDecoder, jsonEncoder } from './json.ts';
import { requiredChecker } from './required.ts';
import { type StructureShape, toShape } from './shape.ts';

const Inner = [3, 'ns', 'Inner', 0, ['name', 'inner'], [0, () => Inner], 1];
const Outer = [
  3,
  'ns',
  'Outer',
  0,
  ['id', 'text', 'count', 'flag', 'at', 'iso', 'data', 'texts', 'inners', 'byName', 'labels', 'free', 'inner'],
  [
    0,
    0,
    1,
    2,
    4,
    5,
    21,
    64,
    [1, 'ns', 'L', 0, () => Inner],
    [2, 'ns', 'M', 0, 0, () => Inner],
    128,
    15,
    [() => Inner, 0],
  ],
  1,
];

const shape = toShape(Outer) as StructureShape;
const decode = jsonDecoder(shape);
const encode = jsonEncoder(shape);

describe('reading JSON', () => {
  test('converts what has a type of its own and drops what the schema does not know', () => {
    assert.deepEqual(
      decode({ at: 1.5, iso: '2026-01-02T03:04:05Z', data: 'aGk=', unknown: 1, inners: [{ name: 'a', other: 2 }] }),
      {
        at: new Date(1500),
        iso: new Date('2026-01-02T03:04:05Z'),
        data: Buffer.from('hi'),
        inners: [{ name: 'a' }],
      },
    );
  });

  test('null is absent', () =>
    assert.deepEqual(decode({ text: null, labels: { a: null, b: 'c' } }), { labels: { b: 'c' } }));

  test('keys of clients cannot reach the prototype', () => {
    const out = decode(
      JSON.parse('{"labels":{"__proto__":"x","constructor":"y"},"byName":{"__proto__":{"name":"n"}}}'),
    ) as {
      labels: object;
      byName: object;
    };
    assert.deepEqual(Object.keys(out.labels), ['__proto__', 'constructor']);
    assert.equal(Object.getPrototypeOf(out.labels), Object.prototype);
    assert.equal(Object.getPrototypeOf(out.byName), Object.prototype);
  });

  const wrong: readonly [input: unknown, message: string][] = [
    [{ text: 1 }, 'NUMBER_VALUE cannot be converted to String'],
    [{ text: 1.5 }, 'DECIMAL_VALUE cannot be converted to String'],
    [{ text: true }, 'TRUE_VALUE cannot be converted to String'],
    [{ text: {} }, 'Start of structure or map found where not expected.'],
    [{ text: [] }, 'Start of list found where not expected'],
    [{ count: '1' }, 'STRING_VALUE cannot be converted to Integer'],
    [{ count: Number.POSITIVE_INFINITY }, 'Number out of range'],
    [{ flag: 'true' }, 'STRING_VALUE cannot be converted to Boolean'],
    [{ at: 'soon' }, 'Unable to parse the timestamp'],
    [{ at: 1e300 }, 'Unable to parse the timestamp'],
    [{ data: '*' }, 'Invalid base64 data'],
    [{ texts: 'a' }, 'Expected list or null'],
    [{ texts: [null] }, 'null found where not expected in a list'],
    [{ labels: [] }, 'Start of list found where not expected'],
    [{ labels: 'a' }, 'Expected map or null'],
    [{ inner: 'a' }, 'Unexpected field type'],
    [[], 'Start of list found where not expected'],
    ['text', 'Unexpected field type'],
    [null, 'Unexpected field type'],
  ];
  for (const [input, message] of wrong) {
    test(`${JSON.stringify(input)} is refused`, () => {
      assert.throws(
        () => decode(input),
        (error: unknown) => {
          assert.ok(error instanceof ServiceError);
          assert.equal(error.code, 'SerializationException');
          assert.equal(error.message, message);
          return true;
        },
      );
    });
  }

  test('a document of any depth costs no stack', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    assert.throws(() => decode({ free: deep }), /nested too deeply/);
    assert.deepEqual(decode({ free: { a: [1] } }), { free: { a: [1] } });
  });
});

describe('writing JSON', () => {
  test('writes epoch seconds, base64 and only modelled members; nothing for what is absent', () => {
    assert.deepEqual(
      encode({
        text: undefined,
        count: 0,
        at: new Date(1500),
        iso: new Date(0),
        data: new Uint8Array([104, 105]),
        inners: [{ name: 'a', hidden: 1 }],
        byName: { x: { name: 'b' } },
        secret: 'x',
      }),
      {
        count: 0,
        at: 1.5,
        iso: '1970-01-01T00:00:00Z',
        data: 'aGk=',
        inners: [{ name: 'a' }],
        byName: { x: { name: 'b' } },
      },
    );
  });
});

test('missing members are listed by their paths', () => {
  const missing = requiredChecker(shape);
  assert.deepEqual(missing({}), ['id']);
  assert.deepEqual(
    missing({ id: 'x', inners: [{ name: 'a' }, {}], byName: { k: {} }, inner: { name: 'a', inner: {} } }),
    ['inners.2.member.name', 'byName.k.member.name', 'inner.inner.name'],
  );
  assert.deepEqual(missing({ id: 'x' }), []);
});
