import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { AssumeRootCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { send, sign } from '../../support/raw.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
});
after(() => plane.close());

describe('GetCallerIdentity', () => {
  test('answers who the key is of', async () => {
    const { $metadata, ...identity } = await plane.sts().send(new GetCallerIdentityCommand());
    assert.deepEqual(identity, {
      UserId: plane.account,
      Account: plane.account,
      Arn: `arn:aws:iam::${plane.account}:root`,
    });
    assert.match($metadata.requestId!, /^[0-9a-f-]{36}$/);
  });

  test('answers a presigned URL', async () => {
    const url = new URL(plane.endpoint);
    const sha256 = class {
      readonly #hash;
      constructor(key?: Uint8Array) {
        this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
      }
      update(data: Uint8Array | string) {
        this.#hash.update(data);
      }
      digest = async () => new Uint8Array(this.#hash.digest());
    };
    const { credentials, region } = plane.clientConfig();
    const signer = new SignatureV4({ service: 'sts', region, credentials, sha256: sha256 as never });
    const { query } = await signer.presign({
      method: 'GET',
      protocol: 'http:',
      hostname: url.hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: url.host },
    });
    const path = `/?${new URLSearchParams(query as Record<string, string>)}`;
    const reply = await send(plane.endpoint, { method: 'GET', path });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], 'text/xml');
    assert.match(reply.body, new RegExp(`<Account>${plane.account}</Account>`));
    assert.match(reply.body, new RegExp(`<RequestId>${reply.headers['x-amzn-requestid']}</RequestId>`));
    const other = await send(plane.endpoint, {
      method: 'GET',
      path: path.replace('GetCallerIdentity', 'GetSessionToken'),
    });
    assert.match(other.body, /<Code>SignatureDoesNotMatch<\/Code>/);
  });
});

describe('what STS does not do here', () => {
  test('is refused by name, and not as something to retry', async () => {
    const started = plane.sts({ maxAttempts: 3 });
    const input = { TargetPrincipal: '123456789012', TaskPolicyArn: { arn: 'arn:aws:iam::aws:policy/root-task/x' } };
    await assert.rejects(
      started.send(new AssumeRootCommand(input)),
      (error: Error & { $metadata: { attempts: number } }) => {
        assert.equal(error.name, 'NotImplemented');
        assert.match(error.message, /sts:AssumeRoot.*docs\/compatibility\.md/);
        assert.equal(error.$metadata.attempts, 1);
        return true;
      },
    );
  });

  const form = (body: string) => ({
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const errorOf = async (body: string) => {
    const reply = await send(plane.endpoint, await sign(plane, form(body), { service: 'sts' }));
    return [reply.status, /<Code>(.*)<\/Code>/.exec(reply.body)?.[1], /<Type>(.*)<\/Type>/.exec(reply.body)?.[1]];
  };

  test('an action or a version that AWS does not have is InvalidAction', async () => {
    assert.deepEqual(await errorOf('Action=Nope&Version=2011-06-15'), [400, 'InvalidAction', 'Sender']);
    assert.deepEqual(await errorOf('Action=GetCallerIdentity&Version=1999-01-01'), [400, 'InvalidAction', 'Sender']);
    assert.deepEqual(await errorOf('Version=2011-06-15'), [400, 'MissingAction', 'Sender']);
  });
});
