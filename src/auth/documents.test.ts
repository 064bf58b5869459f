import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyKinds } from '#policy/document.ts';
import { find } from '#policy/policy.ts';
import { policyOf } from './documents.ts';

const document = (n: number, pad = 0) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Sid: `S${n}`,
      Effect: 'Allow',
      Action: 'ecs:*',
      Resource: `arn:aws:ecs:*:*:cluster/${'x'.repeat(pad)}`,
    },
  });

test('a document is compiled once, per kind', () => {
  assert.equal(policyOf(document(1), 'identity'), policyOf(document(1), 'identity'));
  assert.notEqual(policyOf(document(1), 'identity'), policyOf(document(1), 'session'));
  assert.notEqual(policyOf(document(1), 'identity'), policyOf(document(2), 'identity'));
});

test('what is kept is bounded: the first go', () => {
  const first = policyOf(document(3), 'identity');
  for (let n = 0; n < 300; n++) policyOf(document(n, 16_000), 'identity');
  const again = policyOf(document(3), 'identity');
  assert.notEqual(again, first);
  assert.deepEqual(again.statements[0]!.sid, 'S3');
});

test('what cannot be read denies everything', () => {
  const principal = { kind: 'root', account: '111122223333', arn: 'arn:aws:iam::111122223333:root' } as const;
  for (const kind of policyKinds) {
    const policy = policyOf('{"Statement":', kind);
    const action = kind === 'trust' ? 'sts:assumerole' : 'ecs:runtask';
    assert.ok(find(policy.denies, { principal, action, resource: '*', context: new Map() }), kind);
    assert.equal(policy.allows.others.length + policy.allows.byAction.size + policy.allows.byService.size, 0);
  }
});
