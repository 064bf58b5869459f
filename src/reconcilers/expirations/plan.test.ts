import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ParameterPolicy, ParameterRow } from '#model/ssm.ts';
import { planParameter } from './plan.ts';

const policy = (type: ParameterPolicy['type'], dueAt: number, finishedAt?: number): ParameterPolicy => ({
  text: '{}',
  type,
  dueAt,
  ...(finishedAt !== undefined && { finishedAt }),
});
const parameter = (...policies: ParameterPolicy[]): ParameterRow => ({
  account: '123456789012',
  region: 'us-east-1',
  key: '123456789012/us-east-1/a',
  arn: 'arn:aws:ssm:us-east-1:123456789012:parameter/a',
  name: 'a',
  version: 1,
  policies,
  tags: {},
});

describe('a parameter', () => {
  test('waits for the first of its policies', () => {
    const row = parameter(policy('Expiration', 30), policy('ExpirationNotification', 20));
    assert.deepEqual(planParameter(row, 10), { kind: 'wait', untilMs: 20 });
  });
  test('is said to be due once, then waits on', () => {
    const row = parameter(policy('Expiration', 30), policy('ExpirationNotification', 20));
    const plan = planParameter(row, 25);
    assert.equal(plan.kind, 'finish');
    const next = plan.kind === 'finish' ? plan.row : row;
    assert.deepEqual(
      next.policies.map(({ finishedAt }) => finishedAt),
      [undefined, 25],
    );
    assert.deepEqual(planParameter(next, 25), { kind: 'wait', untilMs: 30 });
  });
  test('goes when it expires, whatever else is due', () => {
    const row = parameter(policy('Expiration', 30), policy('NoChangeNotification', 20));
    assert.deepEqual(planParameter(row, 30), { kind: 'delete' });
  });
  test('without open policies needs nothing', () => {
    assert.deepEqual(planParameter(parameter(), 5), { kind: 'nothing' });
    assert.deepEqual(planParameter(parameter(policy('NoChangeNotification', 3, 4)), 5), { kind: 'nothing' });
  });
});
