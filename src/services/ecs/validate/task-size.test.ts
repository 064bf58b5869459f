import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFargateSize, parseTaskCpu, parseTaskMemory } from './task-size.ts';

test('task sizes are read in every spelling that ECS takes', () => {
  const cpu = ['256', '1024', '.25 vCPU', '0.5 vcpu', '1 vCPU', '1vCPU', '2.0 vCPU'];
  assert.deepEqual(cpu.map(parseTaskCpu), [256, 1024, 256, 512, 1024, 1024, 2048]);
  const memory = ['512', '0.5 GB', '1GB', '1 gb', '.5GB', '2 GB'];
  assert.deepEqual(memory.map(parseTaskMemory), [512, 512, 1024, 1024, 512, 2048]);
});

test('other spellings are refused', () => {
  for (const text of ['', 'one', '1 GB', '-256', '64', '0.3.1', '256 units', '1 vCPUs']) {
    assert.throws(() => parseTaskCpu(text), { code: 'ClientException', message: /^Invalid 'cpu' setting for task\./ });
  }
  for (const text of ['', '1 vCPU', '2', '-1', '1 MB', '1.1']) {
    assert.throws(() => parseTaskMemory(text), { message: /^Invalid 'memory' setting for task\./ });
  }
});

test('Fargate has fixed pairs of CPU and memory', () => {
  const sold: [number, number][] = [
    [256, 512],
    [256, 2048],
    [512, 4096],
    [1024, 8192],
    [2048, 16_384],
    [4096, 30_720],
    [8192, 20_480],
    [16_384, 122_880],
  ];
  const unsold: [number, number][] = [
    [256, 4096],
    [512, 512],
    [1024, 2500],
    [4096, 31_744],
    [8192, 17_408],
    [300, 512],
  ];
  for (const [cpu, memory] of sold) assert.ok(isFargateSize(cpu, memory), `${cpu}/${memory}`);
  for (const [cpu, memory] of unsold) assert.ok(!isFargateSize(cpu, memory), `${cpu}/${memory}`);
});
