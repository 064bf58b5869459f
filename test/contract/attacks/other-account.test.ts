/**
 * The root user of another account calls every operation that there is, with the names and ARNs of an account that has
 * something of everything: nothing there changes, and nothing of it is told.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ecr from '@aws-sdk/client-ecr';
import * as ecs from '@aws-sdk/client-ecs';
import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import * as secrets from '@aws-sdk/client-secrets-manager';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import { isOperationSchema, type Shape, toOperation } from '#protocol/schema/shape.ts';
import { handlers as ecrHandlers } from '#services/ecr/handlers.ts';
import { handlers as ecsHandlers } from '#services/ecs/handlers.ts';
import { handlers as iamHandlers } from '#services/iam/handlers.ts';
import { handlers as kmsHandlers } from '#services/kms/handlers.ts';
import { handlers as logsHandlers } from '#services/logs/handlers.ts';
import { handlers as secretsHandlers } from '#services/secretsmanager/handlers.ts';
import { handlers as ssmHandlers } from '#services/ssm/handlers.ts';
import { handlers as stsHandlers } from '#services/sts/handlers.ts';
import { allTables } from '#store/tables/all.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { makeAccount, type TestCredentials, trusting } from '../../support/identities.ts';

const stranger = '222222222222';
/** In every text of the victim's that is not a name by which a stranger could ask. */
const canary = 'leak7d1f';
let plane: TestControlPlane;
let credentials: TestCredentials;
/** Names and ARNs of what the victim has, by the members that take them. */
let known: readonly (readonly [RegExp, name: string, arn: string])[];

async function furnish(): Promise<void> {
  const tags = [{ key: 'note', value: canary }];
  const Tags = [{ Key: 'note', Value: canary }];
  const region = 'us-east-1';
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${plane.account}:${resource}`;
  const global = (resource: string) => `arn:aws:iam::${plane.account}:${resource}`;
  const anEcs = plane.ecs();
  await anEcs.send(new ecs.CreateClusterCommand({ clusterName: 'blue', tags }));
  const environment = [{ name: 'NOTE', value: canary }];
  await anEcs.send(
    new ecs.RegisterTaskDefinitionCommand({
      family: 'web',
      containerDefinitions: [{ name: 'a', image: 'b', memory: 8, environment }],
    }),
  );
  const service = { cluster: 'blue', serviceName: 'front', taskDefinition: 'web', desiredCount: 0, tags };
  await anEcs.send(new ecs.CreateServiceCommand(service));
  const anIam = plane.iam();
  await anIam.send(new iam.CreateUserCommand({ UserName: 'ada', Tags }));
  const { AccessKey } = await anIam.send(new iam.CreateAccessKeyCommand({ UserName: 'ada' }));
  await anIam.send(new iam.CreateGroupCommand({ GroupName: 'crew' }));
  await anIam.send(new iam.AddUserToGroupCommand({ GroupName: 'crew', UserName: 'ada' }));
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await anIam.send(new iam.CreatePolicyCommand({ PolicyName: 'rights', PolicyDocument, Tags, Description: canary }));
  const AssumeRolePolicyDocument = trusting({ AWS: plane.account });
  await anIam.send(new iam.CreateRoleCommand({ RoleName: 'captain', AssumeRolePolicyDocument, Tags }));
  await anIam.send(new iam.PutRolePolicyCommand({ RoleName: 'captain', PolicyName: 'own', PolicyDocument }));
  await anIam.send(new iam.CreateInstanceProfileCommand({ InstanceProfileName: 'ship', Tags }));
  const { KeyMetadata } = await plane
    .kms()
    .send(new kms.CreateKeyCommand({ Description: canary, Tags: [{ TagKey: 'note', TagValue: canary }] }));
  await plane.kms().send(new kms.CreateAliasCommand({ AliasName: 'alias/anchor', TargetKeyId: KeyMetadata!.KeyId }));
  await plane
    .ssm()
    .send(new ssm.PutParameterCommand({ Name: '/deck/log', Type: 'SecureString', Value: canary, Description: canary }));
  const secret = await plane
    .secretsManager()
    .send(new secrets.CreateSecretCommand({ Name: 'treasure', SecretString: canary, Tags, Description: canary }));
  await plane.logs().send(new logs.CreateLogGroupCommand({ logGroupName: '/bridge', tags: { note: canary } }));
  await plane.logs().send(new logs.CreateLogStreamCommand({ logGroupName: '/bridge', logStreamName: 'watch' }));
  await plane.logs().send(
    new logs.PutLogEventsCommand({
      logGroupName: '/bridge',
      logStreamName: 'watch',
      logEvents: [{ timestamp: Date.now(), message: canary }],
    }),
  );
  await plane.ecr().send(new ecr.CreateRepositoryCommand({ repositoryName: 'team/hull', tags: Tags }));
  const Principal = { AWS: plane.account };
  const policyText = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: canary, Effect: 'Allow', Principal, Action: 'ecr:*' }],
  });
  await plane.ecr().send(new ecr.SetRepositoryPolicyCommand({ repositoryName: 'team/hull', policyText }));
  known = [
    [/^(clusters?|clusterArn|clusterName)$/, 'blue', arn('ecs', 'cluster/blue')],
    [/^(services?|serviceName|serviceArn)$/, 'front', arn('ecs', 'service/blue/front')],
    [/taskDefinition|^family/i, 'web:1', arn('ecs', 'task-definition/web:1')],
    [/^resourceArn$/, arn('ecs', 'service/blue/front'), arn('logs', 'log-group:/bridge')],
    [/^(SecretId|SecretIdList)$/, 'treasure', secret.ARN!],
    [/KeyId$/, 'alias/anchor', KeyMetadata!.Arn!],
    [/^AccessKeyId$/, AccessKey!.AccessKeyId!, AccessKey!.AccessKeyId!],
    [/^(Names?|Path|ResourceId|ResourceArn)$/, '/deck/log', arn('ssm', 'parameter/deck/log')],
    [/^AliasName$/, 'alias/anchor', arn('kms', 'alias/anchor')],
    [/^logGroup/, '/bridge', arn('logs', 'log-group:/bridge')],
    [/^logStream/, 'watch', 'watch'],
    [/^registryId$/, plane.account, plane.account],
    [/^repositoryNames?$/, 'team/hull', 'team/hull'],
    [/^UserName$/, 'ada', global('user/ada')],
    [/^GroupName$/, 'crew', global('group/crew')],
    [/^RoleName$/, 'captain', global('role/captain')],
    [/^(RoleArn|PolicySourceArn|Arn)$/, global('role/captain'), global('user/ada')],
    [/^InstanceProfileName$/, 'ship', global('instance-profile/ship')],
    [/^PolicyArn|^PermissionsBoundary$|^arn$/, global('policy/rights'), global('policy/rights')],
    [/[Rr]oleArn$/, global('role/captain'), global('role/captain')],
    [/PolicyDocument|^Policy$|policyText/, PolicyDocument, PolicyDocument],
  ];
}

before(async () => {
  plane = await startTestControlPlane();
  await furnish();
  credentials = makeAccount(plane, stranger).credentials;
});
after(() => plane.close());

interface Way {
  readonly byArn: boolean;
  readonly optional: boolean;
}

/** An input with the victim's names wherever one can stand. */
function fill(shape: Shape, member: string, way: Way, depth = 4): unknown {
  switch (shape.kind) {
    case 'structure': {
      if (depth === 0) return {};
      const wanted = shape.members.filter((_, i) => way.optional || i < shape.requiredCount);
      return Object.fromEntries(wanted.map((one) => [one.name, fill(one.shape(), one.name, way, depth - 1)]));
    }
    case 'list':
      return depth === 0 ? [] : [fill(shape.member.shape(), member, way, depth - 1)];
    case 'map':
      return {};
    case 'number':
    case 'bigInteger':
    case 'bigDecimal':
      return 1;
    case 'boolean':
      return true;
    case 'timestamp':
      return new Date(0);
    case 'blob':
      return Buffer.from('aGk=');
    case 'document':
      return {};
    default: {
      const found = known.find(([pattern]) => pattern.test(member));
      return found ? found[way.byArn ? 2 : 1] : 'anything';
    }
  }
}

/** Everything that is there, by table and key. */
function rows(): Map<string, string> {
  const all = new Map<string, string>();
  for (const table of allTables) {
    if (/Uses$/.test(table.name)) continue;
    for (const row of plane.store.all(table as never) as Iterable<never>) {
      all.set(`${table.name} ${(table as { key(row: never): string }).key(row)}`, JSON.stringify(row));
    }
  }
  return all;
}

type Module = Record<string, unknown>;
const modules: readonly (readonly [name: string, Module, client: string, handlers: object])[] = [
  ['ecs', ecs as Module, 'ECSClient', ecsHandlers],
  ['logs', logs as Module, 'CloudWatchLogsClient', logsHandlers],
  ['ecr', ecr as Module, 'ECRClient', ecrHandlers],
  ['iam', iam as Module, 'IAMClient', iamHandlers],
  ['kms', kms as Module, 'KMSClient', kmsHandlers],
  ['secretsmanager', secrets as Module, 'SecretsManagerClient', secretsHandlers],
  ['ssm', ssm as Module, 'SSMClient', ssmHandlers],
  ['sts', sts as Module, 'STSClient', stsHandlers],
];

const readable = (answer: unknown): string =>
  JSON.stringify(answer, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value));

interface AnyClient {
  send(command: unknown): Promise<unknown>;
  destroy(): void;
}

for (const [name, module, clientName, handlers] of modules) {
  test(`${name}: nothing of another account is read or written`, { timeout: 120_000 }, async () => {
    const Client = module[clientName] as new (options: object) => AnyClient;
    const client = new Client(plane.clientConfig({ credentials }));
    const victims = rows();
    const operations = Object.values(module).filter(isOperationSchema).map(toOperation);
    let calls = 0;
    for (const { name: operation, input } of operations.filter((one) => Object.hasOwn(handlers, one.name))) {
      const Command = module[`${operation}Command`] as new (input: unknown) => unknown;
      const inputs = [false, true].flatMap((optional) =>
        [false, true].map((byArn) => fill(input, '', { byArn, optional })),
      );
      for (const one of [{}, ...inputs]) {
        calls++;
        const answer = await client.send(new Command(one)).catch((error: Error) => ({ ...error, m: error.message }));
        const text = readable(answer);
        assert.ok(!text.includes(canary), `${operation} ${JSON.stringify(one)} tells ${text}`);
      }
    }
    const now = rows();
    const isStrangers = (row: string) => /"(id|account)":"222222222222"/.test(row);
    for (const [key, row] of victims) if (!isStrangers(row)) assert.equal(now.get(key), row, `${key} has changed`);
    for (const [key, row] of now) {
      const { account } = JSON.parse(row) as { account?: string };
      assert.ok(victims.has(key) || account !== plane.account, `${key} was made in the other account`);
    }
    client.destroy();
    // The same questions do find it when it is one's own, or this test would prove nothing.
    const owner = new Client(plane.clientConfig());
    let told = 0;
    for (const { name: operation, input } of operations) {
      if (!/^(Get|List|Describe|Batch)/.test(operation) || !Object.hasOwn(handlers, operation)) continue;
      const Command = module[`${operation}Command`] as new (input: unknown) => unknown;
      const answer = await owner
        .send(new Command(fill(input, '', { byArn: false, optional: false })))
        .catch(() => undefined);
      if (answer && readable(answer).includes(canary)) told++;
    }
    owner.destroy();
    console.log(`${name}: ${calls} calls of a stranger; ${told} operations tell the owner`);
    assert.ok(told > 0 || name === 'sts');
  });
}
