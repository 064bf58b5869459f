import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseToStop, type HostOf, type PlacedTask } from './choose-to-stop.ts';
import { defaultStrategies, type Strategy } from './request.ts';

const task = (id: string, instance: string, zone = 'a', createdAt = 0): PlacedTask => ({
  arn: id,
  containerInstanceArn: instance,
  availabilityZone: zone,
  createdAt,
  reservation: { cpuUnits: 10, memoryMiB: 10, ports: [], gpuCount: 0 },
});
const unknown: HostOf = () => undefined;
const host =
  (free: Record<string, number>, rack: Record<string, string> = {}): HostOf =>
  (arn) => ({
    attributes: new Map(rack[arn] ? [['rack', rack[arn]]] : []),
    free: { cpuUnits: free[arn] ?? 0, memoryMiB: free[arn] ?? 0 },
  });
const ids = (tasks: readonly PlacedTask[]) => tasks.map(({ arn }) => arn);

test('the default gives up from the fullest zone, then from the fullest instance, the newest first', () => {
  const tasks = [task('1', 'i1', 'a', 1), task('2', 'i1', 'a', 2), task('3', 'i2', 'a', 3), task('4', 'i3', 'b', 4)];
  assert.deepEqual(ids(chooseToStop(tasks, defaultStrategies, unknown, 2)), ['2', '3']);
});

test('binpack empties the emptiest instance', () => {
  const tasks = [task('1', 'full'), task('2', 'empty', 'a', 1), task('3', 'empty', 'a', 2), task('4', 'full')];
  const strategies: Strategy[] = [{ type: 'binpack', field: 'memory' }];
  assert.deepEqual(ids(chooseToStop(tasks, strategies, host({ full: 5, empty: 50 }), 2)), ['3', '2']);
});

test('a spread over an attribute keeps its values even', () => {
  const tasks = [task('1', 'i1'), task('2', 'i2'), task('3', 'i3')];
  const racks = { i1: 'r1', i2: 'r2', i3: 'r2' };
  const [first] = chooseToStop(tasks, [{ type: 'spread', field: 'rack' }], host({}, racks), 1);
  assert.equal(racks[first!.containerInstanceArn as keyof typeof racks], 'r2');
});

test('property: what stays is spread over zones within one, or as even as it was before', () => {
  const placed = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(3)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(placed, fc.nat(40), (list, most) => {
      const tasks = list.map(([zone, n], at) => task(String(at), `${zone}${n}`, zone, at));
      const stopped = new Set(chooseToStop(tasks, defaultStrategies, unknown, most));
      assert.equal(stopped.size, Math.min(most, tasks.length));
      const before = Object.values(Object.groupBy(tasks, (each) => each.availabilityZone!)).map((each) => each!.length);
      const zones = Object.keys(Object.groupBy(tasks, (each) => each.availabilityZone!));
      const left = zones.map(
        (zone) => tasks.filter((each) => each.availabilityZone === zone && !stopped.has(each)).length,
      );
      const reduced = left.filter((count, at) => count < before[at]!);
      assert.ok(reduced.length === 0 || Math.max(...left) - Math.min(...reduced) <= 1);
    }),
  );
});
