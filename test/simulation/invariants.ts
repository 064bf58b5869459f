/** What must hold after every transaction of a simulation, whatever its faults. */
import assert from 'node:assert/strict';
import { portsOf } from '#model/host-ports.ts';
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { isProtected } from '#model/task-protection.ts';
import { changeOf } from '#store/store.ts';
import { containerInstances, services, tasks } from '#store/tables/ecs.ts';
import type { World } from './world.ts';

/** Shares of a desired count bind REPLICA services that roll; daemons are told by their instances, task sets by their own counts. */
const isRolling = (service: ServiceRow) =>
  service.schedulingStrategy === 'REPLICA' && service.deploymentController.type === 'ECS';

const isServing = (task: TaskRow) => task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING';

/** A serving task that its service's scheduler has just stopped; one whose instance was lost counts as stopped already. */
const isScaledIn = (before: TaskRow, after: TaskRow) =>
  isServing(before) &&
  after.desiredStatus === 'STOPPED' &&
  after.lastStatus !== 'STOPPED' &&
  after.stopCode === 'ServiceSchedulerInitiated';

/** Checked after every transaction. */
export function watchInvariants(world: World): void {
  const { store, clock } = world;
  const isLost = (instance: string | undefined) =>
    instance !== undefined && store.get(containerInstances, instance)?.lostAt !== undefined;
  store.subscribe('committed', ({ changes }) => {
    const instances = new Set<string>();
    const grown = new Set<string>();
    const shrunk = new Set<string>();
    for (const change of changes) {
      const moved = changeOf(tasks, change);
      if (moved?.after?.containerInstanceArn) instances.add(moved.after.containerInstanceArn);
      if (moved?.after?.serviceArn && !moved.before) grown.add(moved.after.serviceArn);
      if (!moved?.before || !moved.after || !isScaledIn(moved.before, moved.after)) continue;
      shrunk.add(moved.after.serviceArn!);
      if (store.get(services, moved.after.serviceArn!)?.status !== 'ACTIVE') continue;
      assert.ok(!isProtected(moved.before, clock.now()), 'the scheduler stopped a protected task');
    }
    for (const arn of instances) {
      const row = store.get(containerInstances, arn)!;
      const live = [...store.find(tasks, 'liveByContainerInstance', arn)];
      const sum = (pick: (task: TaskRow) => number) => live.reduce((total, task) => total + pick(task), 0);
      assert.ok(
        sum((task) => task.reservation.cpuUnits) <= row.registeredResources[0]!.integerValue!,
        'cpu over-committed',
      );
      assert.ok(
        sum((task) => task.reservation.memoryMiB) <= row.registeredResources[1]!.integerValue!,
        'memory over-committed',
      );
      const ports = live.flatMap((task) => portsOf(task).map((port) => `${port.protocol}/${port.hostPort}`));
      assert.equal(new Set(ports).size, ports.length, 'a host port was given twice');
    }
    for (const arn of grown) {
      const service = store.get(services, arn)!;
      if (!isRolling(service)) continue;
      const max = Math.floor((service.desiredCount * (service.deploymentConfiguration.maximumPercent ?? 200)) / 100);
      const present = [...store.find(tasks, 'liveByService', arn)].filter((task) => !isLost(task.containerInstanceArn));
      assert.ok(present.length <= max, 'more tasks than maximumPercent');
    }
    for (const arn of shrunk) {
      const service = store.get(services, arn)!;
      if (service.status !== 'ACTIVE' || !isRolling(service)) continue;
      const { minimumHealthyPercent = 100 } = service.deploymentConfiguration;
      const min = Math.ceil((service.desiredCount * minimumHealthyPercent) / 100);
      const serving = [...store.find(tasks, 'liveByService', arn)].filter(isServing).length;
      assert.ok(serving >= min, `${serving} tasks serve after a stop, minimumHealthyPercent asks for ${min}`);
    }
  });
}
