/** Signatures and tokens that were caught, edited, moved or made up. What a signature does not cover must not matter. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { FakeClock } from '#lib/clock.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { allow, makeUser, type TestCredentials, toCredentials } from '../../support/identities.ts';
import { type RawRequest, send, sign } from '../../support/raw.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
});
after(() => plane.close());

const json = (operation: string, body = '{}', more: Record<string, string> = {}): RawRequest => ({
  headers: {
    'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
    'content-type': 'application/x-amz-json-1.1',
    ...more,
  },
  body,
});

const answer = async (raw: RawRequest) => {
  const { status, body } = await send(plane.endpoint, raw);
  return [status, /"__type":"([^"]*)"|<Code>(.*)<\/Code>/.exec(body)?.slice(1).find(Boolean)];
};
const mismatch = [400, 'InvalidSignatureException'];
const changed = (raw: RawRequest, headers: Record<string, string>, more: RawRequest = {}): RawRequest => ({
  ...raw,
  ...more,
  headers: { ...raw.headers, ...headers },
});

describe('a signed request in other hands', () => {
  test('asks for what it asked for', async () => {
    const signed = await sign(plane, json('ListClusters'));
    assert.deepEqual(await answer(signed), [200, undefined]);
    const target = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.CreateCluster' };
    assert.deepEqual(await answer(changed(signed, target)), mismatch);
    assert.deepEqual(await answer(changed(signed, {}, { body: '{"clusters":[]}' })), mismatch);
    assert.deepEqual(await answer(changed(signed, {}, { method: 'PUT' })), mismatch);
    assert.deepEqual(await answer(changed(signed, {}, { path: '/?Action=CreateUser&UserName=eve' })), mismatch);
    assert.deepEqual(await answer(changed(signed, { host: 'elsewhere:4566' })), mismatch);
  });

  test('must have its target signed', async () => {
    const { headers, body } = json('ListClusters');
    const { 'x-amz-target': target, ...rest } = headers!;
    const signed = await sign(plane, { headers: rest, body: body! });
    assert.deepEqual(await answer(changed(signed, { 'x-amz-target': target! })), mismatch);
  });

  test('cannot be sent to another service or region, nor by another key', async () => {
    const signed = await sign(plane, json('ListClusters'));
    const authorization = signed.headers!['authorization']!;
    const { accessKeyId } = makeUser(plane, 'other-key', [allow('*')]).credentials;
    for (const [from, to] of [
      ['/us-east-1/', '/eu-west-1/'],
      ['/ecs/', '/iam/'],
      [plane.administrator.accessKeyId, accessKeyId],
    ] as const) {
      assert.deepEqual(await answer(changed(signed, { authorization: authorization.replace(from, to) })), mismatch, to);
    }
    const ofSts = await sign(plane, json('ListClusters'), { service: 'sts' });
    assert.deepEqual(await answer(ofSts), mismatch);
  });

  test('does not lose its body by saying that it is not signed', async () => {
    const signed = await sign(plane, json('CreateCluster', '{"clusterName":"a"}'));
    for (const word of [
      'UNSIGNED-PAYLOAD',
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    ]) {
      const evil = changed(signed, { 'x-amz-content-sha256': word }, { body: '{"clusterName":"b"}' });
      assert.deepEqual(await answer(evil), mismatch, word);
    }
    // A hash that the client states is not believed: the body's own counts.
    const stated = changed(signed, {}, { body: '{"clusterName":"b"}' });
    assert.deepEqual(await answer(stated), mismatch);
  });

  /** Node's client joins or refuses duplicate headers, so these are written by hand. */
  const raw = (lines: readonly string[], body: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(plane.endpoint);
      let text = '';
      const socket = connect(Number(port), hostname, () =>
        socket.write(`POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`),
      );
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('error', reject).on('close', () => resolve(text));
    });

  test('means the same with headers twice, or is refused', async () => {
    const signed = await sign(plane, json('ListClusters'));
    const lines = Object.entries({ ...signed.headers, 'content-length': '2' }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    assert.match(await raw(lines, '{}'), /^HTTP\/1.1 200/);
    const target = 'x-amz-target: AmazonEC2ContainerServiceV20141113.CreateCluster';
    for (const more of [
      target,
      'host: evil',
      'x-amz-date: 20200101T000000Z',
      'content-length: 40',
      'transfer-encoding: chunked',
    ]) {
      for (const all of [
        [more, ...lines],
        [...lines, more],
      ]) {
        const reply = await raw(all, '{}');
        const isTheSame = reply.startsWith('HTTP/1.1 200') && reply.includes('{"clusterArns":[]}');
        assert.ok(isTheSame || /^HTTP\/1.1 4/.test(reply), `${more}: ${reply}`);
      }
    }
    const second = lines.find((line) => line.startsWith('authorization'))!.replace(/Signature=./, 'Signature=0');
    assert.doesNotMatch(await raw([second, ...lines], '{}'), /^HTTP\/1.1 200/);
  });
});

describe('a presigned URL', () => {
  const key = (secret: string, ...parts: string[]) =>
    parts.reduce<string | Buffer>((value, part) => createHmac('sha256', value).update(part).digest(), `AWS4${secret}`);

  function presign(query: Record<string, string>, atMs: number, seconds: number): string {
    const { accessKeyId, secretAccessKey } = plane.administrator;
    const date = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = `${date.slice(0, 8)}/us-east-1/sts/aws4_request`;
    const all = {
      ...query,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${accessKeyId}/${scope}`,
      'X-Amz-Date': date,
      'X-Amz-Expires': String(seconds),
      'X-Amz-SignedHeaders': 'host',
    };
    const canonical = Object.entries(all)
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .sort()
      .join('&');
    const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
    const text = `GET\n/\n${canonical}\nhost:${new URL(plane.endpoint).host}\n\nhost\n${hashOf('')}`;
    const signing = key(secretAccessKey, date.slice(0, 8), 'us-east-1', 'sts', 'aws4_request');
    const signature = createHmac('sha256', signing)
      .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${hashOf(text)}`)
      .digest('hex');
    return `/?${canonical}&X-Amz-Signature=${signature}`;
  }
  const who = { Action: 'GetCallerIdentity', Version: '2011-06-15' };
  const get = async (path: string, more: RawRequest = {}) =>
    (await send(plane.endpoint, { method: 'GET', path, ...more })).status;

  test('works as it is, for as long as it says', async () => {
    const now = Date.now();
    assert.equal(await get(presign(who, now, 60)), 200);
    assert.equal(await get(presign(who, now - 61_000, 60)), 403);
    assert.equal(await get(presign(who, now - 3_000_000, 3_600)), 200);
  });

  test('does nothing else', async () => {
    const path = presign(who, Date.now(), 60);
    assert.equal(await get(path.replace('GetCallerIdentity', 'GetSessionToken')), 403);
    assert.equal(await get(`${path}&Action=GetSessionToken`), 403);
    assert.equal(await get(path.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000')), 403);
    assert.equal(await get(path, { method: 'POST' }), 403);
    const body = 'Action=GetSessionToken';
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) };
    assert.equal(await get(path, { headers, body }), 403);
    const target = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters' };
    assert.equal(await get(path, { headers: target }), 400);
    assert.equal(await get(path.replace('host&', 'host%3Bx-evil&')), 403);
    assert.equal(await get(presign(who, Date.now(), 604_801)), 400);
  });
});

describe('a session token', () => {
  const whoAmI = (credentials: TestCredentials, at = plane) =>
    at.sts({ credentials }).send(new GetCallerIdentityCommand());
  const session = async (at: TestControlPlane) => {
    const ada = makeUser(at, `ada-${Math.random()}`, [allow('*')]);
    const sts = at.sts({ credentials: ada.credentials });
    return toCredentials((await sts.send(new GetSessionTokenCommand())).Credentials as never);
  };

  test('is worth nothing with one bit changed, cut or made longer', async () => {
    const good = await session(plane);
    await whoAmI(good);
    const token = good.sessionToken!;
    const bytes = Buffer.from(token, 'base64');
    const edits = [token.slice(0, -4), `${token}AAAA`, `${token}=`, 'x', token.slice(4)];
    for (let at = 0; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 40))) {
      const edited = Buffer.from(bytes);
      edited[at] = edited[at]! ^ 1;
      edits.push(edited.toString('base64'));
    }
    for (const sessionToken of edits) {
      await assert.rejects(whoAmI({ ...good, sessionToken }), { name: /InvalidClientTokenId|IncompleteSignature/ });
    }
  });

  test('of another data directory is nobody here, with the same account and secret too', async () => {
    const other = await startTestControlPlane();
    try {
      const foreign = await session(other);
      await whoAmI(foreign, other);
      await assert.rejects(whoAmI(foreign), { name: 'InvalidClientTokenId' });
      const { accessKeyId, secretAccessKey } = other.administrator;
      await assert.rejects(whoAmI({ accessKeyId, secretAccessKey }), { name: 'InvalidClientTokenId' });
    } finally {
      await other.close();
    }
  });

  test('does not go with a long-lived key, nor its key without it', async () => {
    const good = await session(plane);
    const { accessKeyId, secretAccessKey } = plane.administrator;
    const mixed = { accessKeyId, secretAccessKey, sessionToken: good.sessionToken! };
    await assert.rejects(whoAmI(mixed), { name: 'InvalidClientTokenId' });
    const { sessionToken: _, ...bare } = good;
    await assert.rejects(whoAmI(bare), { name: 'InvalidClientTokenId' });
  });

  test('cannot be used again after it has expired', async () => {
    const clock = new FakeClock(Date.now());
    const own = await startTestControlPlane({ clock });
    try {
      const ada = makeUser(own, 'ada', [allow('*')]);
      const client = own.sts({ credentials: ada.credentials });
      const { Credentials } = await client.send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
      const session = toCredentials(Credentials as never);
      const signed = (at: number) =>
        own.ecs({ credentials: session, systemClockOffset: at } as never).send(new ListClustersCommand());
      await signed(0);
      clock.advance(901_000);
      const late = own.ecs({ credentials: session });
      late.config.systemClockOffset = 901_000;
      await assert.rejects(late.send(new ListClustersCommand()), { name: 'ExpiredTokenException' });
    } finally {
      await own.close();
    }
  });
});
