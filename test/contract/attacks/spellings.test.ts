/**
 * Whatever way a resource is spelt, a policy that denies it holds: a user who may do everything but one thing tries every
 * spelling of that thing. And whatever way a task definition is spelt, its roles are passed with permission only.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ecs from '@aws-sdk/client-ecs';
import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import * as secrets from '@aws-sdk/client-secrets-manager';
import * as ssm from '@aws-sdk/client-ssm';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { allow, deny, makeRole, makeUser, trusting } from '../../support/identities.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
});
after(() => plane.close());

const arn = (service: string, resource: string, more: { partition?: string; region?: string; account?: string } = {}) =>
  `arn:${more.partition ?? 'aws'}:${service}:${more.region ?? 'us-east-1'}:${more.account ?? plane.account}:${resource}`;

/** Ways to write a name and an ARN; most name nothing, and none may get past a policy. */
function spellings(service: string, resource: string, name: string): string[] {
  const whole = arn(service, resource);
  const near = (text: string) => [
    text,
    ` ${text}`,
    `${text} `,
    text.toUpperCase(),
    `${text}/`,
    `/${text}`,
    `${text}:*`,
    `./${text}`,
  ];
  return [
    ...near(name),
    ...near(whole),
    ...['aws-cn', 'aws-us-gov', 'AWS', '', '*'].map((partition) => arn(service, resource, { partition })),
    ...['', 'US-EAST-1', 'us-east-1 '].map((region) => arn(service, resource, { region })),
    ...['', `${plane.account} `, `0${plane.account}`].map((account) => arn(service, resource, { account })),
    whole.replace('arn:', 'ARN:'),
    whole.replace(resource, encodeURIComponent(resource)),
    whole.replace(':us-east-1', '::us-east-1'),
  ];
}

type Try = (name: string) => Promise<unknown>;

async function neverSucceeds(names: readonly string[], attempt: Try): Promise<number> {
  let denied = 0;
  for (const name of names) {
    const outcome = await attempt(name).then(
      (answer) => ({ answer }),
      (error: Error) => error,
    );
    if (outcome instanceof Error) {
      assert.notEqual(outcome.name, 'InternalFailure', name);
      if (/AccessDenied/.test(outcome.name)) denied++;
    } else {
      assert.fail(`"${name}" got through: ${JSON.stringify(outcome.answer)}`);
    }
  }
  return denied;
}

const but = (name: string, action: string, resource: string) =>
  makeUser(plane, name, [allow('*'), deny(action, resource)]).credentials;

const taskTrust = trusting({ Service: 'ecs-tasks.amazonaws.com' });
const containerDefinitions = [{ name: 'a', image: 'b', memory: 8 }];

test('clusters, services and task definitions', async () => {
  const root = plane.ecs();
  await root.send(new ecs.CreateClusterCommand({ clusterName: 'vault' }));
  await root.send(new ecs.RegisterTaskDefinitionCommand({ family: 'safe', containerDefinitions }));
  const service = { cluster: 'vault', serviceName: 'door', taskDefinition: 'safe', desiredCount: 0 };
  await root.send(new ecs.CreateServiceCommand(service));

  const noCluster = plane.ecs({ credentials: but('no-cluster', 'ecs:*', arn('ecs', 'cluster/vault')) });
  const clusters = spellings('ecs', 'cluster/vault', 'vault');
  const settings = [{ name: 'containerInsights', value: 'disabled' }] as const;
  const denied = await neverSucceeds(clusters, (cluster) =>
    noCluster.send(new ecs.UpdateClusterSettingsCommand({ cluster, settings: [...settings] })),
  );
  assert.ok(denied >= 2);
  await neverSucceeds(clusters, (cluster) => noCluster.send(new ecs.DeleteClusterCommand({ cluster })));

  const noService = plane.ecs({ credentials: but('no-service', 'ecs:*', arn('ecs', 'service/vault/door')) });
  const names = [...spellings('ecs', 'service/vault/door', 'door'), arn('ecs', 'service/door')];
  for (const cluster of ['vault', arn('ecs', 'cluster/vault'), undefined]) {
    await neverSucceeds(names, (name) =>
      noService.send(new ecs.DeleteServiceCommand({ cluster, service: name, force: true })),
    );
    await neverSucceeds(names, (name) =>
      noService.send(new ecs.UpdateServiceCommand({ cluster, service: name, desiredCount: 1 })),
    );
  }

  const noDefinition = plane.ecs({ credentials: but('no-td', 'ecs:*', arn('ecs', 'task-definition/safe:*')) });
  const definitions = ['safe', 'safe:1', 'safe:01', 'safe:+1', 'safe:1.0', 'safe:']
    .flatMap((name) => [name, arn('ecs', `task-definition/${name}`)])
    .concat(spellings('ecs', 'task-definition/safe:1', 'safe:1'), spellings('ecs', 'task-definition/safe', 'safe'));
  await neverSucceeds(definitions, (taskDefinition) =>
    noDefinition.send(new ecs.RunTaskCommand({ cluster: 'vault', taskDefinition })),
  );
  await neverSucceeds(definitions, async (one) => {
    const { taskDefinitions, failures } = await noDefinition.send(
      new ecs.DeleteTaskDefinitionsCommand({ taskDefinitions: [one] }),
    );
    if (taskDefinitions!.length === 0) throw new Error(JSON.stringify(failures));
  });
});

test('a definition hands over its roles with iam:PassRole only, however it is named', async () => {
  const role = makeRole(plane, 'powerful', taskTrust, [allow('*')]);
  const root = plane.ecs();
  await root.send(new ecs.CreateClusterCommand({ clusterName: 'run' }));
  await root.send(new ecs.RegisterTaskDefinitionCommand({ family: 'power', taskRoleArn: role, containerDefinitions }));
  await root.send(new ecs.RegisterTaskDefinitionCommand({ family: 'plain', containerDefinitions }));
  const eve = plane.ecs({ credentials: makeUser(plane, 'eve', [allow('ecs:*')]).credentials });
  await assert.rejects(
    eve.send(new ecs.RegisterTaskDefinitionCommand({ family: 'mine', taskRoleArn: 'powerful', containerDefinitions })),
    /iam:PassRole on resource: .*role\/powerful/,
  );
  const names = [
    ...spellings('ecs', 'task-definition/power:1', 'power:1'),
    ...spellings('ecs', 'task-definition/power', 'power'),
  ];
  await neverSucceeds(names, (taskDefinition) => eve.send(new ecs.RunTaskCommand({ cluster: 'run', taskDefinition })));
  await neverSucceeds(names, (taskDefinition) =>
    eve.send(new ecs.StartTaskCommand({ cluster: 'run', taskDefinition, containerInstances: ['x'] })),
  );
  await neverSucceeds(names, (taskDefinition) =>
    eve.send(new ecs.CreateServiceCommand({ cluster: 'run', serviceName: 's', taskDefinition, desiredCount: 0 })),
  );
  const own = { cluster: 'run', serviceName: 'own', taskDefinition: 'plain', desiredCount: 0 };
  await eve.send(new ecs.CreateServiceCommand(own));
  await neverSucceeds(names, (taskDefinition) =>
    eve.send(new ecs.UpdateServiceCommand({ cluster: 'run', service: 'own', taskDefinition })),
  );
  const roles = [role, 'powerful', '/powerful', `${role} `, role.replace(':aws:', ':aws-cn:')];
  await neverSucceeds(roles, async (taskRoleArn) => {
    const { tasks, failures } = await eve.send(
      new ecs.RunTaskCommand({ cluster: 'run', taskDefinition: 'plain', overrides: { taskRoleArn } }),
    );
    if (tasks!.length === 0) throw new Error(`only for want of instances: ${JSON.stringify(failures)}`);
  });
  for (const taskRoleArn of roles) {
    const command = new ecs.RunTaskCommand({ cluster: 'run', taskDefinition: 'plain', overrides: { taskRoleArn } });
    await assert.rejects(eve.send(command), /iam:PassRole|Invalid|invalid/, taskRoleArn);
  }
});

test('daemon task definitions, too', async () => {
  const role = makeRole(plane, 'daemon-power', taskTrust, [allow('*')]);
  const root = plane.ecs();
  const definition = { family: 'watch', taskRoleArn: role, containerDefinitions };
  await root.send(new ecs.RegisterDaemonTaskDefinitionCommand(definition as never));
  await root.send(new ecs.CreateClusterCommand({ clusterName: 'daemons' }));
  const eve = plane.ecs({ credentials: makeUser(plane, 'eve-daemon', [allow('ecs:*')]).credentials });
  const resource = 'daemon-task-definition/watch';
  const names = [...spellings('ecs', resource, 'watch'), ...spellings('ecs', `${resource}:1`, 'watch:1')];
  const attempt = (daemonTaskDefinitionArn: string) =>
    eve.send(
      new ecs.CreateDaemonCommand({
        clusterArn: arn('ecs', 'cluster/daemons'),
        daemonName: 'd',
        daemonTaskDefinitionArn,
        capacityProviderArns: [arn('ecs', 'capacity-provider/none')],
      } as never),
    );
  await neverSucceeds(names, attempt);
  for (const name of ['watch', 'watch:1', arn('ecs', resource), arn('ecs', `${resource}:1`)]) {
    await assert.rejects(attempt(name), /iam:PassRole on resource: .*role\/daemon-power/, name);
  }
});

test('users, roles and policies have names without case', async () => {
  const root = plane.iam();
  await root.send(new iam.CreateUserCommand({ UserName: 'Boss', Path: '/top/' }));
  await root.send(new iam.CreateRoleCommand({ RoleName: 'Chief', Path: '/top/', AssumeRolePolicyDocument: taskTrust }));
  const resources = `arn:aws:iam::${plane.account}:*/top/*`;
  const eve = plane.iam({ credentials: but('eve-iam', 'iam:*', resources) });
  const names = (name: string) => [
    name,
    name.toLowerCase(),
    name.toUpperCase(),
    `top/${name}`,
    `/top/${name}`,
    ` ${name}`,
    `${name} `,
  ];
  await neverSucceeds(names('Boss'), (UserName) => eve.send(new iam.CreateAccessKeyCommand({ UserName })));
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: allow('*') });
  await neverSucceeds(names('Boss'), (UserName) =>
    eve.send(new iam.PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument })),
  );
  await neverSucceeds(names('Chief'), (RoleName) =>
    eve.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trusting({ AWS: plane.account }) })),
  );
});

test('parameters, secrets, keys and log groups', async () => {
  await plane.ssm().send(new ssm.PutParameterCommand({ Name: '/safe/code', Type: 'String', Value: '1234' }));
  await plane.ssm().send(new ssm.PutParameterCommand({ Name: 'code', Type: 'String', Value: '1234' }));
  const noParameter = plane.ssm({
    credentials: makeUser(plane, 'no-ssm', [
      allow('*'),
      deny('ssm:*', arn('ssm', 'parameter/safe/code')),
      deny('ssm:*', arn('ssm', 'parameter/code')),
    ]).credentials,
  });
  for (const name of ['/safe/code', 'code', '/code']) {
    const resource = `parameter/${name.replace(/^\//, '')}`;
    const all = spellings('ssm', resource, name).flatMap((one) => [one, `${one}:1`]);
    await neverSucceeds(all, (Name) => noParameter.send(new ssm.GetParameterCommand({ Name })));
    await neverSucceeds(all, async (Name) => {
      const { Parameters } = await noParameter.send(new ssm.GetParametersCommand({ Names: [Name] }));
      if (Parameters!.length === 0) throw new Error('none');
    });
  }

  const { ARN } = await plane
    .secretsManager()
    .send(new secrets.CreateSecretCommand({ Name: 'deep/sea', SecretString: 's' }));
  const noSecret = plane.secretsManager({ credentials: but('no-secret', 'secretsmanager:*', ARN!) });
  const ids = [...spellings('secretsmanager', `secret:${ARN!.split(':').at(-1)}`, 'deep/sea'), ARN!.slice(0, -7)];
  await neverSucceeds(ids, (SecretId) => noSecret.send(new secrets.GetSecretValueCommand({ SecretId })));
  await neverSucceeds(ids, async (SecretId) => {
    const { SecretValues } = await noSecret.send(new secrets.BatchGetSecretValueCommand({ SecretIdList: [SecretId] }));
    if (SecretValues!.length === 0) throw new Error('none');
  });

  const { KeyMetadata } = await plane.kms().send(new kms.CreateKeyCommand({}));
  await plane.kms().send(new kms.CreateAliasCommand({ AliasName: 'alias/lock', TargetKeyId: KeyMetadata!.KeyId }));
  const noKey = plane.kms({ credentials: but('no-key', 'kms:*', KeyMetadata!.Arn!) });
  const keys = [
    ...spellings('kms', `key/${KeyMetadata!.KeyId}`, KeyMetadata!.KeyId!),
    ...spellings('kms', 'alias/lock', 'alias/lock'),
  ];
  await neverSucceeds(keys, (KeyId) => noKey.send(new kms.EncryptCommand({ KeyId, Plaintext: Buffer.from('a') })));
  const Plaintext = Buffer.from('a');
  const { CiphertextBlob } = await plane.kms().send(new kms.EncryptCommand({ KeyId: KeyMetadata!.KeyId, Plaintext }));
  const { KeyMetadata: free } = await plane.kms().send(new kms.CreateKeyCommand({}));
  await neverSucceeds([undefined as never, free!.KeyId!, ...keys], (KeyId) =>
    noKey.send(new kms.DecryptCommand({ KeyId, CiphertextBlob })),
  );
  await neverSucceeds([undefined as never, free!.KeyId!, ...keys], (SourceKeyId) =>
    noKey.send(new kms.ReEncryptCommand({ SourceKeyId, CiphertextBlob, DestinationKeyId: free!.KeyId })),
  );

  await plane.logs().send(new logs.CreateLogGroupCommand({ logGroupName: '/quiet' }));
  const noGroup = plane.logs({ credentials: but('no-group', 'logs:*', arn('logs', 'log-group:/quiet*')) });
  const groups = spellings('logs', 'log-group:/quiet', '/quiet');
  await neverSucceeds(groups, (one) => noGroup.send(new logs.DeleteLogGroupCommand({ logGroupName: one })));
  await neverSucceeds(groups, (one) => noGroup.send(new logs.FilterLogEventsCommand({ logGroupIdentifier: one })));
});
