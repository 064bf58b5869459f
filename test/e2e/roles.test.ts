/** Roles and secrets of tasks on real Docker: what containers get, what it is worth, and when it ends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import {
  type ContainerDefinition,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListClustersCommand,
  ListContainerInstancesCommand,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
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
const cluster = 'default';
const canary = 'canary-7f3a-do-not-leak';
const jsonCanary = 'canary-91bc-in-json';
let running: Slipway;
const clients: { destroy(): void }[] = [];

const keep = <C extends { destroy(): void }>(client: C): C => {
  clients.push(client);
  return client;
};
const config = () => {
  const { endpoint, credentials } = running;
  return { endpoint, region: credentials.region, credentials, maxAttempts: 1 };
};

interface ContainerCredentials {
  readonly RoleArn: string;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  readonly Expiration: string;
}
const as = ({ AccessKeyId, SecretAccessKey, Token }: ContainerCredentials) => ({
  ...config(),
  credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token },
});

const tasksTrust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

async function makeRole(name: string, actions: readonly string[], resource = '*'): Promise<string> {
  const iam = keep(new IAMClient(config()));
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: tasksTrust }));
  if (actions.length > 0) {
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }],
    });
    await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'own', PolicyDocument }));
  }
  return Role!.Arn!;
}

let appRole: string;
let otherRole: string;
let executionRole: string;
let secretArn: string;

before(async () => {
  if (skip) return;
  console.log(await ensureBusyboxImage());
  running = await startSlipway(dataDir, ['--no-sample']);
  appRole = await makeRole('app', ['ecs:ListClusters', 'ecs:GetTaskProtection']);
  otherRole = await makeRole('other', []);
  executionRole = await makeRole('exec', ['ssm:GetParameters', 'secretsmanager:GetSecretValue', 'logs:CreateLogGroup']);
  await keep(new IAMClient(config())).send(
    new AttachRolePolicyCommand({
      RoleName: 'exec',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
    }),
  );
  await keep(new SSMClient(config())).send(
    new PutParameterCommand({ Name: '/app/password', Type: 'SecureString', Value: canary }),
  );
  const secret = await keep(new SecretsManagerClient(config())).send(
    new CreateSecretCommand({ Name: 'app/db', SecretString: JSON.stringify({ user: 'u', password: jsonCanary }) }),
  );
  secretArn = secret.ARN!;
});
after(async () => {
  for (const client of clients) client.destroy();
  await running?.stop('SIGKILL');
  removeAll(dataDir);
});

async function run(
  family: string,
  container: Partial<ContainerDefinition>,
  more: Partial<RegisterTaskDefinitionCommandInput> = {},
): Promise<string> {
  await running.ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      containerDefinitions: [
        {
          name: 'shell',
          image: 'busybox:latest',
          memory: 32,
          essential: true,
          command: ['sleep', '600'],
          stopTimeout: 1,
          ...container,
        },
      ],
      ...more,
    }),
  );
  const { tasks, failures } = await running.ecs.send(new RunTaskCommand({ cluster, taskDefinition: family }));
  assert.deepEqual(failures, []);
  return tasks![0]!.taskArn!;
}

const describe = async (arn: string): Promise<Task> =>
  (await running.ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] }))).tasks![0]!;

const reaches = (arn: string, status: string): Promise<Task> =>
  until(`${arn} is ${status}`, 60_000, async () => {
    const task = await describe(arn);
    if (task.lastStatus === 'STOPPED' && status !== 'STOPPED') throw new Error(task.stoppedReason);
    return task.lastStatus === status && task;
  });

const inside = (task: Task, command: string) => {
  const id = task.containers![0]!.runtimeId!;
  return spawnSync('docker', ['exec', id, 'sh', '-c', command], { encoding: 'utf8' });
};

/** Where a client in the container looks for credentials. */
const credentialsUri = (task: Task): string =>
  inside(
    task,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell
    'echo -n "${AWS_CONTAINER_CREDENTIALS_FULL_URI:-http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI}"',
  ).stdout;

const fetchCredentials = (task: Task): ContainerCredentials =>
  JSON.parse(inside(task, `wget -q -O - "${credentialsUri(task)}"`).stdout);

test('the agent works under the role of its instance profile', { skip }, async () => {
  const { containerInstanceArns } = await running.ecs.send(new ListContainerInstancesCommand({ cluster }));
  const { containerInstances } = await running.ecs.send(
    new DescribeContainerInstancesCommand({ cluster, containerInstances: containerInstanceArns }),
  );
  const { ec2InstanceId } = containerInstances![0]!;
  assert.match(ec2InstanceId!, /^i-[0-9a-f]{17}$/);
  const port = readFileSync(path.join(dataDir, 'agent/instance-metadata-port'), 'utf8');
  const base = `http://127.0.0.1:${port}/latest`;
  assert.equal((await fetch(`${base}/meta-data/instance-id`)).status, 401);
  const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
  const token = await (await fetch(`${base}/api/token`, { method: 'PUT', headers: ttl })).text();
  const read = async (what: string) =>
    (await fetch(`${base}/${what}`, { headers: { 'x-aws-ec2-metadata-token': token } })).text();
  assert.equal(await read('meta-data/instance-id'), ec2InstanceId);
  const role = await read('meta-data/iam/security-credentials/');
  assert.equal(role, 'ecsInstanceRole');
  const given = JSON.parse(await read(`meta-data/iam/security-credentials/${role}`));
  const { Arn } = await keep(new STSClient(as(given))).send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, `arn:aws:sts::${running.credentials.account}:assumed-role/ecsInstanceRole/${ec2InstanceId}`);
  await assert.rejects(keep(new ECSClient(as(given))).send(new ListClustersCommand({})), {
    name: 'AccessDeniedException',
  });
});

for (const networkMode of ['bridge', 'host'] as const) {
  test(`a container in ${networkMode} mode gets its role's credentials, which end with its task`, {
    skip,
  }, async () => {
    const arn = await run(`app-${networkMode}`, {}, { taskRoleArn: appRole, networkMode });
    const task = await reaches(arn, 'RUNNING');
    const given = fetchCredentials(task);
    assert.equal(given.RoleArn, appRole);
    const { Arn } = await keep(new STSClient(as(given))).send(new GetCallerIdentityCommand({}));
    const { account } = running.credentials;
    assert.equal(Arn, `arn:aws:sts::${account}:assumed-role/app/${arn.split('/').at(-1)}`);
    const ecs = keep(new ECSClient(as(given)));
    const { clusterArns } = await ecs.send(new ListClustersCommand({}));
    assert.equal(clusterArns?.length, 1);
    await assert.rejects(ecs.send(new ListServicesCommand({ cluster })), { name: 'AccessDeniedException' });
    const protection = inside(task, 'wget -q -O - "$ECS_AGENT_URI/task-protection/v1/state"').stdout;
    assert.equal(JSON.parse(protection).failure.Reason, 'TASK_NOT_VALID');
    await running.ecs.send(new StopTaskCommand({ cluster, task: arn }));
    await reaches(arn, 'STOPPED');
    await assert.rejects(ecs.send(new ListClustersCommand({})), { name: 'UnrecognizedClientException' });
  });
}

test('they outlive the agent and the control plane, and stand in no file', { skip }, async () => {
  const arn = await run('lasting', {}, { taskRoleArn: appRole });
  const task = await reaches(arn, 'RUNNING');
  const uri = credentialsUri(task);
  const first = fetchCredentials(task);
  const agent = Number(spawnSync('pgrep', ['-f', `agent .*${dataDir}`], { encoding: 'utf8' }).stdout.split('\n')[0]);
  process.kill(agent, 'SIGKILL');
  await running.stop('SIGKILL');
  running = await startSlipway(dataDir, ['--no-sample']);
  const second = await until('the credentials are back under the same address', 60_000, () => {
    assert.equal(credentialsUri(task), uri);
    return fetchCredentials(task);
  });
  for (const given of [first, second]) {
    assert.equal((await keep(new ECSClient(as(given))).send(new ListClustersCommand({}))).clusterArns?.length, 1);
    const { stdout } = spawnSync('grep', ['-rlaF', given.SecretAccessKey, dataDir], { encoding: 'utf8' });
    assert.equal(stdout, '', 'a secret key stands in a file');
  }
});

test('another container cannot read them, and one without a role gets none', { skip }, async () => {
  const owner = await reaches(await run('owner', {}, { taskRoleArn: appRole }), 'RUNNING');
  const stranger = await reaches(await run('stranger', {}, { taskRoleArn: otherRole }), 'RUNNING');
  const nobody = await reaches(await run('nobody', {}), 'RUNNING');
  const uri = credentialsUri(owner);
  assert.equal(inside(owner, `wget -q -O - "${uri}"`).status, 0);
  for (const task of [stranger, nobody]) {
    await until('the agent knows its address', 10_000, () => {
      const read = inside(task, `wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4"`).stdout;
      return JSON.parse(read).Networks?.[0]?.IPv4Addresses?.length > 0;
    });
    const { status, stdout, stderr } = inside(task, `wget -q -O - "${uri}"`);
    assert.notEqual(status, 0, stdout);
    assert.match(stderr, /400/);
  }
  assert.equal(inside(nobody, 'env').stdout.includes('AWS_CONTAINER_CREDENTIALS'), false);
  const id = uri.split('/').at(-1)!;
  const audit = readFileSync(path.join(dataDir, 'agent/audit.log'), 'utf8');
  assert.match(audit, new RegExp(` 200 \\S+ "/v2/credentials" "\\S+" ${owner.taskArn} GetCredentials 1 default arn:`));
  assert.match(audit, new RegExp(` 400 \\S+ "/v2/credentials" "\\S+" ${stranger.taskArn} GetCredentials`));
  assert.equal(audit.includes(id), false);
});

test("a container in host mode does not get the instance's role", { skip }, async () => {
  const task = await reaches(await run('nobody-host', {}, { networkMode: 'host' }), 'RUNNING');
  const port = readFileSync(path.join(dataDir, 'agent/instance-metadata-port'), 'utf8');
  const request = 'PUT /latest/api/token HTTP/1.0\\r\\nX-aws-ec2-metadata-token-ttl-seconds: 60\\r\\n\\r\\n';
  const { stdout } = inside(task, `(printf '${request}'; sleep 2) | nc -w 5 127.0.0.1 ${port}`);
  assert.match(stdout, /^HTTP\/1\.1 403 /);
});

test('a role that does not trust tasks stops the task, and says so', { skip }, async () => {
  const arn = await run(
    'untrusted',
    {},
    { taskRoleArn: `arn:aws:iam::${running.credentials.account}:role/ecsInstanceRole` },
  );
  const task = await reaches(arn, 'STOPPED');
  assert.equal(task.stopCode, 'TaskFailedToStart');
  assert.match(
    task.stoppedReason!,
    /^ECS was unable to assume the role 'arn:aws:iam::\d+:role\/ecsInstanceRole' that was/,
  );
});

test('secrets come into the environment and nowhere else; logs go with the execution role', { skip }, async () => {
  const logs = keep(new CloudWatchLogsClient(config()));
  const secrets = [
    { name: 'PASSWORD', valueFrom: '/app/password' },
    { name: 'DB', valueFrom: `${secretArn}:password::` },
    { name: 'WHOLE', valueFrom: secretArn },
  ];
  const options = { 'awslogs-group': '/e2e/roles', 'awslogs-region': running.credentials.region };
  const arn = await run(
    'secrets',
    {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell
      command: ['sh', '-c', 'echo "lengths ${#PASSWORD} ${#DB} ${#WHOLE}"; sleep 600'],
      secrets,
      logConfiguration: {
        logDriver: 'awslogs',
        options: { ...options, 'awslogs-stream-prefix': 's', 'awslogs-create-group': 'true' },
      },
    },
    { executionRoleArn: executionRole },
  );
  const task = await reaches(arn, 'RUNNING');
  assert.equal(inside(task, 'echo -n "$PASSWORD $DB"').stdout, `${canary} ${jsonCanary}`);
  const line = await until('its line is shipped', 30_000, async () => {
    const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: '/e2e/roles' }));
    return events?.[0]?.message;
  });
  assert.match(line, new RegExp(`^lengths ${canary.length} ${jsonCanary.length} \\d+$`));
  const metadata = inside(task, 'wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4/task"').stdout;
  const grep = (text: string) => spawnSync('grep', ['-rlaE', text, dataDir], { encoding: 'utf8' }).stdout;
  assert.notEqual(grep(arn), '', 'the scan finds what is there');
  const leaks = grep(`${canary}|${jsonCanary}`);
  assert.equal(leaks, '', 'secret values stand in files');
  assert.equal(metadata.includes('canary'), false);
  const weak = await makeRole('no-logs', []);
  const logConfiguration = { logDriver: 'awslogs', options: { ...options, 'awslogs-stream-prefix': 'weak' } } as const;
  const refused = await reaches(await run('no-logs', { logConfiguration }, { executionRoleArn: weak }), 'STOPPED');
  assert.match(refused.stoppedReason!, /^CannotStartContainerError: .*assumed-role\/no-logs\/\S+ is not authori/);
  assert.equal(JSON.stringify(await describe(arn)).includes('canary'), false);
});

test('images of our registry are pulled with the execution role', { skip }, async () => {
  const { account, region } = running.credentials;
  const ecr = keep(new ECRClient(config()));
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }));
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const [user, password] = Buffer.from(authorizationData![0]!.authorizationToken!, 'base64').toString().split(':');
  const host = `localhost:${new URL(running.endpoint).port}`;
  const image = `${host}/${account}.${region}/team/app:1`;
  const docker = (...argv: string[]) =>
    spawnSync('docker', argv, { encoding: 'utf8', ...(password && { input: password }) });
  const home = mkdtempSync(path.join(tmpdir(), 'slipway-docker-'));
  try {
    const login = docker('--config', home, 'login', '-u', user!, '--password-stdin', host);
    assert.equal(login.status, 0, login.stderr);
    docker('tag', 'busybox:latest', image);
    const pushed = docker('--config', home, 'push', image);
    assert.equal(pushed.status, 0, pushed.stderr);
    docker('rmi', image);
    const task = await reaches(await run('ours', { image }, { executionRoleArn: executionRole }), 'RUNNING');
    assert.match(task.containers![0]!.imageDigest!, /^sha256:/);
    const weak = await makeRole('no-ecr', []);
    const stopped = await reaches(await run('not-ours', { image }, { executionRoleArn: weak }), 'STOPPED');
    assert.equal(stopped.stopCode, 'TaskFailedToStart');
    assert.match(
      stopped.stoppedReason!,
      /^ResourceInitializationError: .*unable to retrieve ecr registry auth: service call has been retried 1 time\(s\): operation error ECR: GetAuthorizationToken, .*AccessDeniedException/,
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
    docker('rmi', '-f', image);
  }
});

test('secrets that cannot be had stop the task in the words of ECS', { skip }, async () => {
  const start =
    'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ';
  const weak = await makeRole('weak', []);
  const cases: [string, string, string, RegExp][] = [
    [
      'no-parameter',
      executionRole,
      '/app/nothing',
      /^unable to retrieve secrets from ssm: service call has been retried 1 time\(s\): invalid ssm parameters: \/app\/nothing$/,
    ],
    [
      'no-right',
      weak,
      '/app/password',
      /^unable to retrieve secrets from ssm: service call has been retried 1 time\(s\): operation error SSM: GetParameters, https response error StatusCode: 400, RequestID: \S+, api error AccessDeniedException: User: \S+assumed-role\/weak\/\S+ is not authorized to perform: ssm:GetParameters/,
    ],
    [
      'no-right-asm',
      weak,
      secretArn,
      /^unable to retrieve secret from asm: service call has been retried 1 time\(s\): failed to fetch secret \S+ from secrets manager: operation error Secrets Manager: GetSecretValue, .*AccessDeniedException/,
    ],
    [
      'no-key',
      executionRole,
      `${secretArn}:nothing::`,
      /^unable to retrieve secret from asm: .*retrieved secret from Secrets Manager did not contain json key nothing$/,
    ],
  ];
  for (const [family, executionRoleArn, valueFrom, words] of cases) {
    const arn = await run(family, { secrets: [{ name: 'A', valueFrom }] }, { executionRoleArn });
    const task = await reaches(arn, 'STOPPED');
    assert.equal(task.stopCode, 'TaskFailedToStart', family);
    assert.ok(task.stoppedReason?.startsWith(start), String(task.stoppedReason));
    assert.match(task.stoppedReason!.slice(start.length), words);
    assert.equal(task.containers?.[0]?.runtimeId, undefined, 'no container was made');
  }
});
