import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  type InputLogEvent,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';

let plane: TestControlPlane;
let logs: CloudWatchLogsClient;
before(async () => {
  plane = await startTestControlPlane();
  logs = plane.logs();
});
after(() => plane.close());

let made = 0;
async function group(...streams: string[]): Promise<string> {
  const logGroupName = `group-${made++}`;
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  for (const logStreamName of streams) await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  return logGroupName;
}

const put = (logGroupName: string, logStreamName: string, logEvents: InputLogEvent[]) =>
  logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));

const refuses = (promise: Promise<unknown>, name: string, message: string | RegExp) =>
  assert.rejects(promise, (error: Error) => {
    assert.equal(error.name, name);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });

test('GetLogEvents walks both ways and answers the same token at the end', async () => {
  const logGroupName = await group('s');
  const now = Date.now();
  const numbers = Array.from({ length: 10 }, (_, i) => i);
  await put(
    logGroupName,
    's',
    numbers.map((i) => ({ timestamp: now + i, message: `m${i}` })),
  );
  const get = async (options: Partial<GetLogEventsCommandInput>) => {
    const answer = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: 's', limit: 4, ...options }));
    return { ...answer, text: answer.events!.map((event) => event.message!.slice(1)).join('') };
  };
  const newest = await get({});
  assert.equal(newest.text, '6789');
  assert.ok(newest.events!.every((event) => event.ingestionTime! >= now));

  const first = await get({ startFromHead: true });
  assert.equal(first.text, '0123');
  const second = await get({ nextToken: first.nextForwardToken!, startFromHead: true });
  assert.equal(second.text, '4567');
  const third = await get({ nextToken: second.nextForwardToken!, startFromHead: true });
  assert.equal(third.text, '89');
  const end = await get({ nextToken: third.nextForwardToken!, startFromHead: true });
  assert.equal(end.text, '');
  assert.equal(end.nextForwardToken, third.nextForwardToken);
  assert.equal((await get({ nextToken: end.nextBackwardToken! })).text, '6789');

  const back = await get({ nextToken: newest.nextBackwardToken! });
  assert.equal(back.text, '2345');
  const oldest = await get({ nextToken: back.nextBackwardToken! });
  assert.equal(oldest.text, '01');
  const start = await get({ nextToken: oldest.nextBackwardToken! });
  assert.equal(start.text, '');
  assert.equal(start.nextBackwardToken, oldest.nextBackwardToken);
  assert.equal((await get({ nextToken: start.nextForwardToken! })).text, '0123');

  await put(logGroupName, 's', [{ timestamp: now + 20, message: 'mX' }]);
  assert.equal((await get({ nextToken: end.nextForwardToken! })).text, 'X', 'a follower sees what comes later');
  assert.equal((await get({ startTime: now + 3, endTime: now + 5, startFromHead: true })).text, '34');
  await refuses(get({ nextToken: 'f/1' }), 'InvalidParameterException', 'The specified nextToken is invalid.');
});

test('a follower of an empty stream sees its first event', async () => {
  const logGroupName = await group('s');
  const empty = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: 's', startFromHead: true }));
  assert.deepEqual(empty.events, []);
  await put(logGroupName, 's', [{ timestamp: Date.now(), message: 'one' }]);
  const next = await logs.send(
    new GetLogEventsCommand({ logGroupName, logStreamName: 's', nextToken: empty.nextForwardToken! }),
  );
  assert.equal(next.events!.length, 1);
});

test('batches that AWS refuses are refused', async () => {
  const logGroupName = await group('s');
  const now = Date.now();
  await refuses(
    put(logGroupName, 's', [
      { timestamp: now, message: 'a' },
      { timestamp: now - 1, message: 'b' },
    ]),
    'InvalidParameterException',
    'Log events in a single PutLogEvents request must be in chronological order.',
  );
  await refuses(
    put(logGroupName, 's', [
      { timestamp: now - 25 * 3_600_000, message: 'a' },
      { timestamp: now, message: 'b' },
    ]),
    'InvalidParameterException',
    'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
  );
  await refuses(
    put(
      logGroupName,
      's',
      Array.from({ length: 5 }, () => ({ timestamp: now, message: 'x'.repeat(209_690) })),
    ),
    'InvalidParameterException',
    'Upload too large: 1048580 bytes exceeds limit of 1048576',
  );
  await refuses(
    put(logGroupName, 's', [{ timestamp: now, message: '' }]),
    'InvalidParameterException',
    "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1",
  );
  const many = Array.from({ length: 10_001 }, () => ({ timestamp: now, message: 'x' }));
  await refuses(
    put(logGroupName, 's', many),
    'InvalidParameterException',
    /at 'logEvents' .* less than or equal to 10000/,
  );
  await refuses(
    put(logGroupName, 'none', [{ timestamp: now, message: 'a' }]),
    'ResourceNotFoundException',
    'The specified log stream does not exist.',
  );
  await refuses(
    put('none', 's', [{ timestamp: now, message: 'a' }]),
    'ResourceNotFoundException',
    'The specified log group does not exist.',
  );
  const whole = await put(logGroupName, 's', many.slice(1));
  assert.match(whole.nextSequenceToken!, /^\d{56}$/);
  assert.equal(whole.rejectedLogEventsInfo, undefined);
});

test('events that are too old, expired or too new are left out and named', async () => {
  const logGroupName = await group('s');
  const now = Date.now();
  const day = 24 * 3_600_000;
  const old = await put(logGroupName, 's', [
    { timestamp: now - 14 * day - 60_000, message: 'too old' },
    { timestamp: now - 14 * day + 60_000, message: 'just in time' },
  ]);
  assert.deepEqual(old.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1 });
  const fresh = await put(logGroupName, 's', [
    { timestamp: now, message: 'now' },
    { timestamp: now + 3 * 3_600_000, message: 'too new' },
  ]);
  assert.deepEqual(fresh.rejectedLogEventsInfo, { tooNewLogEventStartIndex: 1 });
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }));
  const expired = await put(logGroupName, 's', [
    { timestamp: now - 1.5 * day, message: 'expired' },
    { timestamp: now - 0.6 * day, message: 'kept' },
  ]);
  assert.deepEqual(expired.rejectedLogEventsInfo, { expiredLogEventEndIndex: 1 });
  const { events } = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: 's' }));
  assert.deepEqual(
    events!.map((event) => event.message),
    ['kept', 'now'],
    'expired events are not answered',
  );
});

test('FilterLogEvents interleaves streams, filters, and pages', async () => {
  const logGroupName = await group('a/1', 'a/2', 'b/1');
  const now = Date.now();
  for (const [offset, stream] of ['a/1', 'a/2', 'b/1'].entries()) {
    const logEvents = Array.from({ length: 20 }, (_, i) => ({
      timestamp: now + i * 3 + offset,
      message: `${i % 2 ? 'ERROR' : 'INFO'} ${stream} ${i * 3 + offset}`,
    }));
    await put(logGroupName, stream, logEvents);
  }
  const all = async (options: Partial<FilterLogEventsCommandInput>, pageSize = 7) => {
    const found = [];
    const pages = paginateFilterLogEvents({ client: logs, pageSize }, { logGroupName, ...options });
    for await (const page of pages) found.push(...page.events!);
    return found;
  };
  const order = (await all({})).map((event) => Number(event.message!.split(' ')[2]));
  assert.deepEqual(
    order,
    Array.from({ length: 60 }, (_, i) => i),
  );
  const backward = (await all({ startFromHead: false })).map((event) => Number(event.message!.split(' ')[2]));
  assert.deepEqual(backward, order.toReversed());
  assert.equal(new Set((await all({})).map((event) => event.eventId)).size, 60);
  assert.equal((await all({ logStreamNamePrefix: 'a/' })).length, 40);
  assert.equal((await all({ logStreamNames: ['b/1'] })).length, 20);
  assert.equal((await all({ filterPattern: 'ERROR' })).length, 30);
  assert.equal((await all({ filterPattern: '[level=ERROR, stream=a/*, n>30]' })).length, 10);
  assert.equal((await all({ startTime: now + 10, endTime: now + 12 })).length, 3);
  await refuses(all({ logStreamNames: ['none'] }), 'ResourceNotFoundException', /log stream does not exist/);
  await refuses(all({ filterPattern: '{ nonsense' }), 'InvalidParameterException', 'Invalid filter pattern');
  await refuses(
    all({ logStreamNames: ['a/1'], logStreamNamePrefix: 'a' }),
    'InvalidParameterException',
    /mutually exclusive/,
  );
});

test('polling FilterLogEvents as `aws logs tail --follow` does sees every event once', async () => {
  const logGroupName = await group('a', 'b');
  const start = Date.now();
  const seen = new Map<string, string>();
  let from = start;
  const poll = async () => {
    for await (const page of paginateFilterLogEvents({ client: logs }, { logGroupName, startTime: from })) {
      for (const event of page.events!) {
        seen.set(event.eventId!, event.message!);
        from = Math.max(from, event.timestamp!);
      }
    }
  };
  for (let round = 0; round < 5; round++) {
    await put(logGroupName, round % 2 ? 'a' : 'b', [{ timestamp: start + round, message: `${round}` }]);
    await poll();
  }
  assert.deepEqual([...seen.values()], ['0', '1', '2', '3', '4']);
});

test('an answer holds at most a mebibyte', async () => {
  const logGroupName = await group('s');
  const now = Date.now();
  for (let i = 0; i < 3; i++) {
    const logEvents = Array.from({ length: 8 }, () => ({ timestamp: now + i, message: 'x'.repeat(100_000) }));
    await put(logGroupName, 's', logEvents);
  }
  const page = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: 's', startFromHead: true }));
  assert.equal(page.events!.length, 10);
  const filtered = await logs.send(new FilterLogEventsCommand({ logGroupName }));
  assert.equal(filtered.events!.length, 10);
  assert.ok(filtered.nextToken);
});

test('events survive a restart; a stream made anew under an old name is empty', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'slipway-logs-restart-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const stream = { logGroupName: 'g', logStreamName: 's' };
  const first = await startTestControlPlane({ dataDir });
  const client = first.logs();
  for (const message of ['old', 'new']) {
    await client.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
    await client.send(new CreateLogStreamCommand(stream));
    await client.send(new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: Date.now(), message }] }));
    if (message === 'old') await client.send(new DeleteLogGroupCommand({ logGroupName: 'g' }));
  }
  await first.close();
  const second = await startTestControlPlane({ dataDir });
  const { events } = await second.logs().send(new GetLogEventsCommand(stream));
  await second.close();
  assert.deepEqual(
    events!.map((event) => event.message),
    ['new'],
  );
});
