/** Replication to registries elsewhere: another Slipway, and one that is none of ours; through failures and restarts. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CreateRepositoryCreationTemplateCommand,
  DescribeImageReplicationStatusCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  PutReplicationConfigurationCommand,
} from '@aws-sdk/client-ecr';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { createLogger } from '#lib/logger.ts';
import { digestOfBytes, OciServer } from '../support/oci-server.ts';
import { until } from '../support/slipway-process.ts';
import {
  makeImage,
  makeIndex,
  mediaTypes,
  pushImage,
  randomBlob,
  startTestRegistry,
  type TestRegistry,
} from './client.ts';

const [slipwayAccount, otherAccount] = ['444455556666', '777788889999'];
const password = 'a-password-of-the-other-registry';
let dataDir: string;
let harbor: OciServer;
let second: TestRegistry;
let first: TestRegistry;
const lines: string[] = [];

const startFirst = () =>
  startTestRegistry({
    dataDir,
    logger: createLogger({ level: 'debug', sink: { write: (line: string) => void lines.push(line) }, now: Date.now }),
    registry: {
      createOnPush: true,
      replicationTargets: {
        [slipwayAccount]: `http://127.0.0.1:${second.port}/{account}.{region}`,
        [`${otherAccount}/eu-west-1`]: `${harbor.url}/mirror`,
      },
    },
  });

async function replicate(...destinations: { registryId: string; region: string }[]): Promise<void> {
  const replicationConfiguration = { rules: [{ destinations }] };
  await first.ecr().send(new PutReplicationConfigurationCommand({ replicationConfiguration }));
}

const statusOf = async (repositoryName: string, imageTag: string) => {
  const answer = await first
    .ecr()
    .send(new DescribeImageReplicationStatusCommand({ repositoryName, imageId: { imageTag } }));
  return answer.replicationStatuses!;
};
async function settled(repositoryName: string, imageTag: string) {
  await until(`${repositoryName}:${imageTag} is settled`, 30_000, async () => {
    const statuses = await statusOf(repositoryName, imageTag);
    return statuses.length > 0 && statuses.every((one) => one.status !== 'IN_PROGRESS');
  });
  return statusOf(repositoryName, imageTag);
}

const keepCredentials = (registryId: string, username: string, accessToken: string) =>
  first.secretsManager().send(
    new CreateSecretCommand({
      Name: `ecr-replication/${registryId}`,
      SecretString: JSON.stringify({ username, accessToken }),
    }),
  );

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  harbor = await new OciServer({ credentials: { username: 'robot', password } }).start();
  second = await startTestRegistry({ account: slipwayAccount, registry: { createOnPush: false } });
  first = await startFirst();
});
after(async () => {
  await first?.close();
  await second?.close();
  await harbor?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('to another Slipway', () => {
  it('says that credentials are wanted', async () => {
    await replicate({ registryId: slipwayAccount, region: 'eu-west-1' });
    await pushImage(first.client, 'refused', 'v1', makeImage());
    const [status] = await settled('refused', 'v1');
    assert.deepEqual(status, {
      registryId: slipwayAccount,
      region: 'eu-west-1',
      status: 'FAILED',
      failureCode: 'AccessDenied',
    });
  });

  it('pushes an index with its images, into a repository made by the template over there', async () => {
    const { accessKeyId, secretAccessKey } = second.administrator;
    await keepCredentials(slipwayAccount, accessKeyId, secretAccessKey);
    const there = second.ecr({ region: 'eu-west-1' });
    await there.send(
      new CreateRepositoryCreationTemplateCommand({
        prefix: 'ROOT',
        appliedFor: ['REPLICATION'],
        resourceTags: [{ Key: 'by', Value: 'replication' }],
      }),
    );
    await there.send(
      new PutReplicationConfigurationCommand({
        replicationConfiguration: { rules: [{ destinations: [{ region: 'us-west-2', registryId: slipwayAccount }] }] },
      }),
    );
    const children = [makeImage(), makeImage()];
    for (const child of children) await pushImage(first.client, 'team/app', child.digest, child);
    const index = makeIndex(children);
    await pushImage(first.client, 'team/app', 'v1', index);
    assert.equal((await settled('team/app', 'v1'))[0]!.status, 'COMPLETE');
    const { imageDetails } = await there.send(new DescribeImagesCommand({ repositoryName: 'team/app' }));
    assert.deepEqual(
      new Set(imageDetails!.map((one) => one.imageDigest)),
      new Set([index.digest, ...children.map((child) => child.digest)]),
    );
    assert.deepEqual(imageDetails!.find((one) => one.imageDigest === index.digest)!.imageTags, ['v1']);
    await assert.rejects(
      second.ecr({ region: 'us-west-2' }).send(new DescribeRepositoriesCommand({ repositoryNames: ['team/app'] })),
      { name: 'RepositoryNotFoundException' },
    );
  });
});

describe('to a registry that is none of ours', () => {
  const mirror = (name: string) => harbor.repositories.get(`mirror/${name}`);

  it('pushes, and pushes the tag again when it moves', async () => {
    await replicate({ registryId: otherAccount, region: 'eu-west-1' });
    await keepCredentials(otherAccount, 'robot', password);
    for (const image of [makeImage(), makeImage()]) {
      await pushImage(first.client, 'plain', 'v1', image);
      assert.equal((await settled('plain', 'v1'))[0]!.status, 'COMPLETE');
      assert.equal(digestOfBytes(mirror('plain')!.manifests.get('v1')!.bytes), image.digest);
      for (const { digest } of image.blobs) assert.ok(mirror('plain')!.blobs.has(digest));
    }
  });

  it('goes on after failures of the other side', async () => {
    let failures = 3;
    harbor.fault = ({ method }) => {
      if (method === 'GET' || failures === 0) return undefined;
      failures -= 1;
      return { kind: 'status', status: 503 };
    };
    await pushImage(first.client, 'shaky', 'v1', makeImage());
    assert.equal((await settled('shaky', 'v1'))[0]!.status, 'COMPLETE');
    harbor.fault = undefined;
  });

  it('goes on after the registry process was killed, and after a restart, without sending again what has arrived', async () => {
    const layer = randomBlob(400_000);
    const image = makeImage({
      layers: [{ mediaType: mediaTypes.layer, digest: layer.digest, size: layer.bytes.length }],
    });
    const whole = { ...image, blobs: [image.blobs[0]!, layer] };
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    harbor.fault = ({ method, path }) =>
      method === 'PUT' && path.includes('/manifests/') ? { kind: 'wait', until: gate } : undefined;
    await pushImage(first.client, 'lasting', 'v1', whole);
    const arrived = () => mirror('lasting')?.blobs.has(layer.digest) === true;
    await until('the layer has arrived', 20_000, arrived);
    const { pid } = first.registry;
    process.kill(pid!, 'SIGKILL');
    await until('another process', 20_000, () => first.registry.pid !== undefined && first.registry.pid !== pid);
    assert.equal((await statusOf('lasting', 'v1'))[0]!.status, 'IN_PROGRESS');
    await first.close();
    const uploads = harbor.count('POST', /mirror\/lasting/);
    release!();
    harbor.fault = undefined;
    first = await startFirst();
    assert.equal((await settled('lasting', 'v1'))[0]!.status, 'COMPLETE');
    assert.equal(digestOfBytes(mirror('lasting')!.manifests.get('v1')!.bytes), image.digest);
    assert.equal(harbor.count('POST', /mirror\/lasting/), uploads);
  });

  it('has never logged the credentials', () => {
    assert.ok(lines.length > 0);
    const secrets = [
      password,
      Buffer.from(`robot:${password}`).toString('base64'),
      second.administrator.secretAccessKey,
    ];
    for (const line of lines) assert.ok(!secrets.some((secret) => line.includes(secret)));
  });
});
