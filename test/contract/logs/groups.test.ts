import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  ListTagsForResourceCommand,
  ListTagsLogGroupCommand,
  PutLogEventsCommand,
  PutLogGroupDeletionProtectionCommand,
  PutRetentionPolicyCommand,
  paginateDescribeLogGroups,
  paginateDescribeLogStreams,
  StartQueryCommand,
  TagLogGroupCommand,
  TagResourceCommand,
  UntagLogGroupCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { startTestControlPlane, type TestControlPlane, testAccount, testRegion } from '../../support/control-plane.ts';

let plane: TestControlPlane;
let logs: CloudWatchLogsClient;
before(async () => {
  plane = await startTestControlPlane();
  logs = plane.logs();
});
after(() => plane.close());

const rejects = (promise: Promise<unknown>, name: string, message: string | RegExp) =>
  assert.rejects(promise, (error: Error) => {
    assert.equal(error.name, name);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });

test('a group is made, described with both ARNs, and deleted', async () => {
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/ecs/web', tags: { team: 'x' } }));
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/ecs/web' }));
  const [group] = logGroups!;
  const arn = `arn:aws:logs:${testRegion}:${testAccount}:log-group:/ecs/web`;
  assert.ok(Math.abs(group!.creationTime! - Date.now()) < 60_000);
  assert.deepEqual(
    { ...group, creationTime: 0 },
    {
      logGroupName: '/ecs/web',
      creationTime: 0,
      metricFilterCount: 0,
      arn: `${arn}:*`,
      logGroupArn: arn,
      storedBytes: 0,
      logGroupClass: 'STANDARD',
      deletionProtectionEnabled: false,
    },
  );
  await rejects(
    logs.send(new CreateLogGroupCommand({ logGroupName: '/ecs/web' })),
    'ResourceAlreadyExistsException',
    'The specified log group already exists',
  );
  await logs.send(new DeleteLogGroupCommand({ logGroupName: '/ecs/web' }));
  await rejects(
    logs.send(new DeleteLogGroupCommand({ logGroupName: '/ecs/web' })),
    'ResourceNotFoundException',
    'The specified log group does not exist.',
  );
});

test('what AWS would not take is refused in its words', async () => {
  await rejects(
    logs.send(new CreateLogGroupCommand({ logGroupName: 'with space' })),
    'InvalidParameterException',
    "1 validation error detected: Value 'with space' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
  );
  await rejects(
    logs.send(new DescribeLogGroupsCommand({ limit: 51 })),
    'InvalidParameterException',
    "1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50",
  );
  await rejects(
    logs.send(new CreateLogGroupCommand({ logGroupName: 'x', kmsKeyId: 'arn:aws:kms:us-east-1:1:key/1' })),
    'InvalidParameterException',
    /KMS key does not exist/,
  );
  await rejects(logs.send(new DescribeLogGroupsCommand({ nextToken: '!' })), 'InvalidParameterException', /nextToken/);
  await rejects(
    logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'a', logGroupNamePattern: 'b' })),
    'InvalidParameterException',
    /mutually exclusive/,
  );
});

test('groups are listed by prefix, by pattern and in pages', async () => {
  for (const name of ['list/a', 'list/b', 'list/c', 'list', 'other/list']) {
    await logs.send(new CreateLogGroupCommand({ logGroupName: name }));
  }
  const names: string[] = [];
  let pages = 0;
  for await (const page of paginateDescribeLogGroups({ client: logs, pageSize: 2 }, { logGroupNamePrefix: 'list' })) {
    names.push(...page.logGroups!.map((group) => group.logGroupName!));
    pages += 1;
  }
  assert.deepEqual(names, ['list', 'list/a', 'list/b', 'list/c']);
  assert.equal(pages, 2);
  const found = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePattern: 'list' }));
  assert.equal(found.logGroups!.length, 5);
  const otherRegion = await plane.logs({ region: 'eu-west-1' }).send(new DescribeLogGroupsCommand({}));
  assert.deepEqual(otherRegion.logGroups, []);
});

test('retention takes the allowed days only', async () => {
  await logs.send(new CreateLogGroupCommand({ logGroupName: 'retained' }));
  await logs.send(new PutRetentionPolicyCommand({ logGroupName: 'retained', retentionInDays: 7 }));
  const described = async () =>
    (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'retained' }))).logGroups![0]!;
  assert.equal((await described()).retentionInDays, 7);
  await rejects(
    logs.send(new PutRetentionPolicyCommand({ logGroupName: 'retained', retentionInDays: 8 })),
    'InvalidParameterException',
    /Value '8' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: \[1, 3, 5/,
  );
  await logs.send(new DeleteRetentionPolicyCommand({ logGroupName: 'retained' }));
  assert.ok(!('retentionInDays' in (await described())));
});

test('tags, by ARN and by name', async () => {
  await logs.send(new CreateLogGroupCommand({ logGroupName: 'tagged', tags: { a: '1' } }));
  const resourceArn = `arn:aws:logs:${testRegion}:${testAccount}:log-group:tagged`;
  await logs.send(new TagResourceCommand({ resourceArn, tags: { b: '2', c: '3' } }));
  await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
  assert.deepEqual((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags, { b: '2', c: '3' });
  await logs.send(new TagLogGroupCommand({ logGroupName: 'tagged', tags: { d: '4' } }));
  await logs.send(new UntagLogGroupCommand({ logGroupName: 'tagged', tags: ['b', 'c'] }));
  assert.deepEqual((await logs.send(new ListTagsLogGroupCommand({ logGroupName: 'tagged' }))).tags, { d: '4' });
  await rejects(
    logs.send(new ListTagsForResourceCommand({ resourceArn: `${resourceArn}-not` })),
    'ResourceNotFoundException',
    'The specified resource does not exist.',
  );
  await rejects(
    logs.send(new ListTagsForResourceCommand({ resourceArn: 'tagged' })),
    'InvalidParameterException',
    /not valid/,
  );
  const tags = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, '']));
  await rejects(logs.send(new TagResourceCommand({ resourceArn, tags })), 'TooManyTagsException', /more than 50/);
});

test('streams are ordered by name or by their last event, in pages, both ways', async () => {
  const logGroupName = 'streams';
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  const now = Date.now();
  const ages = { 'web/a': 3, 'web/b': 1, 'web/c': 2, 'worker/a': 0 };
  for (const [logStreamName, age] of Object.entries(ages)) {
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    const logEvents = [{ timestamp: now - age * 1000, message: 'hello' }];
    await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  }
  await rejects(
    logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'web/a' })),
    'ResourceAlreadyExistsException',
    'The specified log stream already exists',
  );
  const list = async (options: object) => {
    const names: string[] = [];
    for await (const page of paginateDescribeLogStreams({ client: logs, pageSize: 2 }, { logGroupName, ...options })) {
      names.push(...page.logStreams!.map((stream) => stream.logStreamName!));
    }
    return names.join(' ');
  };
  assert.equal(await list({}), 'web/a web/b web/c worker/a');
  assert.equal(await list({ descending: true }), 'worker/a web/c web/b web/a');
  assert.equal(await list({ logStreamNamePrefix: 'web/' }), 'web/a web/b web/c');
  assert.equal(await list({ orderBy: 'LastEventTime' }), 'web/a web/c web/b worker/a');
  assert.equal(await list({ orderBy: 'LastEventTime', descending: true }), 'worker/a web/b web/c web/a');
  await rejects(
    logs.send(new DescribeLogStreamsCommand({ logGroupName, orderBy: 'LastEventTime', logStreamNamePrefix: 'w' })),
    'InvalidParameterException',
    'Cannot order by LastEventTime with a logStreamNamePrefix.',
  );
  const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName, limit: 1 }));
  const [stream] = logStreams!;
  assert.equal(stream!.firstEventTimestamp, now - 3000);
  assert.equal(stream!.lastEventTimestamp, now - 3000);
  assert.ok(stream!.lastIngestionTime! >= now);
  assert.equal(stream!.storedBytes, 0);
  assert.match(stream!.uploadSequenceToken!, /^\d{56}$/);
  assert.equal(stream!.arn, `arn:aws:logs:${testRegion}:${testAccount}:log-group:streams:log-stream:web/a`);
  const [group] = (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }))).logGroups!;
  assert.equal(group!.storedBytes, 4 * (5 + 26));
  await logs.send(new DeleteLogStreamCommand({ logGroupName, logStreamName: 'web/b' }));
  await rejects(
    logs.send(new DeleteLogStreamCommand({ logGroupName, logStreamName: 'web/b' })),
    'ResourceNotFoundException',
    'The specified log stream does not exist.',
  );
  assert.equal(await list({}), 'web/a web/c worker/a');
});

test('a protected group and its streams cannot be deleted', async () => {
  const logGroupName = 'protected';
  await logs.send(new CreateLogGroupCommand({ logGroupName, deletionProtectionEnabled: true }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 's' }));
  await rejects(logs.send(new DeleteLogGroupCommand({ logGroupName })), 'InvalidOperationException', /protection/);
  await logs.send(
    new PutLogGroupDeletionProtectionCommand({ logGroupIdentifier: logGroupName, deletionProtectionEnabled: false }),
  );
  await logs.send(new DeleteLogGroupCommand({ logGroupName }));
});

test('an operation that is not implemented says so', async () => {
  await assert.rejects(
    logs.send(new StartQueryCommand({ startTime: 0, endTime: 1, queryString: 'fields @message' })),
    (error: Error) => error.name !== 'InternalFailure' && error.name !== 'InternalServerError',
  );
});
