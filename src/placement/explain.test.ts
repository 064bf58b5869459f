import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { shortcomings } from './explain.ts';
import { createFit } from './fit.ts';
import { parseConstraints } from './parse-request.ts';
import type { Candidate, PlacementRequest } from './request.ts';

interface Sketch {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly gpuCount: number;
  readonly eniCount: number;
  readonly groupCount: number;
  readonly taken: readonly number[];
  readonly connected: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

const candidateOf = (sketch: Partial<Sketch>): Candidate => {
  const { cpuUnits = 1024, memoryMiB = 1024, gpuCount = 0, eniCount = 0, groupCount = 0, taken = [] } = sketch;
  return {
    containerInstanceArn: 'ci',
    ec2InstanceId: 'i-1',
    availabilityZone: 'z',
    agentConnected: sketch.connected ?? true,
    agentVersion: '1.0.0',
    registeredAt: Date.UTC(2026, 0, 2),
    runningTasksCount: groupCount,
    attributes: new Map(Object.entries(sketch.attributes ?? {})),
    hasTaskGroup: (group) => group === 'g' && groupCount > 0,
    taskGroups: () => (groupCount > 0 ? ['g'] : []),
    free: { cpuUnits, memoryMiB, gpuCount, eniCount },
    isPortTaken: (port) => taken.includes(port.hostPort),
    groupCount,
    liveTasks: groupCount,
  };
};

const requestOf = (changes: Partial<PlacementRequest>): PlacementRequest => ({
  count: 1,
  group: 'g',
  demand: { cpuUnits: 0, memoryMiB: 128, ports: [], gpuCount: 0 },
  requiredAttributes: [],
  constraints: [],
  strategies: [],
  ...changes,
});

const expressions = ['attribute:stack == prod', 'task:group == g', 'not(task:group == g) and agentConnected == true'];
const requests: fc.Arbitrary<PlacementRequest> = fc
  .record({
    demand: fc.record({
      cpuUnits: fc.integer({ min: 0, max: 1024 }),
      memoryMiB: fc.integer({ min: 0, max: 1024 }),
      gpuCount: fc.integer({ min: 0, max: 1 }),
      eniCount: fc.integer({ min: 0, max: 1 }),
      ports: fc.subarray([80, 443]).map((ports) => ports.map((hostPort) => ({ protocol: 'tcp' as const, hostPort }))),
    }),
    requiredAttributes: fc.subarray([{ name: 'a' }, { name: 'b', value: 'x' }]),
    constraints: fc
      .subarray([
        ...expressions.map((expression) => ({ type: 'memberOf' as const, expression })),
        { type: 'distinctInstance' as const },
      ])
      .map(parseConstraints),
  })
  .map(requestOf);
const candidates: fc.Arbitrary<Candidate> = fc
  .record({
    cpuUnits: fc.integer({ min: -10, max: 2048 }),
    memoryMiB: fc.integer({ min: -10, max: 2048 }),
    gpuCount: fc.integer({ min: 0, max: 2 }),
    eniCount: fc.integer({ min: -1, max: 3 }),
    groupCount: fc.integer({ min: 0, max: 2 }),
    taken: fc.subarray([80, 443]),
    connected: fc.boolean(),
    attributes: fc.record(
      { a: fc.constant(''), b: fc.constantFrom('x', 'y'), stack: fc.constantFrom('prod', 'test') },
      { requiredKeys: [] },
    ),
  })
  .map(candidateOf);

describe('explaining', () => {
  test('agrees with placement: the same instances fit, and the reason that it gives is among these', () => {
    fc.assert(
      fc.property(candidates, requests, fc.integer({ min: 0, max: 3 }), (candidate, request, placed) => {
        const fit = createFit(request);
        // Placement asks about an instance with tasks of the request only after it took one.
        fc.pre(placed === 0 || fit.refusal(candidate, 0) === undefined);
        const refusal = fit.refusal(candidate, placed);
        const all = shortcomings(candidate, request, placed);
        assert.equal(all.length === 0, refusal === undefined);
        if (refusal) assert.ok(all.some(({ reason }) => reason === refusal.reason));
      }),
      { numRuns: 500 },
    );
  });

  test('names everything that is wrong at once, with numbers', () => {
    const request = requestOf({
      demand: { cpuUnits: 512, memoryMiB: 600, gpuCount: 1, eniCount: 1, ports: [{ protocol: 'tcp', hostPort: 80 }] },
      requiredAttributes: [{ name: 'arch', value: 'arm64' }, { name: 'gpu' }],
      constraints: parseConstraints([
        { type: 'distinctInstance' },
        { type: 'memberOf', expression: 'attribute:stack == prod and attribute:zone in [a, b]' },
      ]),
    });
    const candidate = candidateOf({
      cpuUnits: 300,
      memoryMiB: 100,
      taken: [80],
      connected: false,
      groupCount: 2,
      attributes: { arch: 'x86_64', stack: 'test' },
    });
    assert.deepEqual(shortcomings(candidate, request, 0), [
      { reason: 'AGENT' },
      { reason: 'ATTRIBUTE', attribute: { name: 'arch', value: 'arm64', found: 'x86_64' } },
      { reason: 'ATTRIBUTE', attribute: { name: 'gpu' } },
      { reason: 'DistinctInstance placement constraint unsatisfied.', constraint: 0, groupCount: 2 },
      {
        reason: 'MemberOf placement constraint unsatisfied.',
        constraint: 1,
        asked: [{ subject: 'attribute:stack', value: 'test' }, { subject: 'attribute:zone' }],
      },
      { reason: 'RESOURCE:GPU', needed: 1, available: 0 },
      { reason: 'RESOURCE:ENI', needed: 1, available: 0 },
      { reason: 'RESOURCE:CPU', needed: 512, available: 300 },
      { reason: 'RESOURCE:MEMORY', needed: 600, available: 100 },
      { reason: 'RESOURCE:PORTS', port: { protocol: 'tcp', hostPort: 80 } },
    ]);
  });

  test('counts what the request itself has put there', () => {
    const request = requestOf({
      demand: { cpuUnits: 400, memoryMiB: 0, gpuCount: 0, ports: [{ protocol: 'udp', hostPort: 53 }] },
    });
    assert.deepEqual(shortcomings(candidateOf({}), request, 2), [
      { reason: 'RESOURCE:CPU', needed: 400, available: 224 },
      { reason: 'RESOURCE:PORTS', port: { protocol: 'udp', hostPort: 53 }, portOfThisRequest: true },
    ]);
  });

  test('says what a query found: versions, times, groups', () => {
    const constraints = parseConstraints([
      {
        type: 'memberOf',
        expression:
          'agentVersion > 2.0.0 and registeredAt < 2026-01-01 and task:group == other and runningTasksCount > 5',
      },
    ]);
    const [found] = shortcomings(candidateOf({ groupCount: 1 }), requestOf({ constraints }), 0);
    assert.deepEqual(found!.asked, [
      { subject: 'agentVersion', value: '1.0.0' },
      { subject: 'registeredAt', value: '2026-01-02T00:00:00.000Z' },
      { subject: 'task:group', value: 'g' },
      { subject: 'runningTasksCount', value: '1' },
    ]);
  });
});
