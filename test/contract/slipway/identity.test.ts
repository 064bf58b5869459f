import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateClusterCommand, ListClustersCommand } from '@aws-sdk/client-ecs';
import { AssumeRoleCommand, DecodeAuthorizationMessageCommand } from '@aws-sdk/client-sts';
import { callSlipway } from '../../../src/bin/slipway-api.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { allow, deny, makeRole, makeUser, type TestCredentials, trusting } from '../../support/identities.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
});
after(() => plane.close());

const config = (credentials?: TestCredentials) => plane.clientConfig(credentials ? { credentials } : {});
const refusedRequest = async (sent: Promise<unknown>): Promise<string> => {
  const error = (await sent.then(
    () => assert.fail('it was allowed'),
    (caught: unknown) => caught,
  )) as Error & { $metadata: { requestId: string } };
  assert.match(error.name, /^AccessDenied/);
  return error.$metadata.requestId;
};

describe('accounts', () => {
  test('are made by the administrator, with a key of their root', async () => {
    const { account, ...key } = await callSlipway(config(), 'CreateAccount', { name: 'Staging' });
    assert.match(account.accountId, /^\d{12}$/);
    assert.deepEqual([account.name, account.createdAt instanceof Date], ['Staging', true]);
    await plane.ecs({ credentials: key }).send(new CreateClusterCommand({ clusterName: 'there' }));
    const { clusterArns } = await plane.ecs({ credentials: key }).send(new ListClustersCommand());
    assert.deepEqual(clusterArns, [`arn:aws:ecs:us-east-1:${account.accountId}:cluster/there`]);
    assert.deepEqual((await plane.ecs().send(new ListClustersCommand())).clusterArns, []);

    const { accounts } = await callSlipway(config(), 'ListAccounts', {});
    assert.deepEqual(new Set(accounts.map((one) => one.accountId)), new Set([plane.account, account.accountId]));
    const first = await callSlipway(config(), 'ListAccounts', { limit: 1 });
    const rest = await callSlipway(config(), 'ListAccounts', { limit: 1, nextToken: first.nextToken! });
    assert.deepEqual([...first.accounts, ...rest.accounts], accounts);
  });

  test('are not for the people of other accounts, nor for users without permission', async () => {
    const { account, ...key } = await callSlipway(config(), 'CreateAccount', {});
    for (const operation of ['CreateAccount', 'ListAccounts'] as const) {
      await assert.rejects(callSlipway(config(key), operation, {}), { name: 'AccessDeniedException' });
    }
    const admin = makeUser(plane, 'admin', [allow('*')], { account: account.accountId });
    await assert.rejects(callSlipway(config(admin.credentials), 'CreateAccount', {}), {
      name: 'AccessDeniedException',
    });
    const clerk = makeUser(plane, 'clerk', [allow('slipway:CreateAccount')]);
    await callSlipway(config(clerk.credentials), 'CreateAccount', {});
    await assert.rejects(callSlipway(config(clerk.credentials), 'ListAccounts', {}), { name: 'AccessDeniedException' });
  });

  test('have an id of 12 digits that is not taken', async () => {
    const { account } = await callSlipway(config(), 'CreateAccount', { accountId: '000000000042' });
    assert.equal(account.accountId, '000000000042');
    await assert.rejects(callSlipway(config(), 'CreateAccount', { accountId: '000000000042' }), {
      name: 'AccountAlreadyExistsException',
    });
    for (const bad of [{ accountId: '42' }, { name: '' }]) {
      await assert.rejects(callSlipway(config(), 'CreateAccount', bad), { name: 'InvalidParameterException' });
    }
  });
});

describe('a refusal', () => {
  test('is explained statement by statement', async () => {
    const ada = makeUser(plane, 'ada', [
      {
        ...allow('ecs:List*', '*', { Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } } }),
        Sid: 'There',
      },
      deny('ecs:DeleteCluster'),
    ]);
    const requestId = await refusedRequest(plane.ecs({ credentials: ada.credentials }).send(new ListClustersCommand()));
    const { time, context, encodedMessage, findings, ...answer } = await callSlipway(config(), 'ExplainDenial', {
      requestId,
    });
    assert.ok(Math.abs(Date.now() - time.getTime()) < 60_000);
    assert.deepEqual(answer, {
      requestId,
      principal: ada.arn,
      action: 'ecs:ListClusters',
      resource: '*',
      resourceAccount: plane.account,
      region: 'us-east-1',
      message: `User: ${ada.arn} is not authorized to perform: ecs:ListClusters on resource: * because no identity-based policy allows the ecs:ListClusters action`,
      outcome: 'implicitDeny',
      missing: 'identity-based',
      statements: [
        {
          policyType: 'identity-based',
          policy: 'inline policy test of user ada',
          sid: 'There',
          index: 0,
          effect: 'Allow',
          mismatch:
            'condition StringEquals aws:RequestedRegion ["eu-west-1"] fails: the request\'s value is "us-east-1"',
        },
      ],
    });
    assert.equal(context!['aws:username'], 'ada');
    assert.ok(findings.includes('identity-based policies: is silent'));
    const command = new DecodeAuthorizationMessageCommand({ EncodedMessage: encodedMessage! });
    const { DecodedMessage } = await plane.sts().send(command);
    const decoded = JSON.parse(DecodedMessage!);
    assert.deepEqual(
      [decoded.allowed, decoded.explicitDeny, decoded.context.action],
      [false, false, 'ecs:ListClusters'],
    );
  });

  test('across accounts shows each side its own policies, and others nothing', async () => {
    const [one, two] = await Promise.all([
      callSlipway(config(), 'CreateAccount', {}),
      callSlipway(config(), 'CreateAccount', {}),
    ]);
    const owner = one.account.accountId;
    const RoleArn = makeRole(plane, 'shut', trusting({ AWS: owner }), [], { account: owner });
    const eve = makeUser(plane, 'eve', [allow('sts:AssumeRole')]);
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' });
    const requestId = await refusedRequest(plane.sts({ credentials: eve.credentials }).send(command));
    const types = async (credentials?: TestCredentials) => {
      const { statements } = await callSlipway(config(credentials), 'ExplainDenial', { requestId });
      return statements.map((note) => note.policyType);
    };
    assert.deepEqual(await types(), ['identity-based']);
    assert.deepEqual(await types(one), ['trust']);
    await assert.rejects(types(two), { name: 'DenialNotFoundException' });
    await assert.rejects(types(eve.credentials), { name: 'AccessDeniedException' });
  });
});
