import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { EngineError, type StatsSample } from '../engine-api/engine.ts';
import { fakeContainer, fakeTask, fakeTasks } from '../metadata/fake-tasks.ts';
import { MetricsCollector } from './metrics-collector.ts';

const base: StatsSample = {
  atMs: 0,
  cpuTotalNs: 0,
  onlineCpus: 2,
  memoryUsageBytes: 10.9 * 1024 * 1024,
  memoryLimitBytes: 0,
  networks: {
    eth0: { rxBytes: 0, rxPackets: 0, rxErrors: 0, rxDropped: 0, txBytes: 0, txPackets: 0, txErrors: 0, txDropped: 0 },
  },
  blockReadBytes: 0,
  blockWriteBytes: 0,
  pids: 1,
  document: {},
};

function collect(samples: (StatsSample | EngineError)[], restartPolicyEnabled = false) {
  const collector = new MetricsCollector({
    engine: {
      statsOnce: async () => {
        const next = samples.shift()!;
        if (next instanceof EngineError) throw next;
        return next;
      },
    },
    tasks: fakeTasks(fakeTask({ containers: [fakeContainer({ restartPolicyEnabled, restartCount: 3 })] })),
    hostCpus: 2,
    clock: new FakeClock(),
    logger: silentLogger,
  });
  return collector;
}

test('cpu is the share of the whole host, memory whole mebibytes, traffic differences and rates', async () => {
  const later: StatsSample = {
    ...base,
    atMs: 10_000,
    cpuTotalNs: 5e9,
    blockWriteBytes: 700,
    networks: { eth0: { ...base.networks['eth0']!, rxBytes: 1_000, rxPackets: 3 } },
  };
  const collector = collect([base, later], true);
  await collector.sample();
  assert.deepEqual(collector.takeTaskMetrics(), [], 'one sample says nothing yet');
  await collector.sample();
  const [task] = collector.takeTaskMetrics();
  const [metric] = task!.containerMetrics;
  assert.deepEqual(metric!.cpuStatsSet, { min: 25, max: 25, sum: 25, sampleCount: 1 });
  assert.deepEqual(metric!.memoryStatsSet, { min: 10, max: 10, sum: 10, sampleCount: 1 });
  assert.equal(metric!.networkStatsSet!['rxBytes']!.sum, 1_000);
  assert.equal(metric!.networkStatsSet!['rxBytesPerSecond']!.sum, 100);
  assert.equal(metric!.storageStatsSet!['writeSizeBytes']!.sum, 700);
  assert.deepEqual(metric!.restartStatsSet, { restartCount: 3 });
  assert.deepEqual(collector.takeTaskMetrics(), [], 'taken once');
});

test('samples between two publications make a set; a container that was started again begins anew', async () => {
  const at = (seconds: number, cpuSeconds: number) => ({ ...base, atMs: seconds * 1000, cpuTotalNs: cpuSeconds * 1e9 });
  const collector = collect([at(0, 0), at(10, 2), at(20, 3), at(30, 0), at(40, 20)]);
  for (let i = 0; i < 5; i++) await collector.sample();
  const [metric] = collector.takeTaskMetrics()[0]!.containerMetrics;
  assert.deepEqual(metric!.cpuStatsSet, { min: 5, max: 100, sum: 115, sampleCount: 3 });
});

test('a container that has just gone is passed over', async () => {
  const collector = collect([new EngineError('not-found', 'gone'), base]);
  await collector.sample();
  assert.deepEqual(collector.takeTaskMetrics(), []);
});
