/** Tasks whose images are in Slipway's own registry, by every name that these have, on real Docker. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { CreateRepositoryCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateRepositoryCommand as CreatePublicRepositoryCommand,
  DescribeRegistriesCommand,
  ECRPUBLICClient,
} from '@aws-sdk/client-ecr-public';
import { DescribeTasksCommand, RegisterTaskDefinitionCommand, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { createRegistryLoopback } from '#agent/registry/loopback.ts';
import { silentLogger } from '#lib/logger.ts';
import { ensureBusyboxImage } from '../support/busybox-image.ts';
import {
  dockerMissing,
  makeDataDirectory,
  removeAll,
  type Slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const missing = dockerMissing();
const made = missing ? missing : await ensureBusyboxImage();
const skip = missing || (made.startsWith('no image') ? made : false);
const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

interface World {
  readonly slipway: Slipway;
  readonly env: NodeJS.ProcessEnv;
  readonly account: string;
  readonly region: string;
  readonly awsHost: string;
  /** Where Docker reaches the registry. */
  readonly host: string;
  /** Of the image team/app:1. */
  readonly digest: string;
  docker(...argv: string[]): Promise<string>;
  push(image: string): Promise<string>;
  run(image: string, executionRoleArn?: string): Promise<Task>;
  close(): Promise<void>;
}

async function makeWorld(argv: readonly string[]): Promise<World> {
  const dataDir = makeDataDirectory();
  const configDir = mkdtempSync(path.join(tmpdir(), 'slipway-docker-'));
  const env = { ...process.env, DOCKER_CONFIG: configDir };
  const slipway = await startSlipway(dataDir, ['--no-sample', ...argv]);
  const { account, region, accessKeyId, secretAccessKey } = slipway.credentials;
  const images: string[] = [];
  // Not in one go: what leads to the registry may be in this process.
  const docker = async (...words: string[]): Promise<string> =>
    (await promisify(execFile)('docker', words, { env, timeout: 120_000 })).stdout;
  const push = async (image: string): Promise<string> => {
    await docker('tag', 'busybox:latest', image);
    images.push(image);
    const { 1: digest = '' } = /digest: (sha256:[0-9a-f]{64})/.exec(await docker('push', image)) ?? [];
    return digest;
  };
  const config = { endpoint: slipway.endpoint, region, credentials: slipway.credentials, maxAttempts: 1 };
  const ecr = new ECRClient(config);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }));
  const loopback = createRegistryLoopback(slipway.endpoint, silentLogger, 0);
  const host = await loopback.address();
  await docker('login', '-u', accessKeyId, '-p', secretAccessKey, host);
  let families = 0;
  return {
    slipway,
    env,
    account,
    region,
    host,
    awsHost: `${account}.dkr.ecr.${region}.amazonaws.com`,
    digest: await push(`${host}/${account}.${region}/team/app:1`),
    docker,
    push,
    async run(image, executionRoleArn) {
      images.push(image);
      const { taskDefinition } = await slipway.ecs.send(
        new RegisterTaskDefinitionCommand({
          family: `pull-${++families}`,
          containerDefinitions: [{ name: 'app', image, memory: 32, command: ['true'] }],
          ...(executionRoleArn && { executionRoleArn }),
        }),
      );
      const { tasks } = await slipway.ecs.send(
        new RunTaskCommand({ taskDefinition: taskDefinition!.taskDefinitionArn! }),
      );
      return until(`a task of ${image}`, 60_000, async () => {
        const answer = await slipway.ecs.send(new DescribeTasksCommand({ tasks: [tasks![0]!.taskArn!] }));
        return answer.tasks![0]!.lastStatus === 'STOPPED' ? answer.tasks![0]! : undefined;
      });
    },
    async close() {
      ecr.destroy();
      loopback.close();
      await slipway.stop();
      removeAll(dataDir);
      const text = spawnSync('docker', ['images', '--digests', '--format', '{{.Repository}}@{{.Digest}}'], {
        encoding: 'utf8',
      });
      const left = text.stdout.split('\n').filter((line) => line.includes(account));
      spawnSync('docker', ['rmi', '-f', ...images, ...left]);
      rmSync(configDir, { recursive: true, force: true });
    },
  };
}

const ranWith = (task: Task, digest: string) => {
  const [container] = task.containers!;
  assert.equal(container!.exitCode, 0, String(task.stoppedReason));
  assert.equal(container!.imageDigest, digest);
};

describe('tasks pull from the registry of this Slipway', { skip }, () => {
  let world: World;
  before(async () => {
    world = await makeWorld([]);
  });
  after(() => world?.close());

  test('by the names of AWS, by tag and by digest', async () => {
    const { awsHost, digest, docker } = world;
    const task = await world.run(`${awsHost}/team/app:1`);
    ranWith(task, digest);
    assert.ok(task.pullStartedAt && task.pullStoppedAt);
    await docker('image', 'inspect', `${awsHost}/team/app:1`);
    ranWith(await world.run(`${awsHost}/team/app:1@${digest}`), digest);
    ranWith(await world.run(`${awsHost}/team/app@${digest}`), digest);

    const { slipway, region } = world;
    const ecr = new ECRClient({ endpoint: slipway.endpoint, region, credentials: slipway.credentials });
    await until('the pull is on record', 10_000, async () => {
      const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: 'team/app' }));
      return imageDetails![0]!.lastRecordedPullTime !== undefined;
    });
    ecr.destroy();
  });

  test('by the address of the control plane', async () => {
    const { digest, slipway, account, region } = world;
    const host = `localhost:${new URL(slipway.endpoint).port}`;
    ranWith(await world.run(`${host}/team/app:1`), digest);
    ranWith(await world.run(`${host}/${account}.${region}/team/app:1`), digest);
  });

  test('from the public registry, without a token', async () => {
    const { slipway, region } = world;
    const config = { endpoint: slipway.endpoint, region, credentials: slipway.credentials };
    const ecrPublic = new ECRPUBLICClient(config);
    await ecrPublic.send(new CreatePublicRepositoryCommand({ repositoryName: 'shared/app' }));
    const { registries } = await ecrPublic.send(new DescribeRegistriesCommand({}));
    const alias = registries![0]!.aliases![0]!.name;
    const digest = await world.push(`${world.host}/public.ecr.aws/${alias}/shared/app:1`);
    const role = await makeRole('nothing', []);
    ranWith(await world.run(`public.ecr.aws/${alias}/shared/app:1`, role), digest);
    ecrPublic.destroy();
  });

  test('what cannot be pulled says so in the words of ECS', async () => {
    const { awsHost, account } = world;
    const noTag = await world.run(`${awsHost}/team/app:missing`);
    assert.equal(noTag.stopCode, 'TaskFailedToStart');
    const reason = `CannotPullContainerError: Error response from daemon: manifest for ${awsHost}/team/app:missing not found: manifest unknown: Requested image not found`;
    assert.equal(noTag.containers![0]!.reason, reason);
    const noRepository = await world.run(`${awsHost}/team/none:1`);
    assert.match(
      noRepository.containers![0]!.reason!,
      /^CannotPullContainerError: Error response from daemon: repository \S+\/team\/none not found: name unknown: The repository with name 'team\/none' does not exist in the registry with id '\d+'$/,
    );
    const role = await makeRole('no-images', ['ecr:GetAuthorizationToken']);
    const denied = await world.run(`${awsHost}/team/app:2`, role);
    const words = denied.containers![0]!.reason!;
    const whole = `CannotPullContainerError: The task can’t pull the image. Check that the role has the permissions to pull images from the registry. Error response from daemon: pull access denied for ${awsHost}/team/app, repository does not exist or may require 'docker login': denied: User: arn:aws:sts::${account}:assumed-role/no-images/`;
    // Agents say no more than 255 characters.
    assert.equal(words, whole.slice(0, 255));
  });

  async function makeRole(name: string, actions: readonly string[]): Promise<string> {
    const { slipway, region } = world;
    const iam = new IAMClient({ endpoint: slipway.endpoint, region, credentials: slipway.credentials });
    const trust = { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument }));
    if (actions.length > 0) {
      const Statement = [{ Effect: 'Allow', Action: actions, Resource: '*' }];
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
      await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'own', PolicyDocument }));
    }
    iam.destroy();
    return Role!.Arn!;
  }
});

const noOutside = outside ? false : 'this machine has no address besides loopback';
describe('a machine to which the control plane is not loopback', { skip: skip || noOutside }, () => {
  let world: World;
  after(() => world?.close());

  test('pulls through a port of its agent', async () => {
    world = await makeWorld(['--host', outside!]);
    ranWith(await world.run(`${world.awsHost}/team/app:1`), world.digest);
  });
});

describe('a signature policy', { skip }, () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-policy-'));
  let world: World;
  after(async () => {
    await world?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('holds at the start of a task, also for an image that the machine has already', async () => {
    const policy = path.join(directory, 'policy.json');
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
    writeFileSync(policy, JSON.stringify({ rules: [] }));
    world = await makeWorld(['--signature-policy', policy]);
    const image = `${world.awsHost}/team/app:1`;
    ranWith(await world.run(image), world.digest);
    writeFileSync(policy, JSON.stringify({ rules: [{ prefix: 'team/', keys: [key] }] }));
    await until('the policy holds', 10_000, async () => {
      const task = await world.run(image);
      const { reason = '' } = task.containers![0]!;
      if (task.containers![0]!.exitCode === 0) return false;
      const refusal = `CannotPullContainerError: Error response from daemon: ${image}: denied: the signature policy of this registry refuses it: team/app@${world.digest} has no signature`;
      assert.equal(reason, refusal.slice(0, 255));
      return true;
    });
    const pulled = spawnSync('docker', ['pull', `${world.host}/team/app:1`], { env: world.env, encoding: 'utf8' });
    assert.notEqual(pulled.status, 0);
    assert.match(pulled.stderr, /the signature policy of this registry refuses it/);
  });
});
