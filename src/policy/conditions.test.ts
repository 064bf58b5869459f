// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileCondition } from './conditions.ts';
import { type ContextValue, contextOf } from './context.ts';

type Values = string | readonly string[];
/** Operator, values of the policy, value of the request (undefined: no such key), outcome. */
const cases: readonly [string, Values, ContextValue | undefined, boolean][] = [
  ['StringEquals', 'a', 'a', true],
  ['StringEquals', ['a', 'b'], 'b', true],
  ['StringEquals', 'a', 'A', false],
  ['StringEquals', 'a*', 'ab', false],
  ['StringEquals', 'a', undefined, false],
  ['StringEqualsIfExists', 'a', undefined, true],
  ['StringEqualsIfExists', 'a', 'b', false],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringNotEquals', ['a', 'b'], 'c', true],
  ['StringNotEquals', 'a', undefined, true],
  ['StringEqualsIgnoreCase', 'aB', 'Ab', true],
  ['StringNotEqualsIgnoreCase', 'aB', 'Ab', false],
  ['StringLike', 'a*?', 'ab', true],
  ['StringLike', 'a*?', 'a', false],
  ['StringLike', 'A*', 'ab', false],
  ['StringNotLike', ['a*', 'b*'], 'bc', false],
  ['StringNotLike', ['a*', 'b*'], 'c', true],
  ['stringequals', 'a', 'a', true],
  ['NumericEquals', '10', '10.0', true],
  ['NumericNotEquals', '10', '11', true],
  ['NumericLessThan', '10', '9', true],
  ['NumericLessThan', '10', '10', false],
  ['NumericLessThanEquals', '10', '10', true],
  ['NumericGreaterThan', '1', '1.5', true],
  ['NumericGreaterThanEquals', '256', '255', false],
  ['NumericLessThan', '10', 'few', false],
  ['NumericLessThan', '10', undefined, false],
  ['DateEquals', '2026-01-01T00:00:00Z', '2026-01-01', true],
  ['DateNotEquals', '2026-01-01', '2026-01-02', true],
  ['DateLessThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z', true],
  ['DateGreaterThan', '1767225600', '2026-01-01T00:00:01Z', true],
  ['DateGreaterThanEquals', '2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00Z', true],
  ['DateLessThanEquals', '2026-01-01', '1767225601', false],
  ['Bool', 'true', 'TRUE', true],
  ['Bool', 'true', 'false', false],
  ['Bool', 'false', undefined, false],
  ['BoolIfExists', 'false', undefined, true],
  ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ5', true],
  ['BinaryEquals', 'QQ==', 'QQ', true],
  ['IpAddress', '203.0.113.0/24', '203.0.113.255', true],
  ['IpAddress', '203.0.113.0/24', '203.0.114.0', false],
  ['IpAddress', '203.0.113.7', '203.0.113.7', true],
  ['IpAddress', '0.0.0.0/0', '198.51.100.1', true],
  ['IpAddress', '0.0.0.0/0', '2001:db8::1', false],
  ['IpAddress', '2001:db8:1234:5678::/64', '2001:db8:1234:5678:9::', true],
  ['IpAddress', '2001:DB8::/32', '2001:db9::1', false],
  ['IpAddress', '::/0', '::1', true],
  ['IpAddress', '192.0.2.0/24', '::ffff:192.0.2.9', true],
  ['IpAddress', '192.0.2.0/33', '192.0.2.0', false],
  ['NotIpAddress', ['10.0.0.0/8', '192.0.2.0/24'], '192.0.2.1', false],
  ['NotIpAddress', '10.0.0.0/8', undefined, true],
  ['ArnLike', 'arn:aws:ecs:*:1:cluster/*', 'arn:aws:ecs:us-east-1:1:cluster/a:b', true],
  ['ArnEquals', 'arn:aws:ecs:*:1:cluster/*', 'arn:aws:ecs:us-east-1:1:cluster/a', true],
  ['ArnLike', 'arn:aws:ecs:*:cluster/*', 'arn:aws:ecs:us-east-1:1:cluster/a', false],
  ['ArnLike', '*', 'arn:aws:ecs:us-east-1:1:cluster/a', true],
  ['ArnNotLike', 'arn:aws:ecs:*:1:cluster/*', 'arn:aws:ecs:us-east-1:2:cluster/a', true],
  ['ArnNotEquals', 'arn:aws:ecs:*:1:cluster/*', undefined, true],
  ['Null', 'true', undefined, true],
  ['Null', 'true', 'x', false],
  ['Null', 'false', 'x', true],
  ['Null', 'false', [], false],
  ['Null', ['true', 'false'], 'x', true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
  ['ForAllValues:StringEquals', ['a', 'b'], [], true],
  ['ForAllValues:StringEquals', ['a', 'b'], undefined, true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'b'], true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c'], false],
  ['ForAnyValue:StringEquals', ['a'], [], false],
  ['ForAnyValue:StringEquals', ['a'], undefined, false],
  ['ForAnyValue:StringEqualsIfExists', ['a'], undefined, true],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'd'], true],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'a'], false],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], ['c', 'a'], true],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], ['b', 'a'], false],
  ['ForAnyValue:StringNotEquals', ['a'], undefined, false],
  ['ForAllValues:StringLike', 'key*', 'key1', true],
  ['StringEquals', 'a', ['b', 'a'], true],
  ['StringNotEquals', 'a', ['b', 'a'], false],
  ['StringEquals', [], 'a', false],
  ['StringNotEquals', [], 'a', true],
  ['StringEquals', '${aws:username}', 'anna', true],
  ['StringLike', '${aws:username}-*', 'anna-1', true],
  ['StringLike', '${t:star}', 'anything', false],
  ['StringEquals', '${t:star}', '*', true],
  ['StringEquals', "${aws:PrincipalTag/team, 'company-wide'}", 'company-wide', true],
  ['StringEquals', '${aws:PrincipalTag/team}', '', false],
  ['StringEquals', '${t:list}', 'x', false],
  ['StringLike', '${*}${?}${$}', '*?$', true],
  ['StringLike', '${*}', 'a', false],
  ['ArnLike', 'arn:aws:iam::1:user/${aws:UserName}', 'arn:aws:iam::1:user/anna', true],
  ['NumericEquals', '${t:one}', '1', false],
];

describe('conditions', () => {
  for (const [operator, texts, value, expected] of cases) {
    it(`${operator} ${JSON.stringify(texts)} with ${JSON.stringify(value)}: ${expected}`, () => {
      const context = contextOf({
        'aws:username': 'anna',
        't:star': '*',
        't:one': '1',
        't:list': ['x'],
        'Test:Key': value,
      });
      const list = typeof texts === 'string' ? [texts] : texts;
      assert.equal(compileCondition(operator, 'tEST:kEY', list, true).holds(context), expected);
    });
  }

  it('knows no variables without version 2012-10-17', () => {
    const condition = compileCondition('StringEquals', 'k', ['${aws:username}'], false);
    assert.equal(condition.holds(contextOf({ k: 'anna', 'aws:username': 'anna' })), false);
    assert.equal(condition.holds(contextOf({ k: '${aws:username}' })), true);
  });
});
