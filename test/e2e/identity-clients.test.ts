/**
 * Permission as the clients of AWS meet it: each command once by somebody who has every right but the one that it needs,
 * and once by somebody who has that and no more; with the AWS CLI in every version of this machine, and with boto3.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { CreateClusterCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { CreateInstanceProfileCommand, DeleteGroupCommand } from '@aws-sdk/client-iam';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { findAwsClis } from '../support/aws-cli.ts';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';
import { allow, makeAccount, makeRole, makeUser, type TestCredentials, trusting } from '../support/identities.ts';

const run = promisify(execFile);

/** A command by the name that the CLI has for it. */
interface Command {
  readonly service: string;
  readonly name: string;
  readonly input: object;
  /** The action that is withheld, and the resource that it is needed on. */
  readonly needs: readonly [action: string, resource: string];
  /** What else the command takes. */
  readonly also?: readonly (readonly [action: string, resource: string])[];
}

const region = 'eu-west-1';
let plane: TestControlPlane;
let commands: readonly Command[];

async function furnish(): Promise<void> {
  const { account } = plane;
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  const global = (resource: string) => `arn:aws:iam::${account}:${resource}`;
  const containerDefinitions = [{ name: 'a', image: 'b', memory: 8 }];
  const at = { region };
  await plane.ecs(at).send(new CreateClusterCommand({}));
  const taskRole = makeRole(plane, 'app', trusting({ Service: 'ecs-tasks.amazonaws.com' }));
  const machineRole = makeRole(plane, 'machine', trusting({ Service: 'ec2.amazonaws.com' }));
  const openRole = makeRole(plane, 'open', trusting({ AWS: account }));
  makeAccount(plane, '222222222222');
  const farRole = makeRole(plane, 'far', trusting({ AWS: account }), [], { account: '222222222222' });
  await plane
    .ecs(at)
    .send(new RegisterTaskDefinitionCommand({ family: 'web', taskRoleArn: taskRole, containerDefinitions }));
  await plane.ssm(at).send(new PutParameterCommand({ Name: '/app/code', Type: 'SecureString', Value: '1234' }));
  const secret = await plane.secretsManager(at).send(new CreateSecretCommand({ Name: 'db', SecretString: 's' }));
  const { KeyMetadata } = await plane.kms(at).send(new CreateKeyCommand({}));
  await plane.ecr(at).send(new CreateRepositoryCommand({ repositoryName: 'team/app' }));
  const pass = ['iam:PassRole', taskRole] as const;
  const definition = arn('ecs', 'task-definition/web:*');
  const command = (
    service: string,
    name: string,
    input: object,
    needs: Command['needs'],
    also: Command['also'] = [],
  ) => ({
    service,
    name,
    input,
    needs,
    also,
  });
  commands = [
    command('iam', 'get-role', { RoleName: 'app' }, ['iam:GetRole', taskRole]),
    command('iam', 'create-group', { GroupName: 'crew' }, ['iam:CreateGroup', global('group/crew')]),
    command('iam', 'simulate-principal-policy', { PolicySourceArn: taskRole, ActionNames: ['ecs:RunTask'] }, [
      'iam:SimulatePrincipalPolicy',
      taskRole,
    ]),
    command(
      'iam',
      'add-role-to-instance-profile',
      { InstanceProfileName: 'NEW', RoleName: 'machine' },
      ['iam:PassRole', machineRole],
      [['iam:AddRoleToInstanceProfile', '*']],
    ),
    command('sts', 'assume-role', { RoleArn: openRole, RoleSessionName: 'me' }, ['sts:AssumeRole', openRole]),
    command('sts', 'assume-role', { RoleArn: farRole, RoleSessionName: 'me' }, ['sts:AssumeRole', farRole]),
    command('sts', 'get-federation-token', { Name: 'fed' }, [
      'sts:GetFederationToken',
      `arn:aws:sts::${account}:federated-user/fed`,
    ]),
    command('sts', 'get-access-key-info', { AccessKeyId: plane.administrator.accessKeyId }, [
      'sts:GetAccessKeyInfo',
      '*',
    ]),
    command('ecs', 'register-task-definition', { family: 'mine', taskRoleArn: taskRole, containerDefinitions }, pass, [
      ['ecs:RegisterTaskDefinition', '*'],
    ]),
    command('ecs', 'run-task', { taskDefinition: 'web' }, pass, [['ecs:RunTask', definition]]),
    command('ecs', 'run-task', { taskDefinition: 'web' }, ['ecs:RunTask', definition], [pass]),
    command('ecs', 'create-service', { serviceName: 'NEW', taskDefinition: 'web', desiredCount: 0 }, pass, [
      ['ecs:CreateService', arn('ecs', 'service/default/*')],
    ]),
    command('ssm', 'get-parameter', { Name: '/app/code', WithDecryption: true }, [
      'ssm:GetParameter',
      arn('ssm', 'parameter/app/code'),
    ]),
    command('secretsmanager', 'get-secret-value', { SecretId: 'db' }, ['secretsmanager:GetSecretValue', secret.ARN!]),
    command('kms', 'generate-data-key', { KeyId: KeyMetadata!.KeyId, KeySpec: 'AES_256' }, [
      'kms:GenerateDataKey',
      KeyMetadata!.Arn!,
    ]),
    command('ecr', 'get-authorization-token', {}, ['ecr:GetAuthorizationToken', '*']),
    command('ecr', 'list-images', { repositoryName: 'team/app' }, [
      'ecr:ListImages',
      arn('ecr', 'repository/team/app'),
    ]),
    command('ecr', 'initiate-layer-upload', { repositoryName: 'team/app' }, [
      'ecr:InitiateLayerUpload',
      arn('ecr', 'repository/team/app'),
    ]),
  ];
}

before(async () => {
  plane = await startTestControlPlane();
  await furnish();
});
after(() => plane.close());

let serial = 0;
/** Names of what is made must be new each time. */
async function fresh(input: object): Promise<object> {
  const made = Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key, value === 'NEW' ? `new-${++serial}` : value]),
  );
  const { InstanceProfileName } = made as { InstanceProfileName?: string };
  if (InstanceProfileName) await plane.iam().send(new CreateInstanceProfileCommand({ InstanceProfileName }));
  return made;
}

interface Outcome {
  readonly status: number;
  readonly said: string;
}
type Call = (credentials: TestCredentials, command: Command, input: object) => Promise<Outcome>;

const environment = (credentials: TestCredentials) => ({
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_DEFAULT_REGION: region,
  AWS_PAGER: '',
  AWS_EC2_METADATA_DISABLED: 'true',
});

async function outcomeOf(program: string, argv: readonly string[], credentials: TestCredentials): Promise<Outcome> {
  return run(program, [...argv], { env: environment(credentials), timeout: 60_000 }).then(
    ({ stdout }) => ({ status: 0, said: stdout }),
    (error: { code: number; stderr: string }) => ({ status: error.code, said: error.stderr }),
  );
}

const cli =
  (program: string): Call =>
  (credentials, { service, name }, input) => {
    const argv = ['--endpoint-url', plane.endpoint, '--output', 'json', service, name];
    return outcomeOf(program, [...argv, '--cli-input-json', JSON.stringify(input)], credentials);
  };

/** Reads calls by lines and answers by lines: loading boto3 takes longer than all the calls. */
const script = `
import boto3, json, sys
from botocore.exceptions import ClientError
endpoint, region = sys.argv[1:]
for line in sys.stdin:
    key, secret, service, name, given = json.loads(line)
    client = boto3.client(service, region_name=region, endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret)
    try:
        answer = [0, json.dumps(getattr(client, name.replace('-', '_'))(**given), default=str)]
    except ClientError as error:
        answer = [1, str(error)]
    print(json.dumps(answer), flush=True)
`;
let python: ChildProcess | undefined;
let answers: AsyncIterator<string>;
after(() => {
  python?.kill();
});
const boto3: Call = async ({ accessKeyId, secretAccessKey }, { service, name }, input) => {
  if (!python) {
    python = spawn('python3', ['-c', script, plane.endpoint, region], { stdio: ['pipe', 'pipe', 'inherit'] });
    answers = createInterface({ input: python.stdout! })[Symbol.asyncIterator]();
  }
  python.stdin!.write(`${JSON.stringify([accessKeyId, secretAccessKey, service, name, input])}\n`);
  const { value, done } = await answers.next();
  assert.ok(!done, 'python3 has ended');
  const [status, said] = JSON.parse(value) as [number, string];
  return { status, said };
};

const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;
const clients: readonly (readonly [string, Call, string | false])[] = [
  ...findAwsClis().map(({ program, version }) => [version, cli(program), false] as const),
  ['boto3', boto3, !hasBoto3 && 'python3 has no boto3 here'],
];

for (const [name, call, skip] of clients) {
  describe(name, { skip }, () => {
    test('every command is refused without its permission and works with it', { timeout: 600_000 }, async () => {
      const root = plane.iam();
      await root.send(new DeleteGroupCommand({ GroupName: 'crew' })).catch(() => undefined);
      // A process of the CLI takes a second or two: of each service and action one is enough there.
      const first = (command: Command, at: number) =>
        commands.findIndex(({ service }) => service === command.service) === at;
      const isPass = ({ needs }: Command) => needs[0] === 'iam:PassRole';
      const tried = call === boto3 ? commands : commands.filter((one, at) => first(one, at) || isPass(one));
      for (const command of tried) {
        const { service, needs, also = [] } = command;
        const what = `${service} ${command.name} for want of ${needs[0]}`;
        const all = { Effect: 'Allow', NotAction: needs[0], Resource: '*' };
        const without = makeUser(plane, `without-${++serial}`, [all]).credentials;
        const refused = await call(without, command, await fresh(command.input));
        assert.notEqual(refused.status, 0, what);
        assert.match(refused.said, /AccessDenied/, what);
        assert.match(refused.said, new RegExp(`not authorized to perform: ${needs[0]}`), what);
        const rights = [needs, ...also].map(([action, resource]) => allow(action, resource));
        const having = makeUser(plane, `having-${++serial}`, rights).credentials;
        const { status, said } = await call(having, command, await fresh(command.input));
        // RunTask gets as far as placement: there are no instances here.
        assert.ok(status === 0 || said.includes('No Container Instances were found'), `${what}: ${said}`);
      }
    });
  });
}
