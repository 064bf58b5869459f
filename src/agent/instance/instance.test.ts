import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import { inodeOf, isContainerGroup } from './caller-process.ts';
import { createInstanceRole, type InstanceFacts } from './instance-role.ts';
import { createInstanceMetadata } from './metadata-service.ts';

const identity = { instanceId: 'i-1', accessKeyId: 'AKIA', secretAccessKey: 's' };

function factsAt(nowMs: number, id: string): InstanceFacts {
  return {
    instanceId: 'i-1',
    account: '123456789012',
    region: 'us-east-1',
    availabilityZone: 'us-east-1a',
    launchedAt: 0,
    instanceProfileArn: 'arn:aws:iam::123456789012:instance-profile/p',
    instanceProfileId: 'AIPA1',
    roleName: 'r',
    accessKeyId: id,
    secretAccessKey: 'secret',
    sessionToken: 'token',
    issuedAt: nowMs / 1000,
    expiresAt: nowMs / 1000 + 6 * 3_600,
  };
}

function start(away: () => boolean = () => false) {
  const clock = new FakeClock();
  let asked = 0;
  const role = createInstanceRole({
    target: { endpoint: 'http://127.0.0.1:1', region: 'us-east-1' },
    identity,
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    fetchFacts: async () => {
      asked += 1;
      if (away()) throw new Error('away');
      return factsAt(clock.now(), `ASIA${asked}`);
    },
  });
  return { clock, role, asked: () => asked };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("the instance's role", () => {
  it('is asked for once, and again every ten minutes', async () => {
    const { clock, role, asked } = start();
    const all = await Promise.all([role.provider(), role.provider()]);
    assert.deepEqual(
      all.map((one) => one.accessKeyId),
      ['ASIA1', 'ASIA1'],
    );
    assert.equal(all[0]?.expiration?.getTime(), clock.now() + 20 * 60_000);
    clock.advance(600_000 - 1);
    await settled();
    assert.equal(asked(), 1);
    clock.advance(1);
    await settled();
    assert.equal((await role.provider()).accessKeyId, 'ASIA2');
    role.close();
  });

  it('serves the old ones while the control plane is away, tries on, and says no when they are over', async () => {
    let isAway = false;
    const { clock, role } = start(() => isAway);
    await role.provider();
    isAway = true;
    for (let i = 0; i < 12 * 5; i++) {
      clock.advance(300_000);
      await settled();
    }
    const old = await role.provider();
    assert.equal(old.accessKeyId, 'ASIA1');
    assert.equal(old.expiration?.getTime(), clock.now() + 20 * 60_000);
    for (let i = 0; i < 12; i++) {
      clock.advance(300_000);
      await settled();
    }
    await assert.rejects(role.provider(), /away/);
    isAway = false;
    assert.match((await role.provider()).accessKeyId, /^ASIA\d+$/);
    role.close();
  });
});

describe('the instance metadata service', () => {
  const serve = () => {
    const clock = new FakeClock();
    const answer = createInstanceMetadata({
      facts: async () => factsAt(0, 'ASIA1'),
      clock,
      random: seededRandom(1),
      logger: silentLogger,
    });
    const put = (headers: Record<string, string>) => answer({ method: 'PUT', url: '/latest/api/token', headers });
    const get = (url: string, token?: string) =>
      answer({ method: 'GET', url, headers: token ? { 'x-aws-ec2-metadata-token': token } : {} });
    return { clock, put, get, answer };
  };
  const ttl = (seconds: string) => ({ 'x-aws-ec2-metadata-token-ttl-seconds': seconds });

  it('answers nothing without a token that is its own and has not expired', async () => {
    const { clock, put, get } = serve();
    const { text: token } = await put(ttl('60'));
    assert.equal((await get('/latest/meta-data/instance-id', token)).text, 'i-1');
    for (const wrong of [undefined, 'x', `${token.slice(0, -2)}AA`]) {
      assert.equal((await get('/latest/meta-data/instance-id', wrong)).status, 401);
    }
    clock.advance(60_000);
    assert.equal((await get('/latest/meta-data/instance-id', token)).status, 401);
  });

  it('gives tokens for 1 to 21600 seconds, and none to requests that were passed on', async () => {
    const { put, answer } = serve();
    assert.equal((await put(ttl('21600'))).status, 200);
    for (const bad of ['0', '21601', 'x', '1.5']) assert.equal((await put(ttl(bad))).status, 400);
    assert.equal((await put({})).status, 400);
    assert.equal((await put({ ...ttl('60'), 'x-forwarded-for': '10.0.0.1' })).status, 403);
    assert.equal((await answer({ method: 'POST', url: '/latest/api/token', headers: ttl('60') })).status, 405);
  });

  it('lists and answers as EC2 does', async () => {
    const { put, get } = serve();
    const { text: token } = await put(ttl('60'));
    const read = async (path: string) => (await get(path, token)).text;
    assert.equal(await read('/latest/meta-data/iam/security-credentials/'), 'r');
    assert.deepEqual(JSON.parse(await read('/2021-07-15/meta-data/iam/security-credentials/r')), {
      Code: 'Success',
      LastUpdated: '1970-01-01T00:00:00Z',
      Type: 'AWS-HMAC',
      AccessKeyId: 'ASIA1',
      SecretAccessKey: 'secret',
      Token: 'token',
      Expiration: '1970-01-01T06:00:00Z',
    });
    assert.equal(await read('/latest/meta-data/placement/'), 'availability-zone\nregion');
    assert.equal(await read('/latest/meta-data/placement/availability-zone'), 'us-east-1a');
    assert.equal(JSON.parse(await read('/latest/dynamic/instance-identity/document')).instanceId, 'i-1');
    for (const none of ['/latest/meta-data/nothing', '/latest/user-data', '/other', '/latest/meta-data/__proto__']) {
      assert.equal((await get(none, token)).status, 404, none);
    }
  });
});

describe('the caller of the metadata service', () => {
  it('is found by the ports of its connection', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:C9E0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0000 100 0 0 10 0',
      '   1: 0100007F:C9E0 0100007F:1234 01 00000000:00000000 00:00000000 00000000     0        0 22 1 0000 100 0 0 10 0',
      '   2: 0100007F:1234 0100007F:C9E0 01 00000000:00000000 00:00000000 00000000  1000        0 33 1 0000 100 0 0 10 0',
    ].join('\n');
    assert.equal(inodeOf(table, { remotePort: 0x1234, localPort: 0xc9e0 }), '33');
    assert.equal(inodeOf(table, { remotePort: 0x9999, localPort: 0xc9e0 }), undefined);
  });

  it('is known as a container by its control group', () => {
    for (const group of [
      '9:memory:/docker/0123',
      '0::/system.slice/docker-0123.scope',
      '9:memory:/ecs/0123/4567',
      '0::/ecstasks.slice/ecstasks-0123.slice/docker-4567.scope',
      '0::/machine.slice/libpod-0123.scope',
    ]) {
      assert.ok(isContainerGroup(group), group);
    }
    for (const group of ['0::/user.slice/user-0.slice/session-1.scope', '0::/system.slice/docker.service', '0::/']) {
      assert.ok(!isContainerGroup(group), group);
    }
  });
});
