/** Garbage of every kind: always an answer, never an internal failure, and the next request is served as if nothing was. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import * as logsSchemas from '@aws-sdk/client-cloudwatch-logs';
import * as ecrSchemas from '@aws-sdk/client-ecr';
import * as ecrPublicSchemas from '@aws-sdk/client-ecr-public';
import * as ecsSchemas from '@aws-sdk/client-ecs';
import { CreateClusterCommand, ListClustersCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import * as kmsSchemas from '@aws-sdk/client-kms';
import * as secretsSchemas from '@aws-sdk/client-secrets-manager';
import * as ssmSchemas from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { isOperationSchema, toOperation } from '#protocol/schema/shape.ts';
import { handlers as ecrHandlers } from '#services/ecr/handlers.ts';
import { handlers as ecrPublicHandlers } from '#services/ecr-public/handlers.ts';
import { handlers as ecsHandlers } from '#services/ecs/handlers.ts';
import { handlers as kmsHandlers } from '#services/kms/handlers.ts';
import { handlers as logsHandlers } from '#services/logs/handlers.ts';
import { handlers as secretsHandlers } from '#services/secretsmanager/handlers.ts';
import { handlers as ssmHandlers } from '#services/ssm/handlers.ts';
import { arbitraryInput } from '../../support/arbitrary-input.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { callJson, type RawReply, send, sign } from '../../support/raw.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 120);
const settings = { seed, numRuns, endOnFailure: true };
const again = `FUZZ_SEED=${seed} node --test test/contract/protocol/fuzz.test.ts`;

let plane: TestControlPlane;
const failures: string[] = [];
before(async () => {
  process.stdout.write(`# repeat with: ${again}\n`);
  const log = (message: string, fields: object = {}) => {
    const { error } = fields as { error?: Error };
    failures.push(`${message}: ${error?.stack}`);
  };
  const logger = { debug() {}, info() {}, warn() {}, error: log, with: () => logger };
  plane = await startTestControlPlane({ logger });
});
after(() => plane.close());

function check(reply: RawReply, what: unknown): void {
  assert.ok(reply.status < 500, `${reply.status} for ${JSON.stringify(what)}\n${failures.at(-1)}\n${again}`);
}

const headerText = fc
  .string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 60,
  })
  .map((text) => text.trim());
const target = fc.oneof(
  headerText,
  fc.constantFrom(
    ...Object.keys(ecsHandlers).map((name) => `AmazonEC2ContainerServiceV20141113.${name}`),
    ...Object.keys(logsHandlers).map((name) => `Logs_20140328.${name}`),
    'AmazonEC2ContainerServiceV20141113.',
    'AmazonEC2ContainerServiceV20141113.__proto__',
    'Logs_20140328.toString',
  ),
);
const contentType = fc.oneof(
  headerText,
  fc.constantFrom(
    'application/x-amz-json-1.1',
    'application/x-amz-json-1.0',
    'application/x-www-form-urlencoded',
    'text/xml',
  ),
);
const memberNames =
  'cluster clusterName clusters taskDefinition family containerDefinitions name image memory cpu tags key value tasks services service maxResults nextToken status attributes containerInstances resourceArn logGroupName logStreamName logEvents message timestamp filterPattern networkMode volumes settings __proto__ constructor'.split(
    ' ',
  );
const { tree } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      'default',
      'a:1',
      'arn:aws:ecs:us-east-1:123456789012:cluster/x',
      'arn:',
      'ACTIVE',
      '*',
      '',
      'x'.repeat(5000),
    ),
    fc.double(),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
  ),
  tree: fc.oneof(
    { maxDepth: 5 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...memberNames), tie('tree'), { maxKeys: 6 }),
  ),
}));
const json = fc.oneof(
  tree.map((value) => JSON.stringify(value) ?? ''),
  fc.json(),
  fc.string({ unit: 'binary' }),
);
const form = fc
  .array(
    fc.tuple(
      fc.oneof(headerText, fc.constantFrom('Action', 'Version', 'RoleArn', 'Tags.member.1.Key', 'a.'.repeat(200))),
      headerText,
    ),
  )
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));
const path = fc.oneof(
  fc.constantFrom(
    '/',
    '/?Action=GetCallerIdentity',
    '/?X-Amz-Credential=a/b&X-Amz-Signature=c',
    '/%',
    '/%ff?%ff=%',
    '//',
    '/..',
    '/?',
  ),
  fc.webPath().map((text) => text || '/'),
);
const authorization = fc.oneof(
  fc.constant(undefined),
  headerText,
  fc
    .tuple(headerText, headerText, headerText)
    .map((parts) => `AWS4-HMAC-SHA256 Credential=${parts[0]}, SignedHeaders=${parts[1]}, Signature=${parts[2]}`),
  fc.constant('AWS4-HMAC-SHA256 Credential=AKIA/20260102/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=00'),
);

test('unsigned garbage', async () => {
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD'),
    path,
    target: fc.option(target, { nil: undefined }),
    contentType,
    authorization,
    date: fc.option(headerText, { nil: undefined }),
    body: fc.oneof(json, form),
  });
  await fc.assert(
    fc.asyncProperty(request, async (raw) => {
      const headers = Object.fromEntries(
        Object.entries({
          'x-amz-target': raw.target,
          'content-type': raw.contentType,
          authorization: raw.authorization,
          'x-amz-date': raw.date,
        }).filter((entry): entry is [string, string] => entry[1] !== undefined),
      );
      check(
        await send(plane.endpoint, { method: raw.method, path: raw.path, headers, body: Buffer.from(raw.body) }),
        raw,
      );
    }),
    settings,
  );
});

test('signed garbage for every operation that there is', async () => {
  const operations = [
    ...Object.keys(ecsHandlers).map((name) => ({
      service: 'ecs',
      target: `AmazonEC2ContainerServiceV20141113.${name}`,
    })),
    ...Object.keys(logsHandlers).map((name) => ({ service: 'logs', target: `Logs_20140328.${name}` })),
    ...Object.keys(kmsHandlers).map((name) => ({ service: 'kms', target: `TrentService.${name}` })),
    ...Object.keys(ecrHandlers).map((name) => ({
      service: 'ecr',
      target: `AmazonEC2ContainerRegistry_V20150921.${name}`,
    })),
    ...Object.keys(ecrPublicHandlers).map((name) => ({
      service: 'ecr-public',
      target: `SpencerFrontendService.${name}`,
    })),
    ...Object.keys(ssmHandlers).map((name) => ({ service: 'ssm', target: `AmazonSSM.${name}` })),
    ...Object.keys(secretsHandlers).map((name) => ({ service: 'secretsmanager', target: `secretsmanager.${name}` })),
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...operations), json, async (operation, body) => {
      const headers = { 'x-amz-target': operation.target, 'content-type': 'application/x-amz-json-1.1' };
      const bytes = Buffer.from(body);
      const signed = await sign(plane, { headers, body: bytes }, { service: operation.service });
      check(await send(plane.endpoint, signed), { operation, body });
    }),
    { ...settings, numRuns: numRuns * 4 },
  );
});

test('inputs of the right types and any content, for every operation that there is', async () => {
  await plane.ecs().send(new CreateClusterCommand({}));
  const containerDefinitions = [{ name: 'a', image: 'b', memory: 8 }];
  await plane.ecs().send(new RegisterTaskDefinitionCommand({ family: 'hello', containerDefinitions }));
  const services = [
    { service: 'ecs', prefix: 'AmazonEC2ContainerServiceV20141113', schemas: ecsSchemas, handlers: ecsHandlers },
    { service: 'logs', prefix: 'Logs_20140328', schemas: logsSchemas, handlers: logsHandlers },
    { service: 'kms', prefix: 'TrentService', schemas: kmsSchemas, handlers: kmsHandlers },
    { service: 'ecr', prefix: 'AmazonEC2ContainerRegistry_V20150921', schemas: ecrSchemas, handlers: ecrHandlers },
    { service: 'ecr-public', prefix: 'SpencerFrontendService', schemas: ecrPublicSchemas, handlers: ecrPublicHandlers },
    { service: 'ssm', prefix: 'AmazonSSM', schemas: ssmSchemas, handlers: ssmHandlers },
    { service: 'secretsmanager', prefix: 'secretsmanager', schemas: secretsSchemas, handlers: secretsHandlers },
  ];
  const calls = services.flatMap(({ service, prefix, schemas, handlers }) =>
    Object.values(schemas as Record<string, unknown>)
      .filter(isOperationSchema)
      .map(toOperation)
      .filter(({ name }) => Object.hasOwn(handlers, name))
      .map(({ name, input }) =>
        arbitraryInput(input).map((value) => ({ service, target: `${prefix}.${name}`, body: JSON.stringify(value) })),
      ),
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(...calls), async ({ service, target, body }) => {
      const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' };
      check(await send(plane.endpoint, await sign(plane, { headers, body }, { service })), { target, body });
    }),
    { ...settings, numRuns: numRuns * 8 },
  );
});

test('signed garbage in forms', async () => {
  await fc.assert(
    fc.asyncProperty(form, async (body) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      check(
        await send(plane.endpoint, await sign(plane, { headers, body: Buffer.from(body) }, { service: 'sts' })),
        body,
      );
    }),
    settings,
  );
});

test('depth and size', async () => {
  const operation = 'AmazonEC2ContainerServiceV20141113.DescribeClusters';
  for (const body of [
    `${'['.repeat(1_000_000)}`,
    `{"clusters":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
    `{"clusters":${'{"clusters":'.repeat(300_000)}1${'}'.repeat(300_001)}`,
    `{"clusters":[${'"x",'.repeat(500_000)}"x"]}`,
    `{"maxResults":${'9'.repeat(1_000_000)}}`,
  ]) {
    check(await callJson(plane, operation, body), body.slice(0, 40));
  }
});

test('garbage instead of HTTP', async () => {
  const port = Number(new URL(plane.endpoint).port);
  const sendBytes = (bytes: Uint8Array) =>
    new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
    });
  await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), sendBytes), {
    ...settings,
    numRuns: 40,
  });
});

test('after all that the next request is served, and nothing has failed in the background', async () => {
  assert.deepEqual(failures, [], again);
  await plane.ecs().send(new ListClustersCommand());
});
