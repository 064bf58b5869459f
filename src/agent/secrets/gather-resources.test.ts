/** Secrets and registry credentials against a server that speaks the three services' JSON. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import type { AgentContainer, AgentTask, RoleCredentials } from '#model/agent-messages.ts';
import { createTaskCredentials } from '../task-engine/credentials.ts';
import { TaskResourceError } from '../task-engine/task-resources.ts';
import { createGatherResources } from './gather-resources.ts';
import { parseSecretReference } from './secret-reference.ts';

const taskArn = 'arn:aws:ecs:us-east-1:123456789012:task/default/1';
const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf';
const role: RoleCredentials = {
  credentialsId: 'id',
  roleArn: 'r',
  accessKeyId: 'ASIAEXECUTION',
  secretAccessKey: 's',
  sessionToken: 't',
  expiration: '2099-01-01T00:00:00Z',
};

interface Call {
  readonly operation: string;
  readonly by: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client sends
  readonly input: any;
}
type Reply = { readonly status?: number; readonly body: object };

let server: Server;
let endpoint = '';
let calls: Call[] = [];
let replies: Record<string, (input: Call['input']) => Reply> = {};

before(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.')[1]!;
      const input = JSON.parse(Buffer.concat(chunks).toString());
      const by = /Credential=(\w+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
      calls.push({ operation, by, input });
      const { status = 200, body } = replies[operation]!(input);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'request-1' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  calls = [];
  replies = {
    GetParameters: ({ Names }: { Names: string[] }) => ({
      body: {
        Parameters: Names.filter((name) => !name.includes('missing')).map((Name) => ({
          Name,
          Value: `value of ${Name}`,
        })),
        InvalidParameters: Names.filter((name) => name.includes('missing')),
      },
    }),
    GetSecretValue: () => ({ body: { SecretString: '{"username":"u","password":"p","port":5432}' } }),
    GetAuthorizationToken: () => ({
      body: {
        authorizationData: [
          { authorizationToken: Buffer.from('AWS:token').toString('base64'), expiresAt: 4_000_000_000 },
        ],
      },
    }),
  };
});

const secret = (name: string, valueFrom: string, target: 'CONTAINER' | 'LOG_DRIVER' = 'CONTAINER') => ({
  name,
  valueFrom,
  region: 'us-east-1',
  provider: valueFrom.includes(':secretsmanager:') ? ('asm' as const) : ('ssm' as const),
  type: 'ENVIRONMENT_VARIABLE' as const,
  target,
});
const container = (name: string, more: Partial<AgentContainer> = {}): AgentContainer => ({
  name,
  image: 'registry.local:5000/team/app:1',
  ...more,
});
const task = (...containers: AgentContainer[]): AgentTask => ({ arn: taskArn, desiredStatus: 'RUNNING', containers });

function gather(of: AgentTask, known = true) {
  const credentials = createTaskCredentials();
  if (known) credentials.put(taskArn, 'TaskExecution', role);
  const run = createGatherResources({
    endpoint,
    clock: systemClock,
    credentials: async () => ({ accessKeyId: 'ASIAINSTANCE', secretAccessKey: 's' }),
  });
  return { found: run(of, credentials, new AbortController().signal), credentials, run };
}

const start =
  'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ';
const fails = async (of: AgentTask): Promise<string> => {
  const error = await gather(of).found.then(
    () => assert.fail('it was gathered'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TaskResourceError, String(error));
  assert.ok(error.message.startsWith(start), error.message);
  return error.message.slice(start.length);
};

describe('secrets of a task', () => {
  it('come from both stores, with the execution role, each asked for once', async () => {
    const names = Array.from({ length: 12 }, (_, i) => secret(`P${i}`, `/p/${i}`));
    const both = [...names, secret('ALL', secretArn), secret('PASSWORD', `${secretArn}:password::`)];
    const other = [secret('PORT', `${secretArn}:port::`), secret('splunk-token', '/p/1', 'LOG_DRIVER')];
    const found = await gather(task(container('a', { secrets: both }), container('b', { secrets: other }))).found;
    assert.equal(found.get('a')!.environment['P11'], 'value of /p/11');
    assert.equal(found.get('a')!.environment['PASSWORD'], 'p');
    assert.equal(found.get('a')!.environment['ALL'], '{"username":"u","password":"p","port":5432}');
    assert.deepEqual(found.get('b')!.environment, { PORT: '5432' });
    assert.deepEqual(found.get('b')!.logOptions, { 'splunk-token': 'value of /p/1' });
    assert.deepEqual(calls.map(({ operation }) => operation).sort(), [
      'GetParameters',
      'GetParameters',
      'GetSecretValue',
    ]);
    assert.ok(calls.every(({ by }) => by === 'ASIAEXECUTION'));
    assert.ok(calls.every(({ input }) => !input.Names || (input.WithDecryption && input.Names.length <= 10)));
  });

  it('are asked for by stage and id', async () => {
    await gather(task(container('a', { secrets: [secret('A', `${secretArn}::AWSPREVIOUS:v1`)] }))).found;
    assert.deepEqual(calls[0]!.input, { SecretId: secretArn, VersionStage: 'AWSPREVIOUS', VersionId: 'v1' });
  });

  it('wait for the credentials of the execution role', async () => {
    const { found, credentials } = gather(task(container('a', { secrets: [secret('A', '/p/1')] })), false);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(calls.length, 0);
    credentials.put(taskArn, 'TaskExecution', role);
    assert.equal((await found).get('a')!.environment['A'], 'value of /p/1');
  });

  it('fail in the words of ECS', async () => {
    const one = (valueFrom: string) => task(container('a', { secrets: [secret('A', valueFrom)] }));
    assert.equal(
      await fails(one('/missing')),
      'unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /missing',
    );
    const denied = { status: 400, body: { __type: 'AccessDeniedException', message: 'User: u is not authorized' } };
    replies['GetParameters'] = () => denied;
    assert.equal(
      await fails(one('/p/1')),
      'unable to retrieve secrets from ssm: service call has been retried 1 time(s): operation error SSM: GetParameters, https response error StatusCode: 400, RequestID: request-1, api error AccessDeniedException: User: u is not authorized',
    );
    replies['GetSecretValue'] = () => ({
      status: 400,
      body: { __type: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." },
    });
    assert.equal(
      await fails(one(secretArn)),
      `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${secretArn} from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: request-1, ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
    );
  });

  it('fail without quoting their value', async () => {
    replies['GetSecretValue'] = () => ({ body: { SecretString: 'canary, not JSON' } });
    const words = await fails(task(container('a', { secrets: [secret('A', `${secretArn}:key::`)] })));
    assert.match(words, /is not valid JSON$/);
    assert.equal(words.includes('canary'), false);
    replies['GetSecretValue'] = () => ({ body: { SecretString: '{"other":"canary"}' } });
    assert.equal(
      await fails(task(container('a', { secrets: [secret('A', `${secretArn}:constructor::`)] }))),
      'unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key constructor',
    );
  });
});

describe('credentials of a registry', () => {
  const ecr = (useExecutionRole: boolean) => ({
    registryAuthentication: {
      type: 'ecr' as const,
      ecrAuthData: { region: 'us-east-1', registryId: '123456789012', endpointOverride: endpoint, useExecutionRole },
    },
  });

  it('are those of a secret', async () => {
    const asmAuthData = { region: 'us-east-1', credentialsParameter: secretArn };
    const found = await gather(task(container('a', { registryAuthentication: { type: 'asm', asmAuthData } }))).found;
    assert.deepEqual(found.get('a')!.registryAuth, {
      username: 'u',
      password: 'p',
      serverAddress: 'registry.local:5000',
    });
  });

  it('are a token of ECR, by the execution role or else by the instance, and kept', async () => {
    const { found, run, credentials } = gather(task(container('a', ecr(true)), container('b')));
    const auth = { username: 'AWS', password: 'token', serverAddress: 'registry.local:5000' };
    assert.deepEqual((await found).get('a')!.registryAuth, auth);
    assert.equal((await found).get('b')!.registryAuth, undefined);
    await run(task(container('a', ecr(true))), credentials, new AbortController().signal);
    await run(task(container('a', ecr(false))), credentials, new AbortController().signal);
    assert.deepEqual(
      calls.map(({ by }) => by),
      ['ASIAEXECUTION', 'ASIAINSTANCE'],
    );
    assert.deepEqual(calls[0]!.input, { registryIds: ['123456789012'] });
  });

  it('are refused in the words of ECS', async () => {
    replies['GetAuthorizationToken'] = () => ({
      status: 400,
      body: { __type: 'AccessDeniedException', message: 'no' },
    });
    assert.equal(
      await fails(task(container('a', ecr(true)))),
      'unable to retrieve ecr registry auth: service call has been retried 1 time(s): operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: request-1, api error AccessDeniedException: no',
    );
  });
});

describe('what valueFrom means', () => {
  const table: [string, ReturnType<typeof parseSecretReference>][] = [
    [secretArn, { secretId: secretArn }],
    [`${secretArn}:key::`, { secretId: secretArn, jsonKey: 'key' }],
    [`${secretArn}:::id`, { secretId: secretArn, versionId: 'id' }],
    [
      `${secretArn}:k:AWSCURRENT:id`,
      { secretId: secretArn, jsonKey: 'k', versionStage: 'AWSCURRENT', versionId: 'id' },
    ],
    [`${secretArn}:key`, undefined],
    ['name', undefined],
  ];
  for (const [valueFrom, reference] of table) {
    it(valueFrom, () => assert.deepEqual(parseSecretReference(valueFrom), reference));
  }
});
