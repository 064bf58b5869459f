import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import { ContainerLog } from './container-log.ts';
import { FakeContainer, FakeSink, type PutFault, pass, settle } from './fakes.ts';

function setUp(options: { createGroup?: boolean; startPattern?: RegExp } = {}) {
  const clock = new FakeClock();
  const container = new FakeContainer();
  const sink = new FakeSink(clock);
  const startShipping = () => {
    const log = new ContainerLog({
      engine: container,
      sink,
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      runtimeId: 'c1',
      options: {
        destination: { region: 'us-east-1', group: 'g', stream: 's' },
        createGroup: options.createGroup ?? false,
      },
      ...(options.startPattern ? { startPattern: options.startPattern } : {}),
    });
    log.started();
    return log;
  };
  const nowNs = () => BigInt(clock.now()) * 1_000_000n;
  const shipped = () => sink.events.map((event) => event.message);
  const end = async (log: ContainerLog) => {
    container.stop();
    log.stopped();
    await settle(clock, log.done);
  };
  return { clock, container, sink, startShipping, nowNs, shipped, end };
}

test('lines are shipped while the container runs, with their own times, and the rest after its end', async () => {
  const { clock, container, sink, startShipping, nowNs, shipped, end } = setUp();
  const log = startShipping();
  const first = clock.now();
  container.write(nowNs(), 'one');
  await pass(clock, 1_500);
  assert.deepEqual(sink.events, [{ timestamp: first, message: 'one' }]);
  container.write(nowNs(), 'two');
  container.write(nowNs(), '');
  container.write(nowNs(), 'three');
  await end(log);
  assert.deepEqual(shipped(), ['one', 'two', 'three']);
});

test('many lines go in few calls', async () => {
  const { container, sink, startShipping, nowNs, end } = setUp();
  for (let i = 0; i < 12_000; i++) container.write(nowNs(), `line ${i}`);
  await end(startShipping());
  assert.equal(sink.events.length, 12_000);
  assert.deepEqual(sink.putSizes, [10_000, 2_000]);
});

test('a missing group is made only when the task asks for it', async () => {
  const asked = setUp({ createGroup: true });
  asked.sink.groupExists = false;
  asked.container.write(asked.nowNs(), 'x');
  await asked.end(asked.startShipping());
  assert.deepEqual(asked.shipped(), ['x']);

  const not = setUp();
  not.sink.groupExists = false;
  not.container.write(not.nowNs(), 'x');
  const log = not.startShipping();
  await pass(not.clock, 60_000);
  assert.deepEqual(not.shipped(), []);
  not.sink.groupExists = true;
  await not.end(log);
  assert.deepEqual(not.shipped(), ['x'], 'nothing is lost when the group appears later');
});

test('a stream that is refused for good is given up some time after the container has ended', async () => {
  const { clock, container, sink, startShipping, nowNs, end } = setUp();
  sink.nextFault = () => 'refused';
  container.write(nowNs(), 'x');
  const log = startShipping();
  await pass(clock, 5_000);
  const before = clock.now();
  await end(log);
  assert.ok(clock.now() - before >= 600_000);
});

test('while the service is away nothing is lost', async () => {
  const { clock, container, sink, startShipping, nowNs, shipped, end } = setUp();
  sink.nextFault = () => 'lost before';
  const log = startShipping();
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
  for (const line of lines) {
    container.write(nowNs(), line);
    await pass(clock, 700);
  }
  sink.nextFault = () => 'none';
  await end(log);
  assert.deepEqual(shipped(), lines);
});

test('a container that is started again goes on in the same stream', async () => {
  const { clock, container, startShipping, nowNs, shipped, end } = setUp();
  const log = startShipping();
  container.write(nowNs(), 'first run');
  container.stop();
  await pass(clock, 3_000);
  container.running = true;
  log.started();
  container.write(nowNs(), 'second run');
  await pass(clock, 3_000);
  await end(log);
  assert.deepEqual(shipped(), ['first run', 'second run']);
});

test('multi-line events, also over a restart of the agent between their lines', async () => {
  const { clock, container, startShipping, nowNs, shipped, end } = setUp({ startPattern: /^\d/ });
  let log = startShipping();
  container.write(nowNs(), '1 first');
  container.write(nowNs(), '  at a');
  await pass(clock, 7_000);
  assert.deepEqual(shipped(), ['1 first\n  at a\n'], 'ended by time');
  log.close();
  await log.done;
  container.write(nowNs(), '  at b');
  container.write(nowNs(), '2 second');
  log = startShipping();
  await end(log);
  assert.deepEqual(shipped(), ['1 first\n  at a\n', '  at b\n', '2 second\n']);
});

type Step =
  | { readonly do: 'write'; readonly text: string; readonly afterUs: number; readonly partial: boolean }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'kill' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      // Few texts and small steps: equal lines within one millisecond are what makes this hard.
      text: fc.constantFrom('a', 'b', 'aa', ''),
      afterUs: fc.constantFrom(0, 0, 1, 300, 5_000),
      partial: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(10, 60, 500, 1_200, 4_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
);

test('property: killed at any point and whatever is lost on the way, each line arrives once and in order', async () => {
  const faults = fc.array(fc.constantFrom<PutFault>('none', 'lost before', 'lost after', 'busy'), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), faults, async (steps, plannedFaults) => {
      const { clock, container, sink, startShipping, nowNs, shipped, end } = setUp();
      const pending = [...plannedFaults];
      sink.nextFault = () => pending.shift() ?? 'none';
      let log = startShipping();
      let ns = nowNs();
      let open = '';
      let openNs: bigint | undefined;
      const expected: string[] = [];
      for (const now of steps) {
        if (now.do === 'pass') await pass(clock, now.ms);
        if (now.do === 'kill') {
          log.close();
          log = startShipping();
        }
        if (now.do !== 'write') continue;
        if (nowNs() > ns) ns = nowNs();
        ns += BigInt(now.afterUs) * 1_000n;
        // All parts of a line carry the time of its first.
        openNs ??= ns;
        container.write(openNs, now.text, { partial: now.partial });
        open += now.text;
        if (now.partial) continue;
        ns = openNs > ns ? openNs : ns;
        openNs = undefined;
        if (open !== '') expected.push(open);
        open = '';
      }
      if (open !== '') expected.push(open);
      await end(log);
      assert.deepEqual(shipped(), expected);
    }),
    { numRuns: 150 },
  );
});
