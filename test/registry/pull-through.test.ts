/** The pull-through cache against a registry that is none of ours. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCreationTemplateCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { createLogger } from '#lib/logger.ts';
import { allow, makeUser, policy } from '../support/identities.ts';
import { OciServer } from '../support/oci-server.ts';
import { until } from '../support/slipway-process.ts';
import {
  basic,
  blobOf,
  makeImage,
  makeIndex,
  mediaTypes,
  randomBlob,
  startTestRegistry,
  type TestManifest,
  type TestRegistry,
} from './client.ts';

const password = 'a-very-secret-access-token';
let upstream: OciServer;
let registry: TestRegistry;
const lines: string[] = [];

const publish = (name: string, tag: string | undefined, image: TestManifest) =>
  upstream.put(
    name,
    tag,
    { bytes: image.bytes, type: image.mediaType },
    image.blobs.map((blob) => blob.bytes),
  );

const largeImage = (size: number) => {
  const layer = randomBlob(size);
  const image = makeImage({ layers: [{ mediaType: mediaTypes.layer, digest: layer.digest, size }] });
  return { image: { ...image, blobs: [image.blobs[0]!, layer] }, layer };
};

const tagsOf = async (repositoryName: string) => {
  try {
    const { imageDetails = [] } = await registry.ecr().send(new DescribeImagesCommand({ repositoryName }));
    return imageDetails;
  } catch {
    return [];
  }
};
const cachedTag = (repositoryName: string, tag: string, digest: string) =>
  until(`${repositoryName}:${tag} is cached`, 10_000, async () =>
    (await tagsOf(repositoryName)).some((one) => one.imageDigest === digest && one.imageTags?.includes(tag)),
  );

/** As clients do: manifest, then every blob. */
async function pull(name: string, reference: string, client = registry.client) {
  const manifest = await client('GET', `/v2/${name}/manifests/${reference}`);
  assert.equal(manifest.status, 200, manifest.body.toString());
  const { config, layers = [] } = manifest.json();
  for (const one of [config, ...layers].filter(Boolean)) {
    const blob = await client('GET', `/v2/${name}/blobs/${one.digest}`);
    assert.equal(blob.status, 200, blob.body.toString());
    assert.equal(blobOf(blob.body).digest, one.digest);
  }
  return manifest;
}

before(async () => {
  upstream = await new OciServer({ credentials: { username: 'robot', password } }).start();
  registry = await startTestRegistry({
    registry: { createOnPush: true, outbound: { upstreams: { 'docker-hub': upstream.url }, recheckMs: 0 } },
    logger: createLogger({ level: 'debug', sink: { write: (line: string) => void lines.push(line) }, now: Date.now }),
  });
  const secret = await registry.secretsManager().send(
    new CreateSecretCommand({
      Name: 'ecr-pullthroughcache/hub',
      SecretString: JSON.stringify({ username: 'robot', accessToken: password }),
    }),
  );
  await registry.ecr().send(
    new CreatePullThroughCacheRuleCommand({
      ecrRepositoryPrefix: 'hub',
      upstreamRegistryUrl: 'registry-1.docker.io',
      credentialArn: secret.ARN!,
    }),
  );
});
after(async () => {
  await registry?.close();
  await upstream?.stop();
});

describe('a first pull', () => {
  it('makes the repository, streams, and is kept with its tag', async () => {
    const image = makeImage();
    publish('library/one', 'v1', image);
    const manifest = await pull('hub/library/one', 'v1');
    assert.ok(manifest.body.equals(image.bytes));
    assert.equal(manifest.headers['docker-content-digest'], image.digest);
    await cachedTag('hub/library/one', 'v1', image.digest);
    const asked = upstream.requests.length;
    await pull('hub/library/one', image.digest);
    assert.equal(upstream.requests.length, asked, 'a digest is never asked about again');
  });

  it('by tag with HEAD first and then by digest, as containerd does', async () => {
    const image = makeImage();
    const index = makeIndex([image]);
    publish('library/two', undefined, image);
    publish('library/two', 'latest', index);
    const head = await registry.client('HEAD', '/v2/hub/library/two/manifests/latest');
    assert.equal(head.status, 200);
    assert.equal(head.headers['docker-content-digest'], index.digest);
    assert.ok((await registry.client('GET', `/v2/hub/library/two/manifests/${index.digest}`)).body.equals(index.bytes));
    await pull('hub/library/two', image.digest);
    await cachedTag('hub/library/two', 'latest', index.digest);
    await until('the image is there', 10_000, async () =>
      (await tagsOf('hub/library/two')).some((one) => one.imageDigest === image.digest),
    );

    const single = makeImage();
    publish('library/three', 'x', single);
    const digest = (await registry.client('HEAD', '/v2/hub/library/three/manifests/x')).headers[
      'docker-content-digest'
    ];
    await pull('hub/library/three', String(digest));
    await cachedTag('hub/library/three', 'x', single.digest);
  });

  it('fetches everything once for many clients, and late ones read along', async () => {
    const { image, layer } = largeImage(6_000_000);
    publish('library/many', 'v1', image);
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    upstream.fault = ({ method, path }) =>
      method === 'GET' && path.endsWith(layer.digest) ? { kind: 'wait', until: gate } : undefined;
    const clients = Array.from({ length: 6 }, () => registry.clientAs(auth()));
    const pulls = clients.map((client) => pull('hub/library/many', 'v1', client));
    await until(
      'the layer is asked for',
      10_000,
      () => upstream.count('GET', `/v2/library/many/blobs/${layer.digest}`) > 0,
    );
    release!();
    await Promise.all(pulls);
    upstream.fault = undefined;
    assert.equal(upstream.count('GET', '/v2/library/many/manifests/v1'), 1);
    for (const { digest } of image.blobs) assert.equal(upstream.count('GET', `/v2/library/many/blobs/${digest}`), 1);
    await cachedTag('hub/library/many', 'v1', image.digest);
  });

  it('answers ranges of a blob that is still on its way', async () => {
    const { image, layer } = largeImage(3_000_000);
    publish('library/ranges', 'v1', image);
    const { client } = registry;
    await client('HEAD', '/v2/hub/library/ranges/manifests/v1');
    const path = `/v2/hub/library/ranges/blobs/${layer.digest}`;
    const size = String(layer.bytes.length);
    assert.equal((await client('HEAD', path)).headers['content-length'], size);
    const unawaited = `/v2/hub/library/one/blobs/${layer.digest}`;
    assert.equal((await client('HEAD', unawaited)).status, 404, 'nobody is about to pull it there');
    const part = await client('GET', path, { headers: { range: 'bytes=1000000-1999999' } });
    assert.equal(part.status, 206);
    assert.ok(part.body.equals(layer.bytes.subarray(1_000_000, 2_000_000)));
    const head = await client('HEAD', path);
    assert.equal(head.headers['content-length'], size);
  });
});

const auth = () => basic(registry.administrator.accessKeyId, registry.administrator.secretAccessKey);

describe('tags', () => {
  it('are served at once and brought up to date behind the answer', async () => {
    const [old, fresh] = [makeImage(), makeImage()];
    const [oldIndex, freshIndex] = [old, fresh].map((image) =>
      makeIndex([image], {
        manifests: [
          {
            mediaType: image.mediaType,
            digest: image.digest,
            size: image.bytes.length,
            platform: { os: 'linux', architecture: 'amd64' },
          },
        ],
      }),
    );
    publish('library/moving', undefined, old);
    publish('library/moving', 'latest', oldIndex!);
    await registry.client('GET', '/v2/hub/library/moving/manifests/latest');
    await pull('hub/library/moving', old.digest);
    await until('the image is there', 10_000, async () => (await tagsOf('hub/library/moving')).length === 2);
    publish('library/moving', undefined, fresh);
    publish('library/moving', 'latest', freshIndex!);
    const stale = await registry.client('GET', '/v2/hub/library/moving/manifests/latest');
    assert.ok(stale.body.equals(oldIndex!.bytes));
    await cachedTag('hub/library/moving', 'latest', freshIndex!.digest);
    const asked = upstream.count('GET', /library\/moving/);
    await pull('hub/library/moving', fresh.digest);
    assert.equal(upstream.count('GET', /library\/moving/), asked, 'the same platform came along');
  });

  it('work with the upstream down', async () => {
    const image = makeImage();
    publish('library/lasting', 'v1', image);
    await pull('hub/library/lasting', 'v1');
    await cachedTag('hub/library/lasting', 'v1', image.digest);
    const { port } = upstream;
    await upstream.stop();
    try {
      await pull('hub/library/lasting', 'v1');
      await pull('hub/library/lasting', 'v1');
      const missing = await registry.client('GET', '/v2/hub/library/other/manifests/v1');
      assert.equal(missing.status, 503);
      assert.equal(missing.json().errors[0].code, 'UNAVAILABLE');
      assert.match(missing.json().errors[0].message, /cannot be reached: ECONNREFUSED/);
    } finally {
      await upstream.start(port);
    }
  });
});

describe('an upstream that fails', () => {
  const answerTo = (name: string) => registry.client('GET', `/v2/hub/library/${name}/manifests/v1`);

  it('is answered for in the words of the specification', async () => {
    const unknown = await answerTo('unheard-of');
    assert.equal(unknown.status, 404);
    assert.equal(unknown.json().errors[0].code, 'NAME_UNKNOWN');
    for (const [status, expected, code] of [
      [403, 403, 'DENIED'],
      [429, 429, 'TOOMANYREQUESTS'],
      [500, 503, 'UNAVAILABLE'],
    ] as const) {
      upstream.fault = ({ path }) =>
        path.includes('/failing/') ? { kind: 'status', status, headers: { 'Retry-After': '30' } } : undefined;
      const answer = await answerTo('failing');
      assert.equal(answer.status, expected);
      assert.equal(answer.json().errors[0].code, code);
      if (status === 429) assert.equal(answer.headers['retry-after'], '30');
    }
    upstream.fault = undefined;
  });

  it('is resumed where it broke off', async () => {
    const { image, layer } = largeImage(2_000_000);
    publish('library/broken', 'v1', image);
    let faults = 2;
    upstream.fault = ({ method, path }) => {
      if (method !== 'GET' || !path.endsWith(layer.digest) || faults === 0) return undefined;
      faults -= 1;
      return { kind: 'break off', afterBytes: 700_000 };
    };
    await pull('hub/library/broken', 'v1');
    upstream.fault = undefined;
    assert.equal(upstream.count('GET', `/v2/library/broken/blobs/${layer.digest}`), 3);
    await cachedTag('hub/library/broken', 'v1', image.digest);
  });

  it('that sends other bytes is never believed', async () => {
    const { image, layer } = largeImage(1_000_000);
    publish('library/tampered', 'v1', image);
    upstream.fault = ({ path }) => (path.endsWith(layer.digest) ? { kind: 'tamper' } : undefined);
    const path = `/v2/hub/library/tampered/blobs/${layer.digest}`;
    await registry.client('HEAD', '/v2/hub/library/tampered/manifests/v1');
    await assert.rejects(registry.client('GET', path), 'the client never gets all of it');
    upstream.fault = undefined;
    const again = await registry.client('GET', path);
    assert.ok(again.body.equals(layer.bytes));
  });
});

describe('a registry process that dies in the middle', () => {
  it('leaves nothing behind, and the next pull brings the image', async () => {
    const { image, layer } = largeImage(2_000_000);
    publish('library/dying', 'v1', image);
    let faults = 1;
    upstream.fault = ({ method, path }) => {
      if (method !== 'GET' || !path.endsWith(layer.digest) || faults === 0) return undefined;
      faults -= 1;
      return { kind: 'wait', until: new Promise(() => {}) };
    };
    const path = `/v2/hub/library/dying/blobs/${layer.digest}`;
    assert.equal((await registry.client('GET', '/v2/hub/library/dying/manifests/v1')).status, 200);
    const broken = assert.rejects(registry.client('GET', path));
    await until('the layer is asked for', 10_000, () => faults === 0);
    const { pid } = registry.registry;
    process.kill(pid!, 'SIGKILL');
    await broken;
    await until('another process', 20_000, () => registry.registry.pid !== undefined && registry.registry.pid !== pid);
    const client = registry.clientAs(auth());
    await pull('hub/library/dying', 'v1', client);
    await cachedTag('hub/library/dying', 'v1', image.digest);
    upstream.fault = undefined;
    assert.deepEqual(await readdir(join(registry.dataDir, 'registry', 'downloads')), []);
  });
});

describe('permissions and templates', () => {
  it('asks for BatchImportUpstreamImage and CreateRepository', async () => {
    publish('library/guarded', 'v1', makeImage());
    const reader = allow(['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']);
    const limited = makeUser(registry, 'limited', [reader]);
    const importer = makeUser(registry, 'importer', [
      reader,
      allow(['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository']),
    ]);
    const clientOf = ({ credentials }: typeof limited) =>
      registry.clientAs(basic(credentials.accessKeyId, credentials.secretAccessKey));
    const path = '/v2/hub/library/guarded/manifests/v1';
    await until('the user is known', 10_000, async () => (await clientOf(importer)('GET', '/v2/')).status === 200);
    const refused = await clientOf(limited)('GET', path);
    assert.equal(refused.status, 403);
    assert.match(refused.json().errors[0].message, /ecr:BatchImportUpstreamImage/);
    await pull('hub/library/guarded', 'v1', clientOf(importer));
    await until('it is cached', 10_000, async () => (await tagsOf('hub/library/guarded')).length === 1);
    assert.equal((await clientOf(limited)('GET', path)).status, 200);
  });

  it('makes the repository as its template says', async () => {
    const ecr = registry.ecr();
    await ecr.send(
      new CreateRepositoryCreationTemplateCommand({
        prefix: 'hub/made',
        appliedFor: ['PULL_THROUGH_CACHE'],
        imageTagMutability: 'IMMUTABLE',
        resourceTags: [{ Key: 'origin', Value: 'hub' }],
        lifecyclePolicy: JSON.stringify({
          rules: [
            {
              rulePriority: 1,
              selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 5 },
              action: { type: 'expire' },
            },
          ],
        }),
      }),
    );
    const image = makeImage();
    publish('made/image', 'v1', image);
    await pull('hub/made/image', 'v1');
    const repositoryName = 'hub/made/image';
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }));
    assert.equal(repositories![0]!.imageTagMutability, 'IMMUTABLE');
    assert.ok((await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).lifecyclePolicyText);
    await cachedTag(repositoryName, 'v1', image.digest);
    publish('made/image', 'v1', makeImage());
    const asked = upstream.requests.length;
    await registry.client('GET', '/v2/hub/made/image/manifests/v1');
    await cachedTag(repositoryName, 'v1', image.digest);
    assert.equal(upstream.requests.length, asked, 'an immutable tag is not asked about');
  });

  it('shows the bytes of another repository only when the upstream sends them', async () => {
    const blob = blobOf(randomBytes(100_000));
    const { image } = largeImage(1000);
    publish('library/mine', 'v1', image);
    const start = await registry.client('POST', '/v2/private/blobs/uploads/');
    await registry.client('PUT', `${start.headers.location}?digest=${blob.digest}`, { body: blob.bytes });
    await registry.client('HEAD', '/v2/hub/library/mine/manifests/v1');
    const path = `/v2/hub/library/mine/blobs/${blob.digest}`;
    assert.equal((await registry.client('GET', path)).status, 404);
    upstream.repository('library/mine').blobs.set(blob.digest, randomBytes(100_000));
    const claimed = await registry.client('GET', path).catch(() => undefined);
    assert.ok(!claimed?.body.equals(blob.bytes), 'the word of an upstream is not enough');
    upstream.repository('library/mine').blobs.set(blob.digest, blob.bytes);
    assert.ok((await registry.client('GET', path)).body.equals(blob.bytes));
    assert.ok(upstream.count('GET', `/v2/library/mine/blobs/${blob.digest}`) > 0);
  });

  it('fetches what the repositories of one rule share only once', async () => {
    const { image } = largeImage(1000);
    publish('library/one', 'v1', image);
    publish('library/two', 'v1', image);
    for (const name of ['one', 'two']) {
      await pull(`hub/library/${name}`, 'v1');
      await cachedTag(`hub/library/${name}`, 'v1', image.digest);
    }
    const [shared] = image.blobs;
    assert.equal(upstream.count('GET', `/v2/library/two/blobs/${shared!.digest}`), 0);
  });

  it('has never logged the credentials', () => {
    assert.ok(lines.length > 0);
    const encoded = Buffer.from(`robot:${password}`).toString('base64');
    for (const line of lines) assert.ok(!line.includes(password) && !line.includes(encoded));
    assert.ok(policy(allow('x')).length > 0);
  });
});
