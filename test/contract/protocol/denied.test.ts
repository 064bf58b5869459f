/** Who is not let in, by every reason that there is, in the words and with the status of each protocol. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { CreateKeyCommand, DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, GetAccessKeyInfoCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { createSessions, revokeSession } from '#auth/sessions.ts';
import { systemRandom } from '#lib/random.ts';
import { roles } from '#store/tables/iam.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import {
  allow,
  deactivate,
  deny,
  makeAccount,
  makeRole,
  makeUser,
  policy,
  type TestCredentials,
  toCredentials,
  trusting,
} from '../../support/identities.ts';
import { send, sign } from '../../support/raw.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
});
after(() => plane.close());

const listClusters = (credentials: TestCredentials) => plane.ecs({ credentials }).send(new ListClustersCommand());
const whoAmI = (credentials: TestCredentials) => plane.sts({ credentials }).send(new GetCallerIdentityCommand());

interface Refusal {
  readonly name: string;
  readonly $metadata: { readonly httpStatusCode: number };
}
const refusal = async (sent: Promise<unknown>): Promise<readonly [string, number]> => {
  const error = (await sent.then(
    () => assert.fail('it was let in'),
    (caught: unknown) => caught,
  )) as Refusal;
  return [error.name, error.$metadata.httpStatusCode];
};

const json = {
  headers: {
    'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters',
    'content-type': 'application/x-amz-json-1.1',
  },
  body: '{}',
};
const query = {
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
};
const codeOf = (body: string) =>
  body.startsWith('{') ? (JSON.parse(body) as { __type: string }).__type : /<Code>(.*)<\/Code>/.exec(body)?.[1];
const both = async (change: Parameters<typeof sign>[2]) => {
  const replies = [
    await send(plane.endpoint, await sign(plane, json, { ...change, service: 'ecs' })),
    await send(plane.endpoint, await sign(plane, query, { ...change, service: 'sts' })),
  ];
  return replies.map(({ status, body }) => [codeOf(body), status]);
};

describe('a signature', () => {
  test('of a clock that is off by more than five minutes, either way, is refused', async () => {
    const wanted = [
      ['InvalidSignatureException', 400],
      ['SignatureDoesNotMatch', 403],
    ];
    assert.deepEqual(await both({ at: Date.now() - 6 * 60_000 }), wanted);
    assert.deepEqual(await both({ at: Date.now() + 6 * 60_000 }), wanted);
    assert.deepEqual(await both({ at: Date.now() - 4 * 60_000 }), [
      [undefined, 200],
      [undefined, 200],
    ]);
  });

  test('for one region does not do for another, and no region is none', async () => {
    const signed = await sign(plane, json, { region: 'eu-west-1' });
    const moved = signed.headers!['authorization']!.replace('/eu-west-1/', '/us-east-1/');
    const reply = await send(plane.endpoint, { ...signed, headers: { ...signed.headers, authorization: moved } });
    assert.deepEqual([codeOf(reply.body), reply.status], ['InvalidSignatureException', 400]);
    const bad = await send(plane.endpoint, await sign(plane, json, { region: 'US_EAST_1' }));
    assert.deepEqual([codeOf(bad.body), bad.status], ['InvalidSignatureException', 400]);
    assert.match(bad.body, /Credential should be scoped to a valid region/);
  });
});

describe('a credential', () => {
  const unknown = [
    ['UnrecognizedClientException', 400],
    ['InvalidClientTokenId', 403],
  ];

  test('that was made inactive is as unknown as one that never was', async () => {
    const ada = makeUser(plane, 'inactive', [allow('*')]);
    await listClusters(ada.credentials);
    deactivate(plane, ada);
    const answers = [await refusal(listClusters(ada.credentials)), await refusal(whoAmI(ada.credentials))];
    assert.deepEqual(answers, unknown);
  });

  const sessionOf = (role: string, expiresAt: number): TestCredentials => {
    const { arn: issuerArn, id: issuerId, account } = plane.store.get(roles, role)!;
    const { name } = plane.store.get(roles, role)!;
    return createSessions({ vault: plane.vault, view: plane.store, random: systemRandom }).issue({
      account,
      arn: `arn:aws:sts::${account}:assumed-role/${name}/s`,
      userId: `${issuerId}:s`,
      session: { kind: 'assumed-role', issuedAt: expiresAt - 3_600_000, expiresAt, issuerArn, issuerId, name: 's' },
    });
  };

  test('that has expired says so', async () => {
    const role = makeRole(plane, 'expired', trusting({ AWS: plane.account }), [allow('*')]);
    await listClusters(sessionOf(role, Date.now() + 60_000));
    const old = sessionOf(role, Date.now() - 1_000);
    assert.deepEqual(await refusal(listClusters(old)), ['ExpiredTokenException', 400]);
    const [name, status] = await refusal(whoAmI(old));
    assert.deepEqual([name.replace(/Exception$/, ''), status], ['ExpiredToken', 403]);
  });

  test('that was revoked, or whose token is of another key, is unknown', async () => {
    const role = makeRole(plane, 'revoked', trusting({ AWS: plane.account }), [allow('*')]);
    const [one, two] = [sessionOf(role, Date.now() + 60_000), sessionOf(role, Date.now() + 60_000)];
    const mixed = { ...one, sessionToken: two.sessionToken! };
    assert.deepEqual([await refusal(listClusters(mixed)), await refusal(whoAmI(mixed))], unknown);
    plane.store.transact((tx) => revokeSession(tx, one.accessKeyId, Date.now() + 60_000));
    assert.deepEqual([await refusal(listClusters(one)), await refusal(whoAmI(one))], unknown);
    await listClusters(two);
    const { sessionToken: _, ...bare } = two;
    assert.deepEqual([await refusal(listClusters(bare)), await refusal(whoAmI(bare))], unknown);
  });
});

describe('a caller whom policies do not let', () => {
  const refuses = async (credentials: TestCredentials, message: RegExp) => {
    await assert.rejects(listClusters(credentials), (error: Error & Refusal) => {
      assert.equal(error.name, 'AccessDeniedException');
      assert.match(error.message, message);
      assert.equal(error.$metadata.httpStatusCode, 400);
      return true;
    });
  };
  const action = 'the ecs:ListClusters action';

  test('by silence or by a deny of its own policies', async () => {
    const none = makeUser(plane, 'none', []);
    await refuses(none.credentials, new RegExp(`because no identity-based policy allows ${action}$`));
    const some = makeUser(plane, 'some', [allow('*'), deny('ecs:List*')]);
    await refuses(some.credentials, /with an explicit deny in an identity-based policy$/);
    await whoAmI(none.credentials);
  });

  test('by the Query protocol with its own code and status', async () => {
    const query = makeUser(plane, 'query', []);
    const command = new GetAccessKeyInfoCommand({ AccessKeyId: query.credentials.accessKeyId });
    assert.deepEqual(await refusal(plane.sts({ credentials: query.credentials }).send(command)), ['AccessDenied', 403]);
  });

  test('by a permissions boundary', async () => {
    const permissionsBoundary = 'arn:aws:iam::aws:policy/CloudWatchLogsFullAccess';
    const bound = makeUser(plane, 'bound', [allow('*')], { permissionsBoundary });
    await refuses(bound.credentials, new RegExp(`because no permissions boundary allows ${action}$`));
  });

  test('by a session policy', async () => {
    const ada = makeUser(plane, 'session', [allow('sts:*')]);
    const RoleArn = makeRole(plane, 'session', trusting({ AWS: ada.arn }), [allow('*')]);
    const Policy = policy(allow('ecs:RunTask'));
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test', Policy });
    const { Credentials } = await plane.sts({ credentials: ada.credentials }).send(command);
    await refuses(toCredentials(Credentials!), new RegExp(`because no session policy allows ${action}$`));
  });

  test('by a trust policy', async () => {
    const ada = makeUser(plane, 'trust', [allow('sts:*')]);
    const RoleArn = makeRole(plane, 'trust', trusting({ Service: 'ecs-tasks.amazonaws.com' }));
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' });
    await assert.rejects(plane.sts({ credentials: ada.credentials }).send(command), {
      name: 'AccessDenied',
      message: /because no role trust policy allows the sts:AssumeRole action$/,
    });
  });

  test('by the policy of a resource', async () => {
    const ada = makeUser(plane, 'resource', [allow('*')]);
    const own = { Effect: 'Allow', Principal: { AWS: plane.account }, Action: 'kms:*', Resource: '*' };
    const shut = { Effect: 'Deny', Principal: { AWS: ada.arn }, Action: 'kms:DescribeKey', Resource: '*' };
    const admin = new KMSClient(plane.clientConfig());
    const client = new KMSClient(plane.clientConfig({ credentials: ada.credentials }));
    try {
      const { KeyMetadata } = await admin.send(new CreateKeyCommand({ Policy: policy(own, shut) }));
      await assert.rejects(client.send(new DescribeKeyCommand({ KeyId: KeyMetadata!.Arn! })), {
        name: 'AccessDeniedException',
        message: /with an explicit deny in a resource-based policy$/,
      });
    } finally {
      admin.destroy();
      client.destroy();
    }
  });

  test('in another account, without a reason', async () => {
    const root = makeAccount(plane, '111111111111');
    const admin = new KMSClient(plane.clientConfig());
    const client = new KMSClient(plane.clientConfig({ credentials: root.credentials }));
    try {
      const { KeyMetadata } = await admin.send(new CreateKeyCommand({}));
      const KeyId = KeyMetadata!.Arn!;
      await assert.rejects(client.send(new DescribeKeyCommand({ KeyId })), {
        name: 'AccessDeniedException',
        message: `User: ${root.arn} is not authorized to perform: kms:DescribeKey on resource: ${KeyId}`,
      });
    } finally {
      admin.destroy();
      client.destroy();
    }
  });

  test('and a change of policy holds from the next request on', async () => {
    const arn = makeRole(plane, 'change', trusting({ AWS: plane.account }), [allow('ecs:*')]);
    const ada = makeUser(plane, 'change', [allow('sts:*')]);
    const command = new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'test' });
    const { Credentials } = await plane.sts({ credentials: ada.credentials }).send(command);
    const credentials = toCredentials(Credentials!);
    for (let n = 0; n < 5; n++) {
      await listClusters(credentials);
      plane.store.transact((tx) => tx.update(roles, arn, (row) => ({ ...row, inlinePolicies: [] })));
      assert.deepEqual(await refusal(listClusters(credentials)), ['AccessDeniedException', 400]);
      const inlinePolicies = [{ name: 'test', document: policy(allow('ecs:*')) }];
      plane.store.transact((tx) => tx.update(roles, arn, (row) => ({ ...row, inlinePolicies })));
    }
  });
});
