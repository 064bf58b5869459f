/** Services under faults. One seed is one history: `SEED=17 node --test test/simulation/services.test.ts` repeats it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import type { Random } from '#lib/random.ts';
import { CreateService } from '#services/ecs/operations/CreateService.ts';
import { DeleteService } from '#services/ecs/operations/DeleteService.ts';
import { RegisterTaskDefinition } from '#services/ecs/operations/RegisterTaskDefinition.ts';
import { RunTask } from '#services/ecs/operations/RunTask.ts';
import { StopServiceDeployment } from '#services/ecs/operations/StopServiceDeployment.ts';
import { StopTask } from '#services/ecs/operations/StopTask.ts';
import { UpdateService } from '#services/ecs/operations/UpdateService.ts';
import { UpdateTaskProtection } from '#services/ecs/operations/UpdateTaskProtection.ts';
import { serviceDeployments, tasks } from '#store/tables/ecs.ts';
import { clusterName as cluster, createWorld, noFaults, type World } from './world.ts';

const seeds = process.env['SEED']
  ? [Number(process.env['SEED'])]
  : Array.from({ length: Number(process.env['SEEDS'] ?? 60) }, (_, i) => i + 1);

const zones = ['us-east-1a', 'us-east-1b'];

function definition(family: string, random: Random): RegisterTaskDefinitionCommandInput {
  const hostPort = random.unit() < 0.2 ? 8080 : 0;
  return {
    family,
    containerDefinitions: [
      { name: 'app', image: 'app', cpu: 64, memory: 128, portMappings: [{ containerPort: 80, hostPort }] },
    ],
  };
}

const breakers = [
  { enable: false, rollback: false },
  { enable: true, rollback: false },
  { enable: true, rollback: true },
];

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random.unit() * items.length)]!;

/** One thing that a person or the world does. */
function disturb(world: World, names: readonly string[], instances: readonly string[]): void {
  const { random, clock } = world;
  const name = pick(random, names);
  const actions: (() => void)[] = [
    () => world.call(UpdateService, { cluster, service: name, desiredCount: Math.floor(random.unit() * 6) }),
    () => world.call(UpdateService, { cluster, service: name, forceNewDeployment: true }),
    () => {
      world.call(RegisterTaskDefinition, definition(name, random));
      world.call(UpdateService, { cluster, service: name, taskDefinition: name });
    },
    () => {
      const task = pick(random, world.liveTasks(world.service(name)!));
      if (task) world.call(StopTask, { cluster, task: task.arn });
    },
    () => {
      world.call(RunTask, { cluster, taskDefinition: name, count: 1 + Math.floor(random.unit() * 3) });
    },
    () => {
      const protect = world.liveTasks(world.service(name)!).filter(() => random.unit() < 0.5);
      if (protect.length === 0) return;
      world.call(UpdateTaskProtection, {
        cluster,
        tasks: protect.slice(0, 10).map((task) => task.arn),
        protectionEnabled: random.unit() < 0.9,
        expiresInMinutes: 1 + Math.floor(random.unit() * 10),
      });
    },
    () => world.update(pick(random, instances), { agentConnected: random.unit() < 0.5 }),
    () => world.update(pick(random, instances), { status: random.unit() < 0.5 ? 'DRAINING' : 'ACTIVE' }),
    () => {
      const silent = random.unit() < 0.3 ? random.unit() * 0.3 : 0;
      world.faults = {
        failToStart: random.unit() * 0.5,
        dieYoung: random.unit() * 0.5,
        duplicate: random.unit(),
        silent,
      };
    },
    () => {
      const { serviceDeploymentArn } = world.service(name)!;
      const stopType = random.unit() < 0.8 ? 'ROLLBACK' : 'ABORT';
      world.call(StopServiceDeployment, { serviceDeploymentArn, stopType });
    },
    () => clock.advance(60_000),
  ];
  try {
    pick(random, actions)();
  } catch (error) {
    // RunTask with every instance draining: refused in ECS's words, which is no fault of the world's.
    // A service deployment that is over, or has nothing to go back to, cannot be stopped.
    if (!/No Container Instances were found|The service deployment cannot be/.test(String(error))) throw error;
  }
}

function calm(world: World, instances: readonly string[]): void {
  world.faults = { ...noFaults };
  for (const arn of instances) world.update(arn, { agentConnected: true, status: 'ACTIVE' });
  const standalone = instances.flatMap((arn) => [...world.store.find(tasks, 'liveByContainerInstance', arn)]);
  for (const task of standalone) if (!task.serviceArn) world.call(StopTask, { cluster, task: task.arn });
}

function assertStable(world: World, names: readonly string[]): void {
  for (const name of names) {
    const service = world.service(name)!;
    const live = world.liveTasks(service);
    const state = `${name}: ${live.length} of ${service.desiredCount} tasks, ${JSON.stringify(service.deployments)}`;
    assert.equal(live.length, service.desiredCount, state);
    assert.ok(
      live.every((task) => task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING'),
      state,
    );
    assert.equal(service.deployments.length, 1, state);
    assert.equal(service.deployments[0]!.rolloutState, 'COMPLETED', state);
    const record = world.store.get(serviceDeployments, service.serviceDeploymentArn!)!;
    assert.equal(record.status, 'SUCCESSFUL', state);
    for (const one of world.store.find(serviceDeployments, 'byService', service.arn)) {
      assert.equal(one.finishedAt === undefined, false, `${one.arn} is ${one.status}`);
    }
    if (service.availabilityZoneRebalancing === 'ENABLED') {
      const perZone = zones.map((zone) => live.filter((task) => task.availabilityZone === zone).length);
      assert.ok(Math.max(...perZone) - Math.min(...perZone) <= 1, `${name} is not balanced: ${perZone}`);
    }
    assert.ok(
      live.every((task) => task.taskDefinitionArn === service.taskDefinitionArn),
      state,
    );
  }
}

async function simulate(seed: number): Promise<void> {
  const world = await createWorld(seed);
  const { random, clock } = world;
  const instances = Array.from(
    { length: 6 },
    (_, i) => world.addInstance({ zone: zones[i % 2]!, memoryMiB: 640 }).arn as string,
  );
  const names = ['one', 'two', 'three'];
  for (const name of names) {
    world.call(RegisterTaskDefinition, definition(name, random));
    const percents = pick(random, [
      { minimumHealthyPercent: 100, maximumPercent: 200 },
      { minimumHealthyPercent: 50, maximumPercent: 200 },
      { minimumHealthyPercent: 0, maximumPercent: 100 },
      { minimumHealthyPercent: 50, maximumPercent: 150 },
    ]);
    const desiredCount = 1 + Math.floor(random.unit() * 4);
    world.call(CreateService, {
      cluster,
      serviceName: name,
      taskDefinition: name,
      desiredCount,
      deploymentConfiguration: { ...percents, deploymentCircuitBreaker: pick(random, breakers) },
    });
  }
  for (let step = 0; step < 40; step++) {
    disturb(world, names, instances);
    clock.advance(Math.floor(random.unit() * 20_000));
    if (random.unit() < 0.1) await world.restart();
  }
  calm(world, instances);
  // A revision that needs no fixed port has room everywhere; the longest throttle is 16 minutes.
  for (const name of names) {
    world.call(RegisterTaskDefinition, { ...definition(name, { ...random, unit: () => 0.9 }) });
    world.call(UpdateService, { cluster, service: name, taskDefinition: name, desiredCount: 3 });
  }
  clock.advance(40 * 60_000);
  assertStable(world, names);
  for (const name of names) world.call(DeleteService, { cluster, service: name, force: true });
  clock.advance(60_000);
  for (const name of names) assert.equal(world.service(name)?.status, 'INACTIVE');
  assert.deepEqual(world.errors, []);
  clock.advance(3 * 3_600_000);
  for (const name of names) assert.equal(world.service(name), undefined);
  world.close();
}

for (const seed of seeds) test(`services converge, seed ${seed}`, () => simulate(seed));
