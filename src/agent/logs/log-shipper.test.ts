import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import type { ContainerView, TaskView } from '../task-engine/running-tasks.ts';
import { createLogShipper } from './log-shipper.ts';
import { type LogSink, SinkError, type SinkFailure } from './log-sink.ts';

const task = { arn: 'arn:aws:ecs:us-east-1:000000000000:task/c/t', taskId: 't' } as TaskView;
const containerWith = (options: Record<string, string>) =>
  ({ name: 'app', runtimeId: 'r', logOptions: { 'awslogs-group': 'g', ...options } }) as unknown as ContainerView;

function shipper(failure?: SinkFailure) {
  const calls: string[] = [];
  const call = (name: string) => async () => {
    calls.push(name);
    if (failure) throw new SinkError(failure, 'no');
  };
  const sink: LogSink = {
    createGroup: call('group'),
    createStream: call('stream'),
    put: call('put'),
    tail: async () => undefined,
    close: () => {},
  };
  const engine = { logs: async function* () {} };
  const deps = {
    engine,
    sink,
    region: 'us-east-1',
    clock: new FakeClock(),
    random: seededRandom(1),
    logger: silentLogger,
  };
  return { calls, logs: createLogShipper(deps) };
}

test('the stream is made before the start, the group only when asked for', async () => {
  const { calls, logs } = shipper();
  await logs.prepare(task, containerWith({}));
  assert.deepEqual(calls, ['stream']);
  await logs.prepare(task, containerWith({ 'awslogs-create-group': 'true' }));
  assert.deepEqual(calls, ['stream', 'group', 'stream']);
});

test('what the service refuses is refused; a service that cannot be asked holds nothing up', async () => {
  for (const failure of ['group-missing', 'refused'] as const) {
    await assert.rejects(shipper(failure).logs.prepare(task, containerWith({})), { failure });
  }
  for (const failure of ['busy', 'unknown'] as const) await shipper(failure).logs.prepare(task, containerWith({}));
});
