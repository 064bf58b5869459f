import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { taskDefinitionArn } from '#model/arn.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import { reservationOf } from './reservation.ts';

const scope = { account: '123456789012', region: 'us-east-1' };
const definition = (containers: ContainerDefinition[], change: Partial<TaskDefinitionRow> = {}): TaskDefinitionRow => ({
  ...scope,
  arn: taskDefinitionArn(scope, 'web', 1),
  family: 'web',
  revision: 1,
  status: 'ACTIVE',
  registeredAt: 0,
  registeredBy: '',
  containerDefinitions: containers,
  volumes: [],
  placementConstraints: [],
  compatibilities: ['EC2'],
  requiresAttributes: [],
  tags: [],
  ...change,
});
const two = [
  { name: 'a', cpu: 100, memory: 512, memoryReservation: 128 },
  { name: 'b', cpu: 28, memory: 64 },
];

test('a task holds the sum of its containers, soft limits where there are any', () => {
  const held = reservationOf(definition(two), undefined);
  assert.deepEqual(held, { cpuUnits: 128, memoryMiB: 192, ports: [], gpuCount: 0 });
});

test('sizes of the task itself win, and overrides win over both', () => {
  const sized = definition(two, { cpu: '256', memory: '1024' });
  assert.equal(reservationOf(sized, undefined).cpuUnits, 256);
  assert.equal(reservationOf(sized, { cpu: '0.5 vCPU', memory: '2 GB' }).cpuUnits, 512);
  assert.equal(reservationOf(sized, { cpu: '0.5 vCPU', memory: '2 GB' }).memoryMiB, 2048);
  const overrides = { containerOverrides: [{ name: 'a', cpu: 1, memoryReservation: 10 }] };
  assert.deepEqual(reservationOf(definition(two), overrides), { cpuUnits: 29, memoryMiB: 74, ports: [], gpuCount: 0 });
});

test('fixed host ports are held once; dynamic ones, ranges and tasks without a host network hold none', () => {
  const portMappings = [
    { containerPort: 80, hostPort: 8080, protocol: 'tcp' as const },
    { containerPort: 81, hostPort: 8080, protocol: 'udp' as const },
    { containerPort: 82, hostPort: 0 },
    { containerPortRange: '9000-9010' },
  ];
  const container = { name: 'a', memory: 8, portMappings };
  assert.deepEqual(reservationOf(definition([container]), undefined).ports, [
    { protocol: 'tcp', hostPort: 8080 },
    { protocol: 'udp', hostPort: 8080 },
  ]);
  const host = definition([{ ...container, portMappings: [{ containerPort: 80 }] }], { networkMode: 'host' });
  assert.deepEqual(reservationOf(host, undefined).ports, [{ protocol: 'tcp', hostPort: 80 }]);
  assert.deepEqual(reservationOf(definition([container], { networkMode: 'none' }), undefined).ports, []);
});

test('GPUs are counted, overrides first', () => {
  const container = { name: 'a', memory: 8, resourceRequirements: [{ type: 'GPU' as const, value: '2' }] };
  assert.equal(reservationOf(definition([container]), undefined).gpuCount, 2);
  const overrides = {
    containerOverrides: [{ name: 'a', resourceRequirements: [{ type: 'GPU' as const, value: '1' }] }],
  };
  assert.equal(reservationOf(definition([container]), overrides).gpuCount, 1);
});
