import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import type { RoleRow } from '#model/iam.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { revokedSessions, roles, roleUses } from '#store/tables/iam.ts';
import { createRoleUses } from './role-uses.ts';
import { revokeSession, startForgetting } from './sessions.ts';

const minute = 60_000;
const role: RoleRow = {
  arn: 'arn:aws:iam::111122223333:role/deploy',
  account: '111122223333',
  path: '/',
  name: 'deploy',
  id: 'AROAEXAMPLEEXAMPLE01',
  createdAt: 0,
  attachedPolicyArns: [],
  inlinePolicies: [],
  assumeRolePolicyDocument: '{}',
  maxSessionDurationSeconds: 3600,
  tags: {},
};
const open = () => Store.open({ journal: volatileJournal(), tables: allTables });

test('uses of roles are written together, now and then, and for roles that there are', async () => {
  const [store, clock] = [await open(), new FakeClock()];
  store.transact((tx) => tx.insert(roles, role));
  const uses = createRoleUses({ store, clock });
  const before = store.revision;
  for (let n = 0; n < 1_000; n++) uses.note(role.arn, 'us-east-1');
  uses.note('arn:aws:iam::111122223333:role/gone', 'us-east-1');
  const first = { roleArn: role.arn, lastUsedAt: clock.now(), region: 'us-east-1' };
  assert.deepEqual(uses.last(role.arn), first);
  assert.equal(store.revision, before);
  clock.advance(16 * minute);
  assert.equal(store.revision, before + 1);
  assert.deepEqual([...store.all(roleUses)], [first]);
  uses.note(role.arn, 'eu-west-1');
  uses.close();
  assert.equal(store.get(roleUses, role.arn)?.region, 'eu-west-1');
  uses.note(role.arn, 'us-west-2');
  assert.equal(uses.last(role.arn)?.region, 'eu-west-1');
});

test('revocations are forgotten when their sessions are dead anyhow', async () => {
  const [store, clock] = [await open(), new FakeClock()];
  store.transact((tx) => {
    revokeSession(tx, 'ASIAONE', clock.now() + 5 * minute);
    revokeSession(tx, 'ASIATWO', clock.now() + 60 * 24 * minute);
  });
  const end = startForgetting({ store, clock });
  clock.advance(24 * 60 * minute);
  const left = [...store.all(revokedSessions)].map((row) => row.accessKeyId);
  assert.deepEqual(left, ['ASIATWO']);
  clock.advance(24 * 60 * minute);
  assert.deepEqual([...store.all(revokedSessions)], []);
  end();
});
