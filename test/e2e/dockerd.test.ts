/** kill -9 of dockerd under running tasks. The dockerd is the test's own; the machine's is never touched. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DescribeServicesCommand, DescribeTasksCommand, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { type OwnDockerd, ownDockerdMissing, startOwnDockerd } from '../support/own-dockerd.ts';
import {
  dockerMissing,
  makeDataDirectory,
  removeAll,
  type Slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const skip = dockerMissing() || ownDockerdMissing();
const dataDir = makeDataDirectory();
const cluster = 'default';
let dockerd: OwnDockerd | undefined;
let running: Slipway;
let env: NodeJS.ProcessEnv;

before(async () => {
  if (skip) return;
  dockerd = await startOwnDockerd();
  env = { ...process.env, DOCKER_HOST: dockerd.host };
  running = await startSlipway(dataDir, [], env);
});
after(async () => {
  await running?.stop('SIGKILL');
  if (dockerd) {
    removeAll(dataDir, env);
    await dockerd.remove();
  }
});

async function tasksOf(desiredStatus: 'RUNNING' | 'STOPPED'): Promise<Task[]> {
  const { taskArns = [] } = await running.ecs.send(
    new ListTasksCommand({ cluster, serviceName: 'hello', desiredStatus }),
  );
  if (taskArns.length === 0) return [];
  return (await running.ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))).tasks ?? [];
}

test('kill -9 of dockerd: tasks are reported stopped when it is back, and replaced', { skip }, async () => {
  const before = await tasksOf('RUNNING');
  assert.equal(before.length, 2);
  await dockerd!.kill9();
  // The control plane goes on answering, and nothing is declared dead on a guess.
  const during = await tasksOf('RUNNING');
  assert.deepEqual(
    during.map((task) => task.lastStatus),
    ['RUNNING', 'RUNNING'],
  );
  await dockerd!.start();
  const after = await until('two new tasks run', 90_000, async () => {
    const tasks = await tasksOf('RUNNING');
    const fresh = tasks.filter((task) => !before.some((old) => old.taskArn === task.taskArn));
    return tasks.length === 2 && fresh.length === 2 && fresh.every((task) => task.lastStatus === 'RUNNING') && fresh;
  });
  const { tasks: stopped } = await running.ecs.send(
    new DescribeTasksCommand({ cluster, tasks: before.map((task) => task.taskArn!) }),
  );
  for (const task of stopped!) {
    assert.equal(task.lastStatus, 'STOPPED');
    assert.equal(task.stopCode, 'EssentialContainerExited');
    assert.ok(task.containers![0]!.exitCode !== undefined || task.containers![0]!.reason, 'an exit code or a reason');
  }
  for (const task of after) {
    const port = task.containers![0]!.networkBindings![0]!.hostPort;
    await until('the new task answers', 10_000, async () => (await fetch(`http://127.0.0.1:${port}/`)).ok);
  }
  const { services } = await running.ecs.send(new DescribeServicesCommand({ cluster, services: ['hello'] }));
  assert.equal(services![0]!.runningCount, 2);
});
