import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileFilterPattern, PatternSyntaxError } from './filter-pattern.ts';

const json = JSON.stringify({
  eventType: 'UpdateTrail',
  sourceIPAddress: '111.111.111.111',
  arrayKey: ['value', 'another value'],
  objectList: [
    { name: 'a', id: 1 },
    { name: 'b', id: 2 },
  ],
  SomeObject: null,
  flag: true,
  off: false,
  latency: 12.5,
  tiny: 0.001,
  'dotted.key': 'x',
  nested: { deep: { name: 'hello world' } },
});
const access = '127.0.0.1 - bob [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

const cases: readonly (readonly [pattern: string, message: string, matches: boolean])[] = [
  ['', 'anything', true],
  ['ERROR', '[ERROR 400] BAD REQUEST', true],
  ['ERROR', 'Exiting with ERRORCODE: -1', true],
  ['error', '[ERROR 400]', false],
  ['ERROR ARGUMENTS', '[ERROR 419] MISSING ARGUMENTS', true],
  ['ERROR ARGUMENTS', '[ERROR 400] BAD REQUEST', false],
  ['"INTERNAL SERVER ERROR"', '[ERROR 500] INTERNAL SERVER ERROR', true],
  ['"INTERNAL SERVER ERROR"', 'INTERNAL ERROR SERVER', false],
  ['?ERROR ?WARN', 'a WARN', true],
  ['?ERROR ?WARN', 'an INFO', false],
  ['ERROR ?WARN', 'WARN', false],
  ['ERROR -ARGUMENTS', 'ERROR 400', true],
  ['ERROR -ARGUMENTS', 'ERROR ARGUMENTS', false],
  ['-"not this"', 'it is not this', false],
  ['%AUTHORIZED%', '[ERROR 401] UNAUTHORIZED REQUEST', true],
  ['%^[45]\\d{2} %', '404 not found', true],
  ['%^[45]\\d{2} %', 'got 404 not found', false],
  ['%colou?r$%', 'my color', true],
  ['%gray|grey%', 'so grey', true],
  ['%10\\.10\\.0\\.1%', '10a10.0.1', false],
  ['{ $.eventType = "UpdateTrail" }', json, true],
  ['{ $.eventType = "Update*" }', json, true],
  ['{ $.eventType != "Update*" }', json, false],
  ['{ $.eventType = UpdateTrail }', json, true],
  ['{ $.eventType = %Trail$% }', json, true],
  ['{ $.sourceIPAddress != 123.123.* }', json, true],
  ['{ $.sourceIPAddress = 111.111.* }', json, true],
  ['{ $.arrayKey[0] = "value" }', json, true],
  ['{ $.arrayKey[*] = "another value" }', json, true],
  ['{ $.objectList[1].id = 2 }', json, true],
  ['{ $.objectList[*].id > 2 }', json, false],
  ['{ $.SomeObject IS NULL }', json, true],
  ['{ $.SomeOtherObject NOT EXISTS }', json, true],
  ['{ $.eventType NOT EXISTS }', json, false],
  ['{ $.flag IS TRUE }', json, true],
  ['{ $.off IS FALSE }', json, true],
  ['{ $.off IS TRUE }', json, false],
  ['{ $.latency >= 12.5 && $.latency < 13 }', json, true],
  ['{ $.tiny = 1e-3 }', json, true],
  ['{ $[\'dotted.key\'] = "x" }', json, true],
  ['{ $.nested.deep.name = "hello world" }', json, true],
  ['{ ($.eventType = "no") || ($.flag IS TRUE && $.latency > 12) }', json, true],
  ['{ $.eventType = "no" || $.flag IS TRUE && $.latency > 13 }', json, false],
  ['{ $.eventType = "UpdateTrail" }', 'not json', false],
  ['{ $.missing != "x" }', json, false],
  ['[ip, id, user, timestamp, request, status_code, size]', access, true],
  ['[ip, id, user, timestamp, request, status_code]', access, false],
  ['[ip, id, user, timestamp, request = *html*, status_code = 4*, bytes]', access, true],
  ['[..., status_code = 4*, bytes > 1000]', access, true],
  ['[..., status_code = 4*, bytes > 2000]', access, false],
  ['[ip, ..., request = "GET*", status != 404 && status != 410, size]', access, false],
  ['[w1=ERROR || w1=WARN, w2]', 'WARN disk', true],
  ['[w1!=ERROR&&w1!=%WARN|INFO%, w2]', 'DEBUG disk', true],
  ['[w1!=ERROR&&w1!=%WARN|INFO%, w2]', 'INFO disk', false],
];

for (const [pattern, message, matches] of cases) {
  test(`${pattern || '(empty)'} ${matches ? 'matches' : 'does not match'} ${message.slice(0, 40)}`, () => {
    assert.equal(compileFilterPattern(pattern)(message), matches);
  });
}

for (const pattern of [
  '{',
  '{ $.a }',
  '{ $.a = }',
  '{ $.a = "x }',
  '{ $.a = "x" } more',
  '{ a = 1 }',
  '[a, b',
  '[a = ]',
  '[..., a, ...]',
  '%abc',
  '%(a)%',
  '%a**%',
  '%a{2%',
  '"open',
  '?',
]) {
  test(`${pattern} is refused`, () => {
    assert.throws(() => compileFilterPattern(pattern), PatternSyntaxError);
  });
}

test('property: any text compiles or is refused, and what compiles runs', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '$.a',
    '=',
    '!=',
    '"',
    'x',
    '*',
    '%',
    '&&',
    '||',
    '(',
    ')',
    ' ',
    '1',
    '...',
    ',',
    '\\',
    '?',
    '-',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.string(), (pieces, message) => {
      let matches: (message: string) => boolean;
      try {
        matches = compileFilterPattern(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof PatternSyntaxError);
        return;
      }
      assert.equal(typeof matches(message), 'boolean');
    }),
  );
});

test('property: regular expressions agree with the engine of the language', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '1');
  const quantifier = fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '{0,}');
  const branch = fc.array(
    fc.tuple(atom, quantifier).map((pair) => pair.join('')),
    { minLength: 1, maxLength: 4 },
  );
  const source = fc
    .array(
      fc.tuple(
        fc.constantFrom('', '^'),
        branch.map((parts) => parts.join('')),
        fc.constantFrom('', '$'),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((branches) => branches.map((parts) => parts.join('')).join('|'));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '2'), maxLength: 8 });
  fc.assert(
    fc.property(source, text, (pattern, message) => {
      assert.equal(compileFilterPattern(`%${pattern}%`)(message), new RegExp(pattern, 's').test(message));
    }),
  );
});

test('a hostile expression takes no longer than pattern times text', () => {
  const matches = compileFilterPattern(`%${'a*'.repeat(60)}b%`);
  assert.equal(matches('a'.repeat(20_000)), false);
});
