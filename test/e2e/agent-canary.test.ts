/**
 * What the agent holds in memory stays there: values of container secrets, credentials of roles and registry passwords
 * are in no file of the data directory (state, logs, audit), no label and no argument, with everything logged that can be.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import {
  DescribeTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { ensureBusyboxImage } from '../support/busybox-image.ts';
import {
  dockerMissing,
  makeDataDirectory,
  removeAll,
  type Slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const skip = dockerMissing();
const dataDir = makeDataDirectory();
const canaries = { parameter: 'canary-parameter-5c1d', secret: 'canary-secret-88ab' };
const clients: { destroy(): void }[] = [];
let running: Slipway;
let executionRole: string;
let taskRole: string;

const keep = <C extends { destroy(): void }>(client: C): C => {
  clients.push(client);
  return client;
};
const config = () => {
  const { endpoint, credentials } = running;
  return { endpoint, region: credentials.region, credentials };
};

before(async () => {
  if (skip) return;
  console.log(await ensureBusyboxImage());
  running = await startSlipway(dataDir, ['--no-sample', '--log-level', 'debug']);
  const iam = keep(new IAMClient(config()));
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });
  const makeRole = async (RoleName: string) =>
    (await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))).Role!.Arn!;
  executionRole = await makeRole('exec');
  taskRole = await makeRole('app');
  const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'exec', PolicyArn }));
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['ssm:GetParameters', 'secretsmanager:GetSecretValue'], Resource: '*' }],
  });
  await iam.send(new PutRolePolicyCommand({ RoleName: 'exec', PolicyName: 'own', PolicyDocument }));
  await keep(new SSMClient(config())).send(
    new PutParameterCommand({ Name: '/canary', Type: 'SecureString', Value: canaries.parameter }),
  );
});
after(async () => {
  for (const client of clients) client.destroy();
  await running?.stop('SIGKILL');
  removeAll(dataDir);
});

/** An image in our own registry, so that the agent needs a password of it. */
async function pushImage(): Promise<string> {
  const ecr = keep(new ECRClient(config()));
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'canary' }));
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const [user, ...password] = Buffer.from(authorizationData![0]!.authorizationToken!, 'base64').toString().split(':');
  const { account } = running.credentials;
  const registry = new URL(running.endpoint).host;
  const image = `${registry}/${account}.${running.credentials.region}/canary:1`;
  const docker = (argv: string[], input?: string) => {
    const { status, stderr } = spawnSync('docker', argv, { encoding: 'utf8', ...(input !== undefined && { input }) });
    assert.equal(status, 0, stderr);
  };
  docker(['login', '-u', user!, '--password-stdin', registry], password.join(':'));
  docker(['tag', 'busybox:latest', image]);
  docker(['push', '-q', image]);
  docker(['logout', registry]);
  docker(['rmi', image]);
  return image;
}

const files = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

test('no secret of a task is in a file, a label or an argument', { skip }, async () => {
  const image = await pushImage();
  const secret = await keep(new SecretsManagerClient(config())).send(
    new CreateSecretCommand({ Name: 'canary', SecretString: JSON.stringify({ value: canaries.secret }) }),
  );
  await running.ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'canary',
      taskRoleArn: taskRole,
      executionRoleArn: executionRole,
      containerDefinitions: [
        {
          name: 'shell',
          image,
          memory: 32,
          command: ['sleep', '600'],
          stopTimeout: 1,
          secrets: [
            { name: 'PARAMETER', valueFrom: '/canary' },
            { name: 'SECRET', valueFrom: `${secret.ARN}:value::` },
          ],
        },
      ],
    }),
  );
  const { tasks } = await running.ecs.send(new RunTaskCommand({ taskDefinition: 'canary' }));
  const { taskArn } = tasks![0]!;
  const describe = async () => (await running.ecs.send(new DescribeTasksCommand({ tasks: [taskArn!] }))).tasks![0]!;
  const task = await until('it runs', 60_000, async () => {
    const now = await describe();
    if (now.lastStatus === 'STOPPED') throw new Error(now.stoppedReason);
    return now.lastStatus === 'RUNNING' && now;
  });
  const id = task.containers![0]!.runtimeId!;
  const exec = (command: string) =>
    spawnSync('docker', ['exec', id, 'sh', '-c', command], { encoding: 'utf8' }).stdout.trim();
  assert.equal(exec('echo $PARAMETER $SECRET'), `${canaries.parameter} ${canaries.secret}`);
  const uri =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell
    '${AWS_CONTAINER_CREDENTIALS_FULL_URI:-http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI}';
  const given = JSON.parse(exec(`wget -q -O - "${uri}"`));

  const [inspected] = JSON.parse(spawnSync('docker', ['inspect', id], { encoding: 'utf8' }).stdout);
  const { Env, ...rest } = inspected.Config;
  assert.ok(Env.includes(`PARAMETER=${canaries.parameter}`), 'the environment is where they are');
  const elsewhere = JSON.stringify({ ...inspected, Config: rest });
  for (const value of [canaries.parameter, canaries.secret, given.SecretAccessKey, given.Token]) {
    assert.ok(!elsewhere.includes(value));
  }
  assert.doesNotMatch(JSON.stringify(inspected), /ASIA[A-Z0-9]{16}/);

  await running.ecs.send(new StopTaskCommand({ task: taskArn! }));
  await until('it has stopped', 30_000, async () => (await describe()).lastStatus === 'STOPPED');
  const secretWords = [canaries.parameter, canaries.secret, given.SecretAccessKey, given.Token];
  const seen = { task: 0, files: 0 };
  for (const file of files(dataDir)) {
    const text = readFileSync(file, 'latin1');
    seen.files++;
    if (text.includes(taskArn!)) seen.task++;
    for (const word of secretWords) assert.ok(!text.includes(word), `${path.basename(file)} holds a secret`);
    const isAgents = file.startsWith(path.join(dataDir, 'agent')) || path.basename(file) === 'agent.log';
    if (!isAgents) continue;
    // Keys of the execution role and registry passwords are not known here, but their form is.
    assert.doesNotMatch(text, /ASIA[A-Z0-9]{16}/, `${path.basename(file)} names a temporary key`);
    assert.doesNotMatch(text, /[A-Za-z0-9+/]{300,}/, `${path.basename(file)} holds something like a token`);
  }
  console.log(`${seen.files} files, ${seen.task} of which speak of the task`);
  assert.ok(seen.task >= 2, 'the scan reads what there is');
});
