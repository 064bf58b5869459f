import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '#lib/random.ts';
import { parseConstraints, parseStrategies } from './parse-request.ts';
import { closestRefusal, place } from './place.ts';
import {
  type Candidate,
  defaultStrategies,
  type PlacementRequest,
  placementReasons,
  type Strategy,
} from './request.ts';

interface Sketch {
  readonly zone: number;
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly groupCount: number;
  readonly gpuCount: number;
  readonly eniCount: number;
  readonly taken: readonly number[];
  readonly connected: boolean;
}

function candidateOf(sketch: Partial<Sketch>, index: number): Candidate {
  const { zone = 0, cpuUnits = 1024, memoryMiB = 1024, eniCount = 0, groupCount = 0, taken = [] } = sketch;
  const { gpuCount = 0 } = sketch;
  return {
    containerInstanceArn: `ci-${String(index).padStart(3, '0')}`,
    ec2InstanceId: `i-${index}`,
    availabilityZone: `z${zone}`,
    agentConnected: sketch.connected ?? true,
    agentVersion: '1.0.0',
    registeredAt: 0,
    runningTasksCount: groupCount,
    attributes: new Map([
      ['zone', `z${zone}`],
      ['parity', String(index % 2)],
    ]),
    hasTaskGroup: (group) => group === 'g' && groupCount > 0,
    taskGroups: () => (groupCount > 0 ? ['g'] : []),
    free: { cpuUnits, memoryMiB, gpuCount, eniCount },
    isPortTaken: (port) => taken.includes(port.hostPort),
    groupCount,
    liveTasks: groupCount,
  };
}

const requestOf = (changes: Partial<PlacementRequest> = {}): PlacementRequest => ({
  count: 1,
  group: 'g',
  demand: { cpuUnits: 0, memoryMiB: 128, ports: [], gpuCount: 0 },
  requiredAttributes: [],
  constraints: [],
  strategies: defaultStrategies,
  ...changes,
});

const draw = () => seededRandom(1).unit;
const tally = (placed: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const arn of placed) counts.set(arn, (counts.get(arn) ?? 0) + 1);
  return counts;
};

const sketch = fc.record({
  zone: fc.integer({ min: 0, max: 2 }),
  cpuUnits: fc.integer({ min: 0, max: 2048 }),
  memoryMiB: fc.integer({ min: 0, max: 2048 }),
  gpuCount: fc.integer({ min: 0, max: 2 }),
  eniCount: fc.integer({ min: -1, max: 3 }),
  groupCount: fc.integer({ min: 0, max: 3 }),
  taken: fc.subarray([80, 443]),
  connected: fc.boolean(),
});
const clusters = fc.array(sketch, { maxLength: 12 }).map((sketches) => sketches.map(candidateOf));
const strategies: fc.Arbitrary<Strategy[]> = fc.array(
  fc.constantFrom<Strategy>(
    { type: 'random' },
    { type: 'spread', field: 'instanceId' },
    { type: 'spread', field: 'ecs.availability-zone' },
    { type: 'spread', field: 'parity' },
    { type: 'binpack', field: 'cpu' },
    { type: 'binpack', field: 'memory' },
  ),
  { maxLength: 4 },
);
const demands = fc.record({
  cpuUnits: fc.integer({ min: 0, max: 1024 }),
  memoryMiB: fc.integer({ min: 0, max: 1024 }),
  gpuCount: fc.constantFrom(0, 0, 1),
  eniCount: fc.constantFrom(0, 0, 1),
  ports: fc.subarray([80, 443]).map((ports) => ports.map((hostPort) => ({ protocol: 'tcp' as const, hostPort }))),
});
const requests = fc
  .record({ count: fc.integer({ min: 1, max: 20 }), demand: demands, strategies, distinct: fc.boolean() })
  .map(({ distinct, ...rest }) => requestOf({ ...rest, constraints: distinct ? [{ type: 'distinctInstance' }] : [] }));

describe('placement', () => {
  test('no instance is over-committed, and no port is given twice', () => {
    fc.assert(
      fc.property(clusters, requests, (candidates, request) => {
        const counts = tally(place(candidates, request, draw()).placed);
        for (const candidate of candidates) {
          const count = counts.get(candidate.containerInstanceArn) ?? 0;
          if (count === 0) continue;
          assert.ok(candidate.agentConnected);
          assert.ok(count * request.demand.cpuUnits <= Math.max(0, candidate.free.cpuUnits));
          assert.ok(count * request.demand.memoryMiB <= Math.max(0, candidate.free.memoryMiB));
          assert.ok(count * (request.demand.eniCount ?? 0) <= Math.max(0, candidate.free.eniCount));
          assert.ok(count * request.demand.gpuCount <= Math.max(0, candidate.free.gpuCount));
          if (request.demand.ports.length > 0) assert.equal(count, 1);
          assert.ok(!request.demand.ports.some((port) => candidate.isPortTaken(port)));
        }
      }),
    );
  });

  test('distinctInstance is never broken', () => {
    fc.assert(
      fc.property(clusters, requests, (candidates, request) => {
        const distinct = { ...request, constraints: [{ type: 'distinctInstance' } as const] };
        for (const [arn, count] of tally(place(candidates, distinct, draw()).placed)) {
          assert.equal(count, 1);
          assert.equal(candidates.find((candidate) => candidate.containerInstanceArn === arn)!.groupCount, 0);
        }
      }),
    );
  });

  test('a task that fits somewhere is placed, and every instance says why it takes no more', () => {
    fc.assert(
      fc.property(clusters, requests, (candidates, request) => {
        const { placed, refusals } = place(candidates, request, draw());
        if (placed.length === request.count) return assert.deepEqual(refusals, []);
        assert.equal(new Set(refusals.map((refusal) => refusal.containerInstanceArn)).size, candidates.length);
        assert.equal(refusals.length, candidates.length);
      }),
    );
  });

  test('constraints and required attributes hold for every instance that takes a task', () => {
    const constraints = parseConstraints([
      { type: 'memberOf', expression: 'attribute:parity == 0 and task:group != h' },
    ]);
    fc.assert(
      fc.property(clusters, requests, fc.nat(2), (candidates, request, zone) => {
        const requiredAttributes = [{ name: 'zone', value: `z${zone}` }];
        for (const arn of place(candidates, { ...request, constraints, requiredAttributes }, draw()).placed) {
          const { attributes } = candidates.find((candidate) => candidate.containerInstanceArn === arn)!;
          assert.deepEqual([attributes.get('parity'), attributes.get('zone')], ['0', `z${zone}`]);
        }
      }),
    );
  });

  test('binpack opens none of several equal instances while an opened one fits', () => {
    const size = fc.integer({ min: 1, max: 1024 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 30 }),
        size,
        size,
        fc.constantFrom('cpu' as const, 'memory' as const),
        (instances, count, cpuUnits, memoryMiB, field) => {
          const candidates = Array.from({ length: instances }, (_, i) => candidateOf({}, i));
          const demand = { cpuUnits, memoryMiB, gpuCount: 0, ports: [] };
          const each = Math.min(Math.floor(1024 / cpuUnits), Math.floor(1024 / memoryMiB));
          const opened = new Map<string, number>();
          for (const arn of place(
            candidates,
            requestOf({ count, demand, strategies: [{ type: 'binpack', field }] }),
            draw(),
          ).placed) {
            if (!opened.has(arn))
              for (const held of opened.values()) assert.equal(held, each, 'all opened ones are full');
            opened.set(arn, (opened.get(arn) ?? 0) + 1);
          }
        },
      ),
    );
  });

  test('the order of the candidates does not matter', () => {
    fc.assert(
      fc.property(clusters, requests, fc.nat(), (candidates, request, seed) => {
        const random = seededRandom(seed);
        const shuffled = candidates.toSorted(() => random.unit() - 0.5);
        assert.deepEqual(place(shuffled, request, draw()), place(candidates, request, draw()));
      }),
    );
  });

  test('spread over instances stays within one where there is room', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 30 }), (instances, count) => {
        const candidates = Array.from({ length: instances }, (_, i) => candidateOf({ memoryMiB: 100_000 }, i));
        const request = requestOf({ count, strategies: [{ type: 'spread', field: 'instanceId' }] });
        const counts = [...tally(place(candidates, request, draw()).placed).values()];
        assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
        assert.equal(counts.length, Math.min(instances, count));
      }),
    );
  });

  test('the default spreads over zones first, then over the instances of each', () => {
    const candidates = [0, 0, 0, 1].map((zone, i) => candidateOf({ zone }, i));
    const { placed } = place(candidates, requestOf({ count: 6 }), draw());
    assert.deepEqual(Object.fromEntries(tally(placed)), { 'ci-000': 1, 'ci-001': 1, 'ci-002': 1, 'ci-003': 3 });
  });

  test('spread counts the tasks that the group has already', () => {
    const candidates = [candidateOf({ groupCount: 2 }, 0), candidateOf({}, 1)];
    assert.deepEqual(place(candidates, requestOf({ count: 2 }), draw()).placed, ['ci-001', 'ci-001']);
  });

  test('binpack fills the instance that has least left', () => {
    const candidates = [candidateOf({ memoryMiB: 2000 }, 0), candidateOf({ memoryMiB: 300 }, 1)];
    const request = requestOf({ count: 3, strategies: parseStrategies([{ type: 'binpack', field: 'memory' }]) });
    assert.deepEqual(place(candidates, request, draw()).placed, ['ci-001', 'ci-001', 'ci-000']);
  });

  test('random takes each instance about equally often', () => {
    const candidates = Array.from({ length: 4 }, (_, i) => candidateOf({ memoryMiB: 1e6 }, i));
    const request = requestOf({ count: 4000, strategies: [{ type: 'random' }] });
    for (const count of tally(place(candidates, request, draw()).placed).values()) {
      assert.ok(count > 850 && count < 1150, `${count} of 4000`);
    }
  });

  test('memberOf sees the tasks that the request itself has placed', () => {
    const constraints = parseConstraints([{ type: 'memberOf', expression: 'not(task:group == g)' }]);
    const candidates = [candidateOf({}, 0), candidateOf({}, 1), candidateOf({ groupCount: 1 }, 2)];
    const { placed, refusals } = place(candidates, requestOf({ count: 3, constraints }), draw());
    assert.deepEqual(placed.toSorted(), ['ci-000', 'ci-001']);
    assert.equal(refusals[0]!.reason, 'MemberOf placement constraint unsatisfied.');
  });

  test('each reason, and the closest of them', () => {
    const candidates = [
      candidateOf({ connected: false }, 0),
      candidateOf({}, 1),
      candidateOf({}, 2),
      candidateOf({ groupCount: 1 }, 4),
      candidateOf({ gpuCount: 0 }, 6),
      candidateOf({ gpuCount: 1 }, 8),
      candidateOf({ gpuCount: 1, eniCount: 1, cpuUnits: 1 }, 10),
      candidateOf({ gpuCount: 1, eniCount: 1, memoryMiB: 1 }, 12),
      candidateOf({ gpuCount: 1, eniCount: 1, taken: [80] }, 14),
    ].map((candidate) =>
      candidate.ec2InstanceId === 'i-2' ? { ...candidate, attributes: new Map([['parity', '0']]) } : candidate,
    );
    const ports = [{ protocol: 'tcp' as const, hostPort: 80 }];
    const request = requestOf({
      demand: { cpuUnits: 64, memoryMiB: 64, gpuCount: 1, eniCount: 1, ports },
      requiredAttributes: [{ name: 'zone' }],
      constraints: parseConstraints([
        { type: 'memberOf', expression: 'attribute:parity == 0' },
        { type: 'distinctInstance' },
      ]),
    });
    const { refusals } = place(candidates, request, draw());
    const reasons = refusals.map((refusal) => [refusal.containerInstanceArn, refusal.reason]);
    assert.deepEqual(reasons, [
      ['ci-000', 'AGENT'],
      ['ci-001', 'MemberOf placement constraint unsatisfied.'],
      ['ci-002', 'ATTRIBUTE'],
      ['ci-004', 'DistinctInstance placement constraint unsatisfied.'],
      ['ci-006', 'RESOURCE:GPU'],
      ['ci-008', 'RESOURCE:ENI'],
      ['ci-010', 'RESOURCE:CPU'],
      ['ci-012', 'RESOURCE:MEMORY'],
      ['ci-014', 'RESOURCE:PORTS'],
    ]);
    assert.deepEqual(new Set(refusals.map(({ reason }) => reason)), new Set(placementReasons));
    assert.equal(refusals[2]!.attribute, 'zone');
    assert.equal(closestRefusal(refusals)!.containerInstanceArn, 'ci-014');
  });

  test('placing 10 tasks on 5,000 instances is quick', () => {
    const candidates = Array.from({ length: 5000 }, (_, i) => candidateOf({ zone: i % 3 }, i));
    const startedMs = performance.now();
    assert.equal(place(candidates, requestOf({ count: 10 }), draw()).placed.length, 10);
    assert.ok(performance.now() - startedMs < 500);
  });
});
