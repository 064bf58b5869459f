import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Denial } from './authorize.ts';
import { createDenials } from './denials.ts';

const denial = (requestId: string, account: string) =>
  ({ requestId, question: { principal: { kind: 'root', account, arn: '' }, resourceAccount: account } }) as Denial;

test('the oldest of an account go first, and those of other accounts stay', () => {
  const denials = createDenials();
  denials.add(denial('other', '444455556666'));
  for (let n = 0; n <= 500; n++) denials.add(denial(`r${n}`, '111122223333'));
  assert.equal(denials.find('r0'), undefined);
  assert.equal(denials.find('r1')?.requestId, 'r1');
  assert.equal(denials.find('other')?.requestId, 'other');
});

test('all together they are bounded', () => {
  const denials = createDenials();
  for (let n = 0; n <= 5_000; n++) denials.add(denial(`r${n}`, String(n)));
  assert.equal(denials.find('r0'), undefined);
  assert.equal(denials.find('r5000')?.requestId, 'r5000');
});
