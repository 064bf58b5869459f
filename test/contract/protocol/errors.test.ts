import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import {
  CreateExpressGatewayServiceCommand,
  DescribeTaskDefinitionCommand,
  ListClustersCommand,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { callJson, send, sign } from '../../support/raw.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
});
after(() => plane.close());

const ecs = 'AmazonEC2ContainerServiceV20141113';

describe('JSON errors', () => {
  const cases: readonly [
    name: string,
    operation: string,
    body: string | Buffer,
    code: string,
    message: string | RegExp,
  ][] = [
    ['text that is no JSON', 'ListClusters', '{"a', 'SerializationException', /not a JSON document/],
    [
      'bytes that are no UTF-8',
      'ListClusters',
      Buffer.from([0x22, 0xff, 0x22]),
      'SerializationException',
      /not a JSON document/,
    ],
    ['a list at the top', 'ListClusters', '[]', 'SerializationException', 'Start of list found where not expected'],
    ['null at the top', 'ListClusters', 'null', 'SerializationException', 'Unexpected field type'],
    [
      'text for a number',
      'ListClusters',
      '{"maxResults":"1"}',
      'SerializationException',
      'STRING_VALUE cannot be converted to Integer',
    ],
    [
      'a number for text',
      'ListClusters',
      '{"nextToken":1}',
      'SerializationException',
      'NUMBER_VALUE cannot be converted to String',
    ],
    [
      'a structure for a list',
      'DescribeClusters',
      '{"clusters":{}}',
      'SerializationException',
      'Start of structure or map found where not expected.',
    ],
    [
      'a number that no double holds',
      'ListClusters',
      '{"maxResults":1e999}',
      'SerializationException',
      'Number out of range',
    ],
    [
      'a missing member',
      'DescribeTaskDefinition',
      '{}',
      'InvalidParameterException',
      'TaskDefinition can not be blank.',
    ],
    ['a missing list', 'DescribeTasks', '{}', 'InvalidParameterException', 'Tasks cannot be empty.'],
    ['a missing family', 'RegisterTaskDefinition', '{}', 'ClientException', 'Family can not be blank.'],
    ['an unknown operation', 'Nope', '{}', 'UnknownOperationException', 'Unknown operation Nope'],
    ['a name of the prototype', 'constructor', '{}', 'UnknownOperationException', 'Unknown operation constructor'],
  ];
  for (const [name, operation, body, code, message] of cases) {
    test(`${name} is ${code}`, async (t) => {
      const reply = await callJson(plane, `${ecs}.${operation}`, body);
      const error = JSON.parse(reply.body);
      if (error.__type === 'NotImplemented') return t.skip(`${operation} is not implemented`);
      assert.equal(reply.status, 400);
      assert.equal(reply.headers['content-type'], 'application/x-amz-json-1.1');
      assert.match(String(reply.headers['x-amzn-requestid']), /^[0-9a-f-]{36}$/);
      assert.equal(error.__type, code);
      if (typeof message === 'string') assert.equal(error.message, message);
      else assert.match(error.message, message);
    });
  }

  test('an empty body is an empty input, and unknown members are ignored', async () => {
    assert.equal((await callJson(plane, `${ecs}.ListClusters`, '')).status, 200);
    assert.equal((await callJson(plane, `${ecs}.ListClusters`, '{"unknown":[1]}')).status, 200);
  });

  test('an unknown target is UnknownOperationException', async () => {
    for (const target of ['Other_20120810.ListTables', 'nothing', '.', '']) {
      const reply = await callJson(plane, target, '{}');
      assert.equal(reply.status, 400);
      assert.equal(JSON.parse(reply.body).__type, 'UnknownOperationException');
    }
  });

  test('JSON 1.0 is answered in kind of the service', async () => {
    const headers = { 'x-amz-target': `${ecs}.ListClusters`, 'content-type': 'application/x-amz-json-1.0' };
    const reply = await send(plane.endpoint, await sign(plane, { headers, body: '{}' }));
    assert.equal(reply.status, 200);
  });

  test('a modelled error has its own class in the SDK', async () => {
    await assert.rejects(plane.ecs().send(new DescribeTaskDefinitionCommand({ taskDefinition: 'none' })), {
      name: 'ClientException',
      $fault: 'client',
    });
  });

  test('an operation that is not implemented says so, once', async () => {
    const client = plane.ecs({ maxAttempts: 3 });
    await assert.rejects(
      client.send(
        new CreateExpressGatewayServiceCommand({
          executionRoleArn: 'a',
          infrastructureRoleArn: 'b',
          primaryContainer: { image: 'c' },
        }),
      ),
      (error: Error & { $metadata: { httpStatusCode: number; attempts: number } }) => {
        assert.equal(error.name, 'NotImplemented');
        assert.match(error.message, /^Slipway does not implement ecs:CreateExpressGatewayService\./);
        assert.deepEqual([error.$metadata.httpStatusCode, error.$metadata.attempts], [400, 1]);
        return true;
      },
    );
  });
});

describe('the listener', () => {
  test('says who it is to a person and to a probe', async () => {
    const root = await send(plane.endpoint, { method: 'GET' });
    assert.equal(root.status, 200);
    assert.match(root.body, /^Slipway \d/);
    for (const path of ['/health', '/_slipway/health']) {
      const health = await send(plane.endpoint, { method: 'GET', path });
      assert.equal(JSON.parse(health.body).status, 'running');
    }
  });

  test('answers 404 on paths of no service', async () => {
    const reply = await send(plane.endpoint, { method: 'GET', path: '/2015-03-31/functions' });
    assert.equal(reply.status, 404);
    assert.equal(JSON.parse(reply.body).__type, 'UnknownOperationException');
  });

  test('refuses a body beyond the limit in the protocol of the client', async () => {
    const body = Buffer.alloc(17 * 1024 * 1024, 32);
    const json = await send(plane.endpoint, { headers: { 'x-amz-target': `${ecs}.ListClusters` }, body });
    assert.deepEqual([json.status, JSON.parse(json.body).__type], [413, 'RequestEntityTooLarge']);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'transfer-encoding': 'chunked' };
    const query = await send(plane.endpoint, { headers, body });
    assert.deepEqual([query.status, /<Code>(.*)<\/Code>/.exec(query.body)?.[1]], [413, 'RequestEntityTooLarge']);
    assert.equal((await plane.ecs().send(new ListClustersCommand())).$metadata.httpStatusCode, 200);
  });

  const exchange = (bytes: Buffer | string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(plane.endpoint).port), '127.0.0.1', () => socket.write(bytes));
      let answer = '';
      socket.on('data', (data) => {
        answer += data.toString('latin1');
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' ? resolve(answer) : reject(error),
      );
      socket.setTimeout(5_000, () => socket.destroy(new Error('the connection stayed open')));
    });

  test('drops a TLS client at once, without a word', async () => {
    const hello = Buffer.from('16030100a5010000a10303', 'hex');
    assert.equal(await exchange(hello), '');
  });

  test('answers 400 to what is no HTTP', async () => {
    assert.match(await exchange('hello\r\n\r\n'), /^HTTP\/1\.1 400 /);
  });

  test('answers 404 to an upgrade on a path of nobody', async () => {
    const upgrade = 'GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
    assert.match(await exchange(upgrade), /^HTTP\/1\.1 404 /);
  });
});
