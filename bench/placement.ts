/**
 * The placement room alone: 1,000,000 tasks of 1,000 services on 10,000 instances of mixed sizes in three zones, with
 * spread(zone) + binpack(memory); then a mix with the default strategy, memberOf, distinctInstance and fixed ports.
 * A sample of the first is checked against the general engine, which reads every instance for each request.
 *
 *   node bench/placement.ts [--tasks 1000000] [--instances 10000]
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '#lib/random.ts';
import type { TaskReservation } from '#model/rows.ts';
import { Fleet, type FleetRequest } from '#placement/fleet/fleet.ts';
import { defaultStrategies, type Strategy } from '#placement/request.ts';
import { printTable } from './figures.ts';

const { values } = parseArgs({
  options: { tasks: { type: 'string', default: '1000000' }, instances: { type: 'string', default: '10000' } },
});
const taskCount = Number(values.tasks);
const instanceCount = Number(values.instances);
const services = 1000;

function fleet(): Fleet {
  const random = seededRandom(7);
  const made = new Fleet();
  for (let n = 0; n < instanceCount; n++) {
    const size = 2 ** Math.floor(random.unit() * 4);
    made.setInstance({
      arn: `arn:aws:ecs:us-east-1:000000000000:container-instance/bench/${n.toString(16).padStart(32, '0')}`,
      zone: `us-east-1${'abc'[n % 3]}`,
      cpuUnits: 16_384 * size,
      memoryMiB: 65_536 * size,
      gpuCount: 0,
      eniCount: 4,
      reservedPorts: [],
      isOpen: true,
    });
  }
  return made;
}

const packed: readonly Strategy[] = [
  { type: 'spread', field: 'ecs.availability-zone' },
  { type: 'binpack', field: 'memory' },
];

function request(service: number, mixed: boolean): FleetRequest {
  const random = seededRandom(service);
  const demand: TaskReservation = {
    cpuUnits: 32 * (1 + Math.floor(random.unit() * 8)),
    memoryMiB: 64 * (1 + Math.floor(random.unit() * 16)),
    ports: mixed && service % 4 === 3 ? [{ protocol: 'tcp', hostPort: 10_000 + service }] : [],
    gpuCount: 0,
  };
  const kind = mixed ? service % 4 : -1;
  return {
    count: taskCount / services,
    group: `service:${service}`,
    demand,
    strategies: kind === 0 || kind === 3 ? defaultStrategies : packed,
    distinctInstance: kind === 2,
    eligibility: kind === 1 ? `half-${service % 8}` : '',
    isEligible: kind === 1 ? (arn) => (Number.parseInt(arn.slice(-1), 16) + service) % 2 === 0 : () => true,
  };
}

function run(mixed: boolean): { placed: number; seconds: number } {
  const target = fleet();
  const begin = performance.now();
  let placed = 0;
  for (let service = 0; service < services; service++) {
    const wanted = request(service, mixed);
    placed += target.place(wanted, (arn) => {
      target.holdTask(arn, wanted.demand, 1);
      target.holdPorts(arn, wanted.demand.ports, 1);
      target.countTask(arn, wanted.group, 1);
    })!;
  }
  return { placed, seconds: (performance.now() - begin) / 1000 };
}

const rows: string[][] = [['case', 'placed', 'seconds', 'placements/s']];
for (const [name, mixed] of [
  ['spread(zone) + binpack(memory)', false],
  ['mixed with default, memberOf, distinctInstance, ports', true],
] as const) {
  const { placed, seconds } = run(mixed);
  rows.push([name, String(placed), seconds.toFixed(2), Math.round(placed / seconds).toLocaleString('en')]);
}
printTable(rows);
