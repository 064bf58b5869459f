/**
 * Containers reach AWS's APIs with nothing configured: SDK and curl of this machine, in containers of tasks, on the machine
 * of the control plane and on one that has joined.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  type ContainerDefinition,
  CreateClusterCommand,
  DescribeTasksCommand,
  ListContainerInstancesCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { ensureBusyboxImage } from '../support/busybox-image.ts';
import {
  dockerMissing,
  launcher,
  makeDataDirectory,
  removeAll,
  type Slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const skip = dockerMissing();
const root = path.resolve(import.meta.dirname, '../..');
const dataDir = makeDataDirectory();
const agentDir = mkdtempSync(path.join(tmpdir(), 'slipway-joined-'));
let running: Slipway;
let iam: IAMClient;
let joined: ChildProcess | undefined;
const roles = new Map<string, string>();

async function makeRole(name: string, statements: readonly object[]): Promise<void> {
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      }),
    }),
  );
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'own', PolicyDocument }));
  roles.set(name, Role!.Arn!);
}

before(async () => {
  if (skip) return;
  console.log(await ensureBusyboxImage());
  running = await startSlipway(dataDir, ['--no-sample']);
  const { endpoint, credentials } = running;
  iam = new IAMClient({ endpoint, region: credentials.region, credentials });
  await makeRole('app', [
    { Effect: 'Allow', Action: ['ecs:ListClusters', 'ecr:GetAuthorizationToken'], Resource: '*' },
  ]);
  await makeRole('loopback', [
    {
      Effect: 'Allow',
      Action: 'ecs:ListClusters',
      Resource: '*',
      Condition: { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } },
    },
  ]);
});
after(async () => {
  iam?.destroy();
  if (joined?.exitCode === null) {
    joined.kill('SIGTERM');
    await once(joined, 'exit');
  }
  await running?.stop('SIGKILL');
  removeAll(dataDir);
  rmSync(agentDir, { recursive: true, force: true });
});

/** The machine's own programs and libraries, and this project, where a container finds them as the machine does. */
const borrowed = ['/usr', '/lib', '/lib64', root].filter((folder) => existsSync(folder));

async function run(
  family: string,
  role: string | undefined,
  networkMode: 'bridge' | 'host',
  { cluster = 'default', ...container }: Partial<ContainerDefinition> & { cluster?: string } = {},
): Promise<Task> {
  const names = borrowed.map((_, index) => `borrowed-${index}`);
  await running.ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      networkMode,
      ...(role && { taskRoleArn: roles.get(role)! }),
      volumes: borrowed.map((sourcePath, index) => ({ name: names[index], host: { sourcePath } })),
      containerDefinitions: [
        {
          name: 'shell',
          image: 'busybox:latest',
          memory: 256,
          essential: true,
          command: ['sleep', '600'],
          stopTimeout: 1,
          mountPoints: borrowed.map((containerPath, index) => ({
            sourceVolume: names[index],
            containerPath,
            readOnly: true,
          })),
          ...container,
        },
      ],
    }),
  );
  const { tasks, failures } = await running.ecs.send(new RunTaskCommand({ cluster, taskDefinition: family }));
  assert.deepEqual(failures, []);
  return until(`${family} runs`, 60_000, async () => {
    const found = await running.ecs.send(new DescribeTasksCommand({ cluster, tasks: [tasks![0]!.taskArn!] }));
    const task = found.tasks![0]!;
    if (task.lastStatus === 'STOPPED') throw new Error(task.stoppedReason);
    return task.lastStatus === 'RUNNING' && task;
  });
}

const inside = (task: Task, ...command: string[]) =>
  spawnSync('docker', ['exec', '-w', root, task.containers![0]!.runtimeId!, ...command], { encoding: 'utf8' });
const shell = (task: Task, command: string) => inside(task, 'sh', '-c', command);

/** What an SDK without any configuration is answered. */
function sdk(task: Task, client: string, command: string, input: object = {}): Record<string, unknown> {
  const text = `
    const { ${client}Client: Client, ${command}Command: Command } = await import('@aws-sdk/client-${client.toLowerCase()}');
    const client = new Client({ maxAttempts: 1 });
    const answer = await client.send(new Command(${JSON.stringify(input)})).catch(({ name, message }) => ({ name, message }));
    console.log(JSON.stringify(answer));
    client.destroy();
  `;
  const { stdout, stderr } = inside(task, process.execPath, '--input-type=module', '-e', text);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout);
}

const credentialsUri =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell
  '${AWS_CONTAINER_CREDENTIALS_FULL_URI:-http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI}';

async function checkRole(task: Task, role: string): Promise<void> {
  const { account } = running.credentials;
  const { Arn } = sdk(task, 'STS', 'GetCallerIdentity');
  assert.equal(Arn, `arn:aws:sts::${account}:assumed-role/${role}/${task.taskArn!.split('/').at(-1)}`);
  const { clusterArns } = sdk(task, 'ECS', 'ListClusters') as { clusterArns: string[] };
  assert.ok(clusterArns.length > 0);
  const refused = sdk(task, 'ECS', 'ListServices');
  assert.equal(refused['name'], 'AccessDeniedException');
  assert.match(String(refused['message']), /is not authorized to perform: ecs:ListServices/);
}

for (const networkMode of ['bridge', 'host'] as const) {
  test(`an SDK with nothing configured works with the task's role in ${networkMode} mode`, { skip }, async () => {
    const task = await run(`sdk-${networkMode}`, 'app', networkMode);
    const linkLocal = shell(task, 'echo $AWS_ENDPOINT_URL').stdout.includes('169.254.170.2');
    console.log(`AWS_ENDPOINT_URL is ${linkLocal ? 'link-local' : 'an address of this machine'}`);
    // Without 169.254.170.2 the SDKs refuse to fetch credentials from the gateway; that is theirs to decide.
    if (networkMode === 'bridge' && !linkLocal) return;
    await checkRole(task, 'app');
  });

  test(`curl signs, and reaches the registry, in ${networkMode} mode`, { skip }, async () => {
    const task = await run(`curl-${networkMode}`, 'app', networkMode);
    const { region, account } = running.credentials;
    const script = `
      set -e
      C=$(/usr/bin/curl -s "${credentialsUri}")
      field() { echo "$C" | sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }
      call() {
        /usr/bin/curl -s -X POST "$AWS_ENDPOINT_URL/" --aws-sigv4 "aws:amz:${region}:$1" --user "$(field AccessKeyId):$(field SecretAccessKey)" \
          -H "x-amz-security-token: $(field Token)" -H 'content-type: application/x-amz-json-1.1' -H "x-amz-target: $2" -d '{}' $3
      }
      call ecs AmazonEC2ContainerServiceV20141113.ListClusters; echo
      call ecs AmazonEC2ContainerServiceV20141113.ListServices; echo
      T=$(call ecr AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken); echo "$T"
      B=$(echo "$T" | sed -n 's/.*"authorizationToken":"\\([^"]*\\)".*/\\1/p')
      /usr/bin/curl -s -o /dev/null -w '%{http_code}\\n' -H "Authorization: Basic $B" "$AWS_ENDPOINT_URL/v2/"
      /usr/bin/curl -s -o /dev/null -w '%{http_code}\\n' "$AWS_ENDPOINT_URL/v2/"
    `;
    const { stdout, stderr } = shell(task, script);
    const [clusters, services, token, known, unknown] = stdout.trim().split('\n');
    assert.match(clusters!, new RegExp(`arn:aws:ecs:${region}:${account}:cluster/default`), stderr);
    assert.match(services!, /AccessDeniedException/);
    const { proxyEndpoint } = JSON.parse(token!).authorizationData[0];
    assert.ok(shell(task, 'echo $AWS_ENDPOINT_URL').stdout.includes(new URL(proxyEndpoint).host));
    assert.deepEqual([known, unknown], ['200', '401']);
  });
}

test('policies see the machine, not what the caller says of itself', { skip }, async () => {
  const script = (region: string) => `
      C=$(/usr/bin/curl -s "${credentialsUri}")
      field() { echo "$C" | sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }
      /usr/bin/curl -s -X POST "$AWS_ENDPOINT_URL/" --aws-sigv4 "aws:amz:${region}:ecs" --user "$(field AccessKeyId):$(field SecretAccessKey)" \
        -H "x-amz-security-token: $(field Token)" -H 'content-type: application/x-amz-json-1.1' \
        -H 'x-amz-target: AmazonEC2ContainerServiceV20141113.ListClusters' -d '{}' \
        -H 'x-forwarded-for: 127.0.0.1' -H 'forwarded: for=127.0.0.1' -H 'x-real-ip: 127.0.0.1'
    `;
  const { region } = running.credentials;
  const bridge = await run('source-bridge', 'loopback', 'bridge');
  assert.match(shell(bridge, script(region)).stdout, /AccessDeniedException/);
  const host = await run('source-host', 'loopback', 'host');
  assert.match(shell(host, script(region)).stdout, /clusterArns/);
});

test('a container without a role has no credentials, and one that is no task is not served', { skip }, async () => {
  const task = await run('no-role', undefined, 'bridge');
  assert.equal(sdk(task, 'STS', 'GetCallerIdentity')['name'], 'CredentialsProviderError');
  const url = shell(task, 'echo -n $AWS_ENDPOINT_URL').stdout;
  assert.match(shell(task, 'wget -q -O - $AWS_ENDPOINT_URL/health').stdout, /running/);
  const { stderr } = spawnSync('docker', ['run', '--rm', 'busybox:latest', 'wget', '-q', '-O', '-', `${url}/health`], {
    encoding: 'utf8',
  });
  assert.match(stderr, /403/);
});

test('what the definition sets stays', { skip }, async () => {
  const environment = [
    { name: 'AWS_ENDPOINT_URL', value: 'http://elsewhere' },
    { name: 'AWS_REGION', value: 'eu-west-1' },
  ];
  const task = await run('own-words', 'app', 'bridge', { environment });
  const lines = shell(task, 'env').stdout.split('\n');
  const aws = lines.filter((line) => /^AWS_(?!CONTAINER)/.test(line)).sort();
  assert.deepEqual(aws, ['AWS_ENDPOINT_URL=http://elsewhere', 'AWS_EXECUTION_ENV=AWS_ECS_EC2', 'AWS_REGION=eu-west-1']);
});

test('credentials in the hands of somebody else end with the task', { skip }, async () => {
  const task = await run('ending', 'app', 'bridge');
  const given = JSON.parse(shell(task, `wget -q -O - "${credentialsUri}"`).stdout);
  const other = await run('other', undefined, 'bridge');
  const call = () => {
    const { region } = running.credentials;
    return shell(
      other,
      `/usr/bin/curl -s -X POST "$AWS_ENDPOINT_URL/" --aws-sigv4 "aws:amz:${region}:ecs" --user "${given.AccessKeyId}:${given.SecretAccessKey}" \
        -H "x-amz-security-token: ${given.Token}" -H 'content-type: application/x-amz-json-1.1' -H 'x-amz-target: AmazonEC2ContainerServiceV20141113.ListClusters' -d '{}'`,
    ).stdout;
  };
  assert.match(call(), /clusterArns/);
  await running.ecs.send(new StopTaskCommand({ cluster: 'default', task: task.taskArn! }));
  await until('its credentials have ended', 30_000, () => call().includes('UnrecognizedClientException'));
});

test('on a machine that has joined', { skip }, async () => {
  const cluster = 'far';
  await running.ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  const { accessKeyId, secretAccessKey, region } = running.credentials;
  joined = spawn(launcher, ['agent', '--cluster', cluster, '--endpoint', running.endpoint, '--data', agentDir], {
    stdio: 'ignore',
    env: {
      ...process.env,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
  });
  await until('it has joined', 60_000, async () => {
    const { containerInstanceArns } = await running.ecs.send(
      new ListContainerInstancesCommand({ cluster, filter: 'agentConnected==true' }),
    );
    return containerInstanceArns!.length > 0;
  });
  const task = await run('joined', 'app', 'host', { cluster });
  await checkRole(task, 'app');
  // A second agent of one machine has no 169.254.170.2: the bridge's gateway leads there.
  const bridge = await run('joined-bridge', 'app', 'bridge', { cluster });
  assert.doesNotMatch(shell(bridge, 'echo $AWS_ENDPOINT_URL').stdout, /169\.254\.170\.2|127\.0\.0\.1/);
  assert.match(shell(bridge, 'wget -q -O - $AWS_ENDPOINT_URL/health').stdout, /running/);
});
