/** The agent's way into CloudWatch Logs against the real service. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudWatchLogSink } from '#agent/logs/cloudwatch-log-sink.ts';
import type { SinkFailure } from '#agent/logs/log-sink.ts';
import { silentLogger } from '#lib/logger.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';

let plane: TestControlPlane;
let sink: CloudWatchLogSink;
const destination = { region: 'us-east-1', group: 'g', stream: 's' };

before(async () => {
  plane = await startTestControlPlane();
  const { endpoint, credentials } = plane.clientConfig();
  sink = new CloudWatchLogSink({ endpoint, credentials, logger: silentLogger });
});
after(async () => {
  sink.close();
  await plane.close();
});

const fails = (promise: Promise<unknown>, failure: SinkFailure) =>
  assert.rejects(promise, (error: { failure?: string; message: string }) => {
    assert.equal(error.failure, failure, error.message);
    return true;
  });

test('what is missing is told apart, and made without complaint when it is there', async () => {
  const event = { timestamp: Date.now(), message: 'x' };
  await fails(sink.createStream(destination), 'group-missing');
  await fails(sink.put(destination, [event]), 'group-missing');
  await sink.createGroup(destination);
  await sink.createGroup(destination);
  await fails(sink.put(destination, [event]), 'stream-missing');
  await fails(sink.tail(destination), 'stream-missing');
  await sink.createStream(destination);
  await sink.createStream(destination);
  assert.equal(await sink.tail(destination), undefined);
});

test('the tail is every event of the last timestamp, over pages', async () => {
  const stream = { ...destination, stream: 'tail' };
  await sink.createStream(stream);
  const now = Date.now();
  const last = Array.from({ length: 250 }, (_, i) => ({ timestamp: now, message: `m${i}` }));
  await sink.put(stream, last);
  assert.deepEqual(await sink.tail(stream), { timestamp: now, messages: last.map((event) => event.message) });
  await sink.put(stream, [{ timestamp: now + 1, message: 'after' }]);
  assert.deepEqual(await sink.tail(stream), { timestamp: now + 1, messages: ['after'] });
});

test('a refusal is final, no answer is not', async () => {
  await fails(
    sink.put(destination, [
      { timestamp: 2, message: 'x' },
      { timestamp: 1, message: 'x' },
    ]),
    'refused',
  );
  const { credentials } = plane.clientConfig();
  const nobody = new CloudWatchLogSink({ endpoint: 'http://127.0.0.1:1', credentials, logger: silentLogger });
  await fails(nobody.put(destination, [{ timestamp: 1, message: 'x' }]), 'unknown');
  nobody.close();
  const wrongKey = new CloudWatchLogSink({
    endpoint: plane.endpoint,
    credentials: { ...credentials, secretAccessKey: 'wrong' },
    logger: silentLogger,
  });
  await fails(wrongKey.put(destination, [{ timestamp: 1, message: 'x' }]), 'refused');
  wrongKey.close();
});
