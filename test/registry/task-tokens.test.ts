/** A token that a task or an instance has got for the registry ends with it, though the registry process does not follow their rows. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { issueRegistryToken } from '#auth/registry-token.ts';
import { createSessions } from '#auth/sessions.ts';
import { createTaskRoles, taskService } from '#auth/task-roles.ts';
import { systemClock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { tasks } from '#store/tables/ecs.ts';
import { testRegion } from '../support/control-plane.ts';
import { allow, makeRole, trusting } from '../support/identities.ts';
import { putTask } from '../support/task-rows.ts';
import { basic, startTestRegistry, type TestRegistry } from './client.ts';

let registry: TestRegistry;

before(async () => {
  registry = await startTestRegistry();
});
after(() => registry.close());

it('a task\u2019s token is good until the task has stopped', async () => {
  const { store, vault, account } = registry;
  const roleArn = makeRole(registry, 'puller', trusting({ Service: taskService }), [allow('ecr:*')]);
  const task = putTask(store, { lastStatus: 'RUNNING', account });
  const sessions = createSessions({ vault, view: store, random: systemRandom });
  const made = createTaskRoles({ view: store, sessions, vault, clock: systemClock });
  const credentials = made.assume(task, roleArn, 'TaskApplication');
  if ('refused' in credentials) assert.fail(credentials.refused);
  const { principal } = sessions.open(credentials.accessKeyId, credentials.sessionToken)!;
  const scope = { account, region: testRegion };
  const { token } = issueRegistryToken({ vault }, principal, scope, systemClock.now());
  await store.settled(store.revision);

  const byPassword = registry.clientAs(basic('AWS', token));
  const fetched = (await byPassword('GET', '/v2/token')).json().token;
  const clients = [byPassword, registry.clientAs(`Bearer ${fetched}`)];
  for (const client of clients) assert.equal((await client('GET', '/v2/')).status, 200);
  store.transact((tx) => tx.update(tasks, task.arn, (row) => ({ ...row, lastStatus: 'STOPPED' as const })));
  const deadline = Date.now() + 15_000;
  for (const client of clients) {
    while ((await client('GET', '/v2/')).status !== 401) {
      assert.ok(Date.now() < deadline, 'the token outlives its task');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
});
