/** `slipway up` on real Docker as a user meets it, and what must hold when parts of it are killed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type Task,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  dockerMissing,
  makeDataDirectory,
  removeAll,
  type Slipway,
  slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const skip = dockerMissing();
const dataDir = makeDataDirectory();
const cluster = 'default';
let running: Slipway;

before(async () => {
  if (!skip) running = await startSlipway(dataDir);
});
after(async () => {
  await running?.stop('SIGKILL');
  removeAll(dataDir);
});

const docker = (...argv: string[]) => execFileSync('docker', argv, { encoding: 'utf8' }).trim();

async function helloTasks(desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING'): Promise<Task[]> {
  const { taskArns = [] } = await running.ecs.send(
    new ListTasksCommand({ cluster, serviceName: 'hello', desiredStatus }),
  );
  if (taskArns.length === 0) return [];
  return (await running.ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))).tasks ?? [];
}

/** The two tasks of hello, once both run and the service calls itself steady. */
function steadyTasks(): Promise<Task[]> {
  return until('hello is steady', 90_000, async () => {
    const { services } = await running.ecs.send(new DescribeServicesCommand({ cluster, services: ['hello'] }));
    const tasks = await helloTasks();
    const steady = services?.[0]?.deployments?.length === 1 && services[0].runningCount === 2;
    return steady && tasks.length === 2 && tasks.every((task) => task.lastStatus === 'RUNNING') ? tasks : undefined;
  });
}

const arnsOf = (tasks: readonly Task[]) => tasks.map((task) => task.taskArn!).sort();
const runtimeIdOf = (task: Task) => task.containers![0]!.runtimeId!;
const urlOf = (task: Task) => `http://127.0.0.1:${task.containers![0]!.networkBindings![0]!.hostPort}/`;

/** Containers of this installation that Docker runs: nothing else may. */
function runningContainers(): string[] {
  const lines = docker('ps', '--no-trunc', '--format', '{{.ID}} {{.Label "com.amazonaws.ecs.task-arn"}}').split('\n');
  return lines
    .filter((line) => line.includes(`:${running.credentials.account}:`))
    .map((line) => line.split(' ')[0]!)
    .sort();
}

async function describeTask(taskArn: string): Promise<Task> {
  const { tasks } = await running.ecs.send(new DescribeTasksCommand({ cluster, tasks: [taskArn] }));
  return tasks![0]!;
}

function agentPid(): number {
  const log = readFileSync(path.join(dataDir, 'logs/control-plane.log'), 'utf8');
  return Number([...log.matchAll(/agent started \{"pid":(\d+)\}/g)].at(-1)![1]);
}

test('the first start ends with two tasks that answer HTTP', { skip }, async () => {
  const urls = [...running.output().matchAll(/^ {4}(http:\S+\/)$/gm)].map((match) => match[1]!);
  assert.equal(urls.length, 2, running.output());
  for (const url of urls) {
    const page = await (await fetch(url)).text();
    assert.match(page, /Hello from Slipway/);
  }
  const tasks = await steadyTasks();
  assert.deepEqual(tasks.map(urlOf).sort(), urls.sort());
});

test('status lists them', { skip }, () => {
  const { stdout, status } = slipway(['status', '--data', dataDir]);
  assert.equal(status, 0);
  assert.match(stdout, /hello +ACTIVE +2 of 2 +hello:1/);
  assert.match(stdout, /connected/);
});

test('Ctrl-C leaves the containers running, and the next start has the same tasks', { skip }, async () => {
  const tasks = await steadyTasks();
  const containers = runningContainers();
  assert.equal(await running.stop('SIGINT'), 0);
  assert.deepEqual(runningContainers(), containers);
  for (const task of tasks) assert.equal((await fetch(urlOf(task))).status, 200);
  running = await startSlipway(dataDir);
  assert.deepEqual(arnsOf(await steadyTasks()), arnsOf(tasks));
  assert.deepEqual(runningContainers(), containers);
  assert.match(running.output(), /Sample service hello: as it was/);
});

test('kill -9 of a container: its task is STOPPED with 137, and the service replaces it', { skip }, async () => {
  const [victim, other] = await steadyTasks();
  process.kill(Number(docker('inspect', '--format', '{{.State.Pid}}', runtimeIdOf(victim!))), 'SIGKILL');
  const stopped = await until('the task is STOPPED', 20_000, async () => {
    const task = await describeTask(victim!.taskArn!);
    return task.lastStatus === 'STOPPED' && task;
  });
  assert.equal(stopped.stopCode, 'EssentialContainerExited');
  assert.equal(stopped.stoppedReason, 'Essential container in task exited');
  assert.equal(stopped.containers![0]!.exitCode, 137);
  const tasks = await steadyTasks();
  assert.ok(arnsOf(tasks).includes(other!.taskArn!), 'the other task was left alone');
  assert.ok(!arnsOf(tasks).includes(victim!.taskArn!));
  assert.equal((await fetch(urlOf(tasks.find((task) => task.taskArn !== other!.taskArn)!))).status, 200);
});

test('kill -9 of the agent: tasks go on, and it comes back and sees what happened meanwhile', { skip }, async () => {
  const tasks = await steadyTasks();
  const before = agentPid();
  process.kill(before, 'SIGKILL');
  // While nobody looks, one of the containers dies.
  docker('kill', '--signal', 'KILL', runtimeIdOf(tasks[0]!));
  assert.equal((await fetch(urlOf(tasks[1]!))).status, 200);
  await until('another agent runs', 20_000, () => agentPid() !== before);
  const stopped = await until('the dead task is reported', 30_000, async () => {
    const task = await describeTask(tasks[0]!.taskArn!);
    return task.lastStatus === 'STOPPED' && task;
  });
  assert.equal(stopped.containers![0]!.exitCode, 137);
  const now = await steadyTasks();
  assert.ok(arnsOf(now).includes(tasks[1]!.taskArn!), 'the living task was kept');
  assert.deepEqual(now.map(runtimeIdOf).sort(), runningContainers());
});

test('kill -9 of the control plane in a deployment: it converges, with nothing lost or doubled', { skip }, async () => {
  const old = await steadyTasks();
  const { taskDefinition } = await running.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'hello' }));
  const { family, networkMode, containerDefinitions } = taskDefinition!;
  const changed = [{ ...containerDefinitions![0]!, environment: [{ name: 'COLOUR', value: 'blue' }] }];
  const registered = await running.ecs.send(
    new RegisterTaskDefinitionCommand({ family, networkMode, containerDefinitions: changed }),
  );
  const taskDefinitionArn = registered.taskDefinition!.taskDefinitionArn!;
  await running.ecs.send(new UpdateServiceCommand({ cluster, service: 'hello', taskDefinition: taskDefinitionArn }));
  await until('the deployment has begun', 20_000, async () =>
    (await helloTasks()).some((task) => task.taskDefinitionArn === taskDefinitionArn),
  );
  await running.stop('SIGKILL');
  running = await startSlipway(dataDir);
  const now = await until('only the new revision runs', 90_000, async () => {
    const tasks = await steadyTasks();
    return tasks.every((task) => task.taskDefinitionArn === taskDefinitionArn) && tasks;
  });
  await until('Docker runs exactly these', 60_000, () => {
    const containers = runningContainers();
    return containers.length === 2 && now.every((task) => containers.includes(runtimeIdOf(task)));
  });
  for (const task of old) assert.equal((await describeTask(task.taskArn!)).lastStatus, 'STOPPED');
});

test('down --containers ends them too', { skip }, () => {
  const { status, stdout, stderr } = slipway(['down', '--containers', '--data', dataDir]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /2 containers? stopped and removed|\d+ containers stopped and removed/);
  assert.deepEqual(runningContainers(), []);
});

test('the start after that runs new tasks in their place', { skip }, async () => {
  running = await startSlipway(dataDir);
  const tasks = await steadyTasks();
  for (const task of tasks) assert.equal((await fetch(urlOf(task))).status, 200);
});

test('down --purge leaves nothing behind', { skip }, async () => {
  const { status, stderr } = slipway(['down', '--purge', '--yes', '--data', dataDir]);
  assert.equal(status, 0, stderr);
  const { existsSync } = await import('node:fs');
  assert.equal(existsSync(dataDir), false);
  assert.deepEqual(runningContainers(), []);
});
