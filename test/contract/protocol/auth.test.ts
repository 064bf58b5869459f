import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { startControlPlane } from '#control-plane/start.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { send, sign } from '../../support/raw.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
});
after(() => plane.close());

const listClusters = {
  headers: {
    'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters',
    'content-type': 'application/x-amz-json-1.1',
  },
  body: '{}',
};
const identity = { path: '/?Action=GetCallerIdentity&Version=2011-06-15', method: 'GET' };
const wrongSecret = () => ({ accessKeyId: plane.administrator.accessKeyId, secretAccessKey: 'wrong' });
const unknownKey = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' };

describe('a JSON service', () => {
  test('refuses an unsigned call', async () => {
    const { status, body } = await send(plane.endpoint, listClusters);
    assert.equal(status, 400);
    assert.deepEqual(JSON.parse(body), {
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    });
  });

  test('refuses an unknown key', async () => {
    await assert.rejects(plane.ecs({ credentials: unknownKey }).send(new ListClustersCommand()), {
      name: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    });
  });

  test('refuses a session token that the key does not have', async () => {
    const credentials = { ...plane.clientConfig().credentials, sessionToken: 'made up' };
    await assert.rejects(plane.ecs({ credentials }).send(new ListClustersCommand()), {
      name: 'UnrecognizedClientException',
    });
  });

  test('refuses a wrong signature', async () => {
    await assert.rejects(plane.ecs({ credentials: wrongSecret() }).send(new ListClustersCommand()), {
      name: 'InvalidSignatureException',
      message: /^The request signature we calculated does not match the signature you provided\./,
    });
  });

  test('refuses a changed body under a good signature', async () => {
    const signed = await sign(plane, listClusters);
    const { status, body } = await send(plane.endpoint, { ...signed, body: '{"maxResults":1}' });
    assert.equal(status, 400);
    assert.equal(JSON.parse(body).__type, 'InvalidSignatureException');
  });

  test('refuses a signature of another time', async () => {
    const { status, body } = await send(
      plane.endpoint,
      await sign(plane, listClusters, { at: Date.now() - 10 * 60_000 }),
    );
    assert.equal(status, 400);
    const error = JSON.parse(body);
    assert.equal(error.__type, 'InvalidSignatureException');
    assert.match(error.message, /^Signature expired: \d{8}T\d{6}Z is now earlier than/);
  });

  test('refuses a signature for another service', async () => {
    const { body } = await send(plane.endpoint, await sign(plane, listClusters, { service: 'sts' }));
    assert.deepEqual(JSON.parse(body), {
      __type: 'InvalidSignatureException',
      message: "Credential should be scoped to correct service: 'ecs'. ",
    });
  });

  test('refuses a broken Authorization header', async () => {
    const headers = { ...listClusters.headers, authorization: 'AWS4-HMAC-SHA256 Credential=x' };
    const { body } = await send(plane.endpoint, { ...listClusters, headers });
    assert.equal(JSON.parse(body).__type, 'IncompleteSignatureException');
  });
});

describe('a Query service', () => {
  const code = (body: string) => /<Code>(.*)<\/Code>/.exec(body)?.[1];

  test('has codes of its own for the same refusals', async () => {
    const unsigned = await send(plane.endpoint, identity);
    assert.deepEqual([unsigned.status, code(unsigned.body)], [403, 'MissingAuthenticationToken']);
    await assert.rejects(plane.sts({ credentials: unknownKey }).send(new GetCallerIdentityCommand()), {
      name: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.',
    });
    await assert.rejects(plane.sts({ credentials: wrongSecret() }).send(new GetCallerIdentityCommand()), {
      name: 'SignatureDoesNotMatch',
    });
    const broken = await send(plane.endpoint, { ...identity, headers: { authorization: 'AWS4-HMAC-SHA256 x' } });
    assert.deepEqual([broken.status, code(broken.body)], [400, 'IncompleteSignature']);
  });
});

describe('permissive mode', () => {
  test('is for loopback addresses only', async () => {
    const options = { port: 0, dataDir: plane.dataDir, auth: 'permissive' } as const;
    for (const host of ['0.0.0.0', '::', '192.168.1.2', 'example.org']) {
      await assert.rejects(startControlPlane({ ...options, host }), /loopback/);
    }
  });

  test('takes the account from a key of 12 digits and lets any other in', async () => {
    const permissive = await startTestControlPlane({ auth: 'permissive' });
    try {
      for (const [accessKeyId, account] of [
        ['111122223333', '111122223333'],
        ['test', '000000000000'],
      ] as const) {
        const credentials = { accessKeyId, secretAccessKey: 'anything' };
        const answer = await permissive.sts({ credentials }).send(new GetCallerIdentityCommand());
        assert.equal(answer.Account, account);
      }
      const unsigned = await send(permissive.endpoint, listClusters);
      assert.equal(JSON.parse(unsigned.body).__type, 'MissingAuthenticationTokenException');
    } finally {
      await permissive.close();
    }
  });
});

test('account and region are part of every key', async () => {
  const { CreateClusterCommand } = await import('@aws-sdk/client-ecs');
  await plane.ecs({ region: 'eu-west-1' }).send(new CreateClusterCommand({ clusterName: 'there' }));
  const here = await plane.ecs().send(new ListClustersCommand());
  const there = await plane.ecs({ region: 'eu-west-1' }).send(new ListClustersCommand());
  assert.deepEqual(here.clusterArns, []);
  assert.deepEqual(there.clusterArns, [`arn:aws:ecs:eu-west-1:${plane.account}:cluster/there`]);
});

test('the administrator outlives a restart', async () => {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const dataDir = await mkdtemp('/tmp/slipway-restart-');
  try {
    const first = await startTestControlPlane({ dataDir });
    await first.close();
    const second = await startTestControlPlane({ dataDir });
    assert.equal(second.administratorCreated, false);
    assert.deepEqual(second.administrator, first.administrator);
    await second.close();
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
