import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { createTaskCredentials } from '../task-engine/credentials.ts';
import { type CredentialsFetch, openAuditLog } from './audit-log.ts';
import { answerCredentials } from './credentials-routes.ts';
import { fakeContainer, fakeTask, fakeTasks } from './fake-tasks.ts';

const at = (address: string, name: string) =>
  fakeContainer({
    name,
    metadataId: name,
    runtimeId: name,
    networks: [{ networkMode: 'bridge', ipv4Addresses: [address], ipv6Addresses: [] }],
  });
const owner = fakeTask({ arn: 'owner', roleCredentialsId: 'secret-id', containers: [at('172.17.0.2', 'owner')] });
const other = fakeTask({ arn: 'other', containers: [at('172.17.0.3', 'other')] });
const restarted = fakeTask({ arn: 'restarted', roleCredentialsId: 'not-here-yet', containers: [] });

const role = (credentialsId: string) => ({
  credentialsId,
  roleArn: 'r',
  accessKeyId: 'ASIAKEY',
  secretAccessKey: 'canary-secret',
  sessionToken: 'canary-token',
  expiration: '2026-01-01T00:00:00Z',
});

function serve() {
  const credentials = createTaskCredentials();
  credentials.put('owner', 'TaskApplication', role('secret-id'));
  credentials.put('owner', 'TaskExecution', role('execution-id'));
  const fetches: CredentialsFetch[] = [];
  const deps = {
    tasks: fakeTasks(owner, other, restarted),
    credentials,
    audit: { record: (fetch: CredentialsFetch) => fetches.push(fetch) },
  };
  const get = (path: string, address?: string) =>
    answerCredentials(deps, {
      path: path.split('?')[0]!,
      query: new URLSearchParams(path.split('?')[1]),
      address,
      port: 4_711,
      userAgent: 'aws-cli/2',
    });
  return { get, fetches };
}

describe("a task role's credentials", () => {
  it('are answered to the container whose id it is, in both forms, with an audit line', () => {
    const { get, fetches } = serve();
    for (const path of ['/v2/credentials/secret-id', '/v1/credentials?id=secret-id']) {
      for (const address of ['172.17.0.2', '::ffff:172.17.0.2', '127.0.0.1', undefined]) {
        assert.equal(get(path, address)?.status, 200, `${path} ${address}`);
      }
    }
    assert.deepEqual(fetches[0], {
      status: 200,
      path: '/v2/credentials',
      address: '172.17.0.2:4711',
      userAgent: 'aws-cli/2',
      taskArn: 'owner',
    });
    assert.equal(JSON.stringify(fetches).includes('secret-id'), false);
  });

  it("are not answered to another task's container, nor for the id of an execution role", () => {
    const { get, fetches } = serve();
    const stolen = get('/v2/credentials/secret-id', '172.17.0.3');
    const unknown = get('/v2/credentials/nobody', '172.17.0.3');
    assert.deepEqual(stolen, unknown);
    assert.equal(stolen?.status, 400);
    assert.equal(get('/v2/credentials/execution-id', '172.17.0.2')?.status, 400);
    assert.deepEqual([fetches[0]?.status, fetches[0]?.taskArn], [400, 'other']);
  });

  it('are said to be on their way while the control plane has not sent them', () => {
    const answer = serve().get('/v2/credentials/not-here-yet', '172.17.0.2');
    assert.equal(answer?.status, 503);
    assert.equal((answer!.body as { code: string }).code, 'CredentialsUninitialized');
  });

  it('need an id', () => {
    const { get } = serve();
    for (const path of ['/v2/credentials', '/v2/credentials/', '/v1/credentials']) {
      assert.equal((get(path)!.body as { code: string }).code, 'NoIdInRequest', path);
    }
    assert.equal(get('/v2/metadata'), undefined);
  });
});

test('the audit log has one line for each fetch, whatever callers send', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-audit-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'audit.log');
  const options = {
    file,
    cluster: 'default',
    containerInstanceArn: 'arn:i',
    clock: new FakeClock(),
    logger: silentLogger,
  };
  const log = await openAuditLog(options);
  const path = '/v2/credentials';
  log.record({ status: 200, path, address: '172.17.0.2:1', userAgent: 'aws cli "x"', taskArn: 'arn:t' });
  log.record({ status: 400, path, userAgent: 'a\n2026 200 forged' });
  await log.close();
  const time = new Date(options.clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z');
  assert.deepEqual((await readFile(file, 'utf8')).split('\n'), [
    `${time} 200 172.17.0.2:1 "/v2/credentials" "aws_cli_x" arn:t GetCredentials 1 default arn:i`,
    `${time} 400 - "/v2/credentials" "a_2026_200_forged" - GetCredentials 1 default arn:i`,
    '',
  ]);
});
