/** `slipway why`, `place` and `history` as a user runs them, against a control plane in this process. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { lastSegment } from '#model/arn.ts';
import { serviceEvents, services, tasks } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane, testRegion } from '../../support/control-plane.ts';
import { registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, startQuickAgents, until } from '../../support/quick-agents.ts';
import { launcher } from '../../support/slipway-process.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;
let instance: string;

/** Asynchronous, because the control plane that answers lives here. */
function slipway(...argv: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(launcher, [...argv, '--data', plane.dataDir], { encoding: 'utf8' }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
async function good(...argv: string[]): Promise<string> {
  const { status, stdout, stderr } = await slipway(...argv);
  assert.equal(status, 0, stderr);
  return stdout;
}

before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  agents.onBirth = (image) =>
    image === 'bad' ? { status: 'STOPPED', reason: 'CannotPullContainerError: no such image' } : { status: 'RUNNING' };
  const { accessKeyId, secretAccessKey, account } = plane.administrator;
  const credentials = { accessKeyId, secretAccessKey, account, region: testRegion, endpoint: plane.endpoint };
  await writeFile(join(plane.dataDir, 'credentials.json'), JSON.stringify(credentials));
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  const { containerInstanceArn } = await registerInstance(ecs);
  connect(plane.store, containerInstanceArn!);
  instance = lastSegment(containerInstanceArn!);
  for (const [family, image, memory] of [
    ['web', 'good', 512],
    ['broken', 'bad', 16],
    ['huge', 'good', 9000],
  ] as const) {
    const containerDefinitions = [{ name: 'app', image, cpu: 16, memory }];
    await ecs.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions }));
  }
  for (const [serviceName, desiredCount] of [
    ['web', 2],
    ['broken', 1],
    ['huge', 1],
  ] as const) {
    await ecs.send(new CreateServiceCommand({ serviceName, taskDefinition: serviceName, desiredCount }));
  }
  const rows = [...plane.store.all(services)];
  await until(() => rows.every(({ arn }) => plane.store.count(serviceEvents, 'byService', arn) > 0));
  await until(() => [...plane.store.all(tasks)].some((task) => task.lastStatus === 'STOPPED'));
  await until(() => [...plane.store.all(tasks)].filter((task) => task.lastStatus === 'RUNNING').length === 2);
  await plane.store.durable();
});
after(async () => {
  agents.close();
  await plane.close();
});

test('why: what keeps the tasks of a service from being placed, in numbers', async () => {
  const text = await good('why', 'huge');
  assert.match(text, /^Service huge in default, ACTIVE$/m);
  assert.match(text, /^Tasks: 0 of 1 running, 1 not there yet\.$/m);
  assert.match(text, /^No instance takes the task\. Of 1 instance, these stand against it: RESOURCE:MEMORY \(1\)\.$/m);
  assert.match(text, new RegExp(`^${instance} .* needs 9000 MiB of memory, has \\d+ of 4096 left$`, 'm'));
  assert.match(text, /was unable to place a task/);
  const json = JSON.parse(await good('why', 'huge', '--json'));
  assert.equal(json.service.serviceName, 'huge');
  assert.equal(json.instances[0].reasons[0].needed, 9000);
});

test('why: a healthy service, and a task definition by name, revision and ARN', async () => {
  assert.match(await good('why', 'web'), /^Tasks: 2 of 2 running\.$/m);
  for (const name of ['web:1', `arn:aws:ecs:${testRegion}:${plane.account}:task-definition/web:1`]) {
    const text = await good('why', name);
    assert.match(text, /^The task can be placed\.$/m);
    assert.match(text, new RegExp(`^1 +${instance} `, 'm'));
  }
});

test('place --dry-run: who takes which task; exit code 2 when not all fit; nothing is started', async () => {
  const count = [...plane.store.all(tasks)].filter(({ group }) => group === 'family:web').length;
  assert.match(await good('place', 'web', '--dry-run', '--count', '3'), new RegExp(`^1-3 +${instance} `, 'm'));
  const tooMany = await slipway('place', 'web', '--dry-run', '--count', '50', '--strategy', 'binpack=memory');
  assert.equal(tooMany.status, 2);
  assert.match(tooMany.stdout, /^\d of 50 tasks can be placed\./m);
  assert.match(tooMany.stdout, /^Strategy: binpack MEMORY\.$/m);
  const elsewhere = ['--constraint', 'memberOf=attribute:stack == prod', '--constraint', 'distinctInstance'];
  const refused = await slipway('place', 'web', '--dry-run', ...elsewhere, '--json');
  assert.equal(refused.status, 2);
  assert.equal(JSON.parse(refused.stdout).instances[0].reasons[0].reason, 'MEMBEROF');
  assert.equal([...plane.store.all(tasks)].filter(({ group }) => group === 'family:web').length, count);
});

test('history: of a service with its tasks, of a task with why it stopped', async () => {
  const text = await good('history', 'broken');
  assert.match(text, / {2}created$/m);
  assert.match(text, /has started 1 tasks/);
  assert.match(text, /TaskFailedToStart: CannotPullContainerError: no such image$/m);
  const failed = [...plane.store.all(tasks)].find((task) => task.lastStatus === 'STOPPED')!;
  const task = await good('history', lastSegment(failed.arn));
  assert.match(task, /lastStatus STOPPED.*stopCode TaskFailedToStart/);
  assert.match(task, /app: .*reason CannotPullContainerError/);
  const json = JSON.parse(await good('history', failed.arn, '--json', '--limit', '1'));
  assert.equal(json.entries.length, 1);
  assert.equal(json.entries[0].changes.lastStatus, 'STOPPED');
});

test('what is wrong is said in a sentence, with exit code 1', async (t) => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [['why', 'nobody'], /has no service and no active task definition nobody/],
    [['why', 'web:7'], /has no active task definition web:7/],
    [['why', 'web', '--cluster', 'no'], /ClusterNotFoundException: There is no cluster no/],
    [['why', 'web', '--instances', '0'], /--instances must be a whole number/],
    [['why'], /missing required argument/],
    [['place', 'web'], /only --dry-run is offered/],
    [['place', 'web', '--dry-run', '--count', 'x'], /--count must be a whole number/],
    [['place', 'web', '--dry-run', '--constraint', 'here'], /--constraint must be distinctInstance or memberOf/],
    [
      ['place', 'web', '--dry-run', '--strategy', 'binpack=disk'],
      /InvalidParameterException: Invalid field for binpack/,
    ],
    [['place', 'nothing', '--dry-run'], /no active task definition nothing/],
    [['history', 'nobody'], /never had a service nobody/],
    [['history', 'f'.repeat(32)], /never had a task f+/],
  ];
  await Promise.all(
    cases.map(([argv, expected]) =>
      t.test(argv.join(' '), async () => {
        const { status, stderr } = await slipway(...argv);
        assert.equal(status, 1);
        assert.match(stderr, expected);
        assert.ok(!stderr.includes('    at '), stderr);
      }),
    ),
  );
});
