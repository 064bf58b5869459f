/** DAEMON services and task sets under faults. `SEED=17 node --test test/simulation/daemons.test.ts` repeats one history. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '#lib/random.ts';
import { computedDesiredCount } from '#model/task-set.ts';
import { CreateService } from '#services/ecs/operations/CreateService.ts';
import { CreateTaskSet } from '#services/ecs/operations/CreateTaskSet.ts';
import { DeleteService } from '#services/ecs/operations/DeleteService.ts';
import { DeleteTaskSet } from '#services/ecs/operations/DeleteTaskSet.ts';
import { RegisterTaskDefinition } from '#services/ecs/operations/RegisterTaskDefinition.ts';
import { StopTask } from '#services/ecs/operations/StopTask.ts';
import { UpdateService } from '#services/ecs/operations/UpdateService.ts';
import { UpdateServicePrimaryTaskSet } from '#services/ecs/operations/UpdateServicePrimaryTaskSet.ts';
import { UpdateTaskSet } from '#services/ecs/operations/UpdateTaskSet.ts';
import { changeOf } from '#store/store.ts';
import { services, taskSets, tasks } from '#store/tables/ecs.ts';
import { clusterName as cluster, createWorld, noFaults, type World } from './world.ts';

const seeds = process.env['SEED']
  ? [Number(process.env['SEED'])]
  : Array.from({ length: Number(process.env['SEEDS'] ?? 30) }, (_, i) => i + 1);

const daemons = ['logs', 'metrics'];
const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random.unit() * items.length)]!;

function define(world: World, family: string): void {
  const containerDefinitions = [{ name: 'app', image: 'app', cpu: 64, memory: 128 }];
  world.call(RegisterTaskDefinition, { family, containerDefinitions });
}

/** Whatever happens, an instance never has two tasks of a daemon. */
function watchDaemons(world: World): void {
  world.store.subscribe('committed', ({ changes }) => {
    for (const change of changes) {
      const moved = changeOf(tasks, change);
      if (!moved?.after?.serviceArn || moved.before) continue;
      const { serviceArn, containerInstanceArn } = moved.after;
      if (world.store.get(services, serviceArn)?.schedulingStrategy !== 'DAEMON') continue;
      const live = [...world.store.find(tasks, 'liveByContainerInstance', containerInstanceArn!)];
      assert.equal(live.filter((task) => task.serviceArn === serviceArn).length, 1, 'two on one instance');
    }
  });
}

const setsOf = (world: World) => {
  const service = world.service('sets');
  return service ? [...world.store.find(taskSets, 'byService', service.arn)] : [];
};

function disturb(world: World, instances: string[]): void {
  const { random } = world;
  const daemon = pick(random, daemons);
  const set = pick(
    random,
    setsOf(world).filter(({ status }) => status !== 'DRAINING'),
  );
  const actions: (() => void)[] = [
    () => world.call(UpdateService, { cluster, service: daemon, forceNewDeployment: true }),
    () => {
      define(world, daemon);
      world.call(UpdateService, { cluster, service: daemon, taskDefinition: daemon });
    },
    () => world.call(UpdateService, { cluster, service: 'sets', desiredCount: Math.floor(random.unit() * 6) }),
    () => {
      if (setsOf(world).length === 5) return;
      const scale = { value: Math.floor(random.unit() * 101), unit: 'PERCENT' as const };
      world.call(CreateTaskSet, { cluster, service: 'sets', taskDefinition: 'logs', scale });
    },
    () => {
      const scale = { value: Math.floor(random.unit() * 101), unit: 'PERCENT' as const };
      if (set) world.call(UpdateTaskSet, { cluster, service: 'sets', taskSet: set.arn, scale });
    },
    () => {
      if (set) world.call(DeleteTaskSet, { cluster, service: 'sets', taskSet: set.arn, force: true });
    },
    () => {
      if (set) world.call(UpdateServicePrimaryTaskSet, { cluster, service: 'sets', primaryTaskSet: set.id });
    },
    () => {
      const task = pick(random, world.liveTasks(world.service(pick(random, [...daemons, 'sets']))!));
      if (task) world.call(StopTask, { cluster, task: task.arn });
    },
    () => void (instances.length < 12 && instances.push(world.addInstance({ memoryMiB: 640 }).arn)),
    () => world.update(pick(random, instances), { agentConnected: random.unit() < 0.5 }),
    () => world.update(pick(random, instances), { status: random.unit() < 0.5 ? 'DRAINING' : 'ACTIVE' }),
    () => {
      world.faults = {
        ...noFaults,
        failToStart: random.unit() * 0.5,
        dieYoung: random.unit() * 0.5,
        duplicate: random.unit(),
      };
    },
  ];
  pick(random, actions)();
}

function assertDaemon(world: World, name: string, instances: readonly string[]): void {
  const service = world.service(name)!;
  const live = world.liveTasks(service);
  const state = `${name}: ${live.length} tasks, ${JSON.stringify(service.deployments)}`;
  assert.deepEqual(live.map((task) => task.containerInstanceArn as string).sort(), [...instances].sort(), state);
  assert.ok(
    live.every((task) => task.lastStatus === 'RUNNING' && task.deploymentId === service.deployments[0]!.id),
    state,
  );
  assert.deepEqual([service.desiredCount, service.deployments.length], [instances.length, 1], state);
  assert.equal(service.deployments[0]!.rolloutState, 'COMPLETED', state);
}

function assertSets(world: World): void {
  const service = world.service('sets')!;
  const live = world.liveTasks(service);
  let wanted = 0;
  for (const set of setsOf(world)) {
    const own = live.filter((task) => task.deploymentId === set.id);
    assert.equal(own.length, computedDesiredCount(set, service.desiredCount), JSON.stringify(set));
    assert.deepEqual([set.stabilityStatus, set.status === 'DRAINING'], ['STEADY_STATE', false]);
    wanted += own.length;
  }
  assert.equal(live.length, wanted, 'a task of no task set');
}

async function simulate(seed: number): Promise<void> {
  const world = await createWorld(seed);
  const { random, clock } = world;
  watchDaemons(world);
  const instances = Array.from({ length: 5 }, () => world.addInstance({ memoryMiB: 640 }).arn as string);
  for (const name of daemons) {
    define(world, name);
    const minimumHealthyPercent = pick(random, [0, 50, 75]);
    world.call(CreateService, {
      cluster,
      serviceName: name,
      taskDefinition: name,
      schedulingStrategy: 'DAEMON',
      deploymentConfiguration: { minimumHealthyPercent, maximumPercent: 100 },
    });
  }
  world.call(CreateService, {
    cluster,
    serviceName: 'sets',
    desiredCount: 3,
    deploymentController: { type: 'EXTERNAL' },
  });
  for (let n = 0; n < 40; n++) {
    disturb(world, instances);
    clock.advance(Math.floor(random.unit() * 20_000));
    if (random.unit() >= 0.1) continue;
    await world.restart();
    watchDaemons(world);
  }
  world.faults = { ...noFaults };
  for (const arn of instances) world.update(arn, { agentConnected: true, status: 'ACTIVE' });
  world.call(UpdateService, { cluster, service: 'sets', desiredCount: 2 });
  clock.advance(40 * 60_000);
  for (const name of daemons) assertDaemon(world, name, instances);
  assertSets(world);
  for (const name of [...daemons, 'sets']) world.call(DeleteService, { cluster, service: name, force: true });
  clock.advance(2 * 60_000);
  for (const name of [...daemons, 'sets']) assert.equal(world.service(name)?.status, 'INACTIVE');
  assert.deepEqual(setsOf(world), []);
  assert.deepEqual(world.errors, []);
  world.close();
}

for (const seed of seeds) test(`daemons and task sets converge, seed ${seed}`, () => simulate(seed));
