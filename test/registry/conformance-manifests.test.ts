/** What the conformance suite of the OCI distribution specification asks about manifests, tags and referrers. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  blobOf,
  type Client,
  descriptorOf,
  makeImage,
  makeIndex,
  mediaTypes,
  pushBlob,
  putManifest,
  randomBlob,
  startTestRegistry,
  type TestManifest,
  type TestRegistry,
} from './client.ts';

const name = 'conformance/repo1';
const exampleType = 'application/vnd.example.oci.conformance.v1';
const accept = `${mediaTypes.index}, ${mediaTypes.image}`;

let registry: TestRegistry;
let client: Client;

before(async () => {
  registry = await startTestRegistry();
  client = registry.client;
});
after(() => registry.close());

interface DataSet {
  /** In the order in which they are pushed. */
  readonly manifests: readonly TestManifest[];
  readonly tags: Readonly<Record<string, TestManifest>>;
  /** By subject. */
  readonly referrers?: Readonly<Record<string, readonly TestManifest[]>>;
  readonly tagParameters?: boolean;
}

const urlOf = (reference: string) => `/v2/${name}/manifests/${reference}`;

async function push({ manifests, tags, tagParameters }: DataSet): Promise<void> {
  for (const manifest of manifests) {
    for (const blob of manifest.blobs) assert.equal((await pushBlob(client, name, blob)).status, 201);
    const names = Object.entries(tags)
      .filter(([, tagged]) => tagParameters && tagged.digest === manifest.digest)
      .map(([tag]) => tag);
    const query = names.length > 0 ? `?${names.map((tag) => `tag=${tag}`).join('&')}` : '';
    const answer = await putManifest(client, name, manifest.digest + query, manifest);
    assert.equal(answer.status, 201, answer.body.toString());
    assert.equal(answer.headers['docker-content-digest'], manifest.digest);
    const { subject } = JSON.parse(manifest.bytes.toString());
    assert.equal(answer.headers['oci-subject'], subject?.digest);
    if (names.length > 0) assert.deepEqual((answer.headers['oci-tag'] as string).split(', ').sort(), names.sort());
    assert.ok((await client('GET', answer.headers.location!)).body.equals(manifest.bytes));
  }
  if (tagParameters) return;
  for (const [tag, manifest] of Object.entries(tags)) {
    const answer = await putManifest(client, name, tag, manifest);
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['docker-content-digest'], manifest.digest);
  }
}

async function assertList(tags: readonly string[]): Promise<void> {
  const all = (await client('GET', `/v2/${name}/tags/list`)).json();
  assert.equal(all.name, name);
  for (const tag of tags) assert.ok(all.tags.includes(tag), tag);
  if (all.tags.length < 2) return;
  const sorted = [...all.tags].sort();
  const half = Math.floor(sorted.length / 2);
  const rest = (await client('GET', `/v2/${name}/tags/list?last=${sorted[half - 1]}`)).json();
  assert.deepEqual(rest.tags, sorted.slice(half));
}

async function assertPull(reference: string, manifest: TestManifest): Promise<void> {
  for (const method of ['HEAD', 'GET']) {
    const answer = await client(method, urlOf(reference), { headers: { accept } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], manifest.mediaType);
    assert.equal(answer.headers['content-length'], String(manifest.bytes.length));
    assert.equal(answer.headers['docker-content-digest'], manifest.digest);
    assert.ok(answer.body.equals(method === 'HEAD' ? Buffer.alloc(0) : manifest.bytes));
  }
}

async function assertReferrers(referrers: NonNullable<DataSet['referrers']>): Promise<void> {
  for (const [subject, wanted] of Object.entries(referrers)) {
    const described = wanted.map((manifest) => {
      const { artifactType, config, annotations } = JSON.parse(manifest.bytes.toString());
      const type = artifactType ?? config?.mediaType;
      return {
        ...descriptorOf(manifest, manifest.mediaType),
        ...(type && { artifactType: type }),
        ...(annotations && { annotations }),
      };
    });
    const answer = await client('GET', `/v2/${name}/referrers/${subject}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], mediaTypes.index);
    const { schemaVersion, mediaType, manifests } = answer.json();
    assert.equal(schemaVersion, 2);
    assert.equal(mediaType, mediaTypes.index);
    const byDigest = (a: { digest: string }, b: { digest: string }) => (a.digest < b.digest ? -1 : 1);
    assert.deepEqual(manifests.sort(byDigest), described.sort(byDigest));
    for (const type of new Set(described.map((one) => one.artifactType).filter((one) => one !== undefined))) {
      const filtered = await client('GET', `/v2/${name}/referrers/${subject}?artifactType=${encodeURIComponent(type)}`);
      assert.equal(filtered.headers['oci-filters-applied'], 'artifactType');
      const expected = described.filter((one) => one.artifactType === type);
      assert.deepEqual(filtered.json().manifests.sort(byDigest), expected);
    }
  }
}

async function remove({ manifests, tags }: DataSet): Promise<void> {
  for (const tag of Object.keys(tags)) {
    assert.equal((await client('DELETE', urlOf(tag))).status, 202);
    assert.equal((await client('HEAD', urlOf(tag))).status, 404);
  }
  for (const { digest } of [...manifests].reverse()) {
    assert.equal((await client('DELETE', urlOf(digest))).status, 202);
    assert.equal((await client('HEAD', urlOf(digest))).status, 404);
  }
  for (const digest of new Set(manifests.flatMap((manifest) => manifest.blobs.map((blob) => blob.digest)))) {
    assert.equal((await client('DELETE', `/v2/${name}/blobs/${digest}`)).status, 202);
    assert.equal((await client('HEAD', `/v2/${name}/blobs/${digest}`)).status, 404);
  }
}

function withIndex(tag: string, more: object = {}, algorithm: 'sha256' | 'sha512' = 'sha256'): DataSet {
  const children = [makeImage(more, { algorithm }), makeImage(more, { algorithm })];
  const index = makeIndex(children, more, algorithm);
  return { manifests: [...children, index], tags: tag === '' ? {} : { [tag]: index } };
}

const artifact = (more: object = {}) =>
  makeImage({ artifactType: exampleType, ...more }, { configType: mediaTypes.empty, layers: 1 });

function nestedIndex(): DataSet {
  const a = withIndex('');
  const b = withIndex('');
  const index = makeIndex([a.manifests.at(-1)!, b.manifests.at(-1)!]);
  return { manifests: [...a.manifests, ...b.manifests, index], tags: { 'index-of-index': index } };
}

function artifactsWithSubject(): DataSet {
  const image = makeImage();
  const subject = descriptorOf(image, image.mediaType);
  const plain = makeImage({ subject });
  const annotations = { 'org.opencontainers.conformance': 'hello conformance test', 'org.example.x': 'y' };
  const one = artifact({ subject, annotations });
  const two = artifact({ subject, annotations, artifactType: 'application/vnd.example.oci.conformance.v2' });
  return {
    manifests: [image, plain, one, two],
    tags: { image, 'tagged-artifact1': one, 'tagged-artifact2': two },
    referrers: { [image.digest]: [plain, one, two] },
  };
}

function indexWithSubject(): DataSet {
  const base = withIndex('index');
  const subject = descriptorOf(base.manifests.at(-1)!, mediaTypes.index);
  const children = [artifact({ subject }), artifact({ subject })];
  const index = makeIndex(children, { subject, artifactType: exampleType, annotations: { a: 'b' } });
  return {
    manifests: [...base.manifests, ...children, index],
    tags: { ...base.tags, 'tagged-artifact': index },
    referrers: { [subject.digest]: [...children, index] },
  };
}

function missingSubject(): DataSet {
  const missing = blobOf('missing content');
  const one = artifact({ subject: { mediaType: mediaTypes.image, size: 123, digest: missing.digest } });
  return { manifests: [one], tags: { 'tagged-artifact': one }, referrers: { [missing.digest]: [one] } };
}

function foreignLayers(): DataSet {
  const config = blobOf(`{"id":${Math.random()}}`);
  const layer = randomBlob(200);
  const foreign = (mediaType: string) => {
    const { digest } = randomBlob(10);
    return { mediaType, digest, size: 12_345, urls: [`https://store.example.com/${digest}`] };
  };
  const image = makeImage({
    config: descriptorOf(config, mediaTypes.config),
    layers: [
      foreign('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'),
      foreign('application/vnd.oci.image.layer.nondistributable.v1.tar'),
      descriptorOf(layer, mediaTypes.layer),
    ],
  });
  return { manifests: [{ ...image, blobs: [config, layer] }], tags: { 'non-distributable-image': image } };
}

const single = (tag: string, image: TestManifest): DataSet => ({ manifests: [image], tags: { [tag]: image } });

function largeManifest(): DataSet {
  const annotations: Record<string, string> = {};
  for (let i = 0; i < 390; i++) annotations[`large-annotation-${i}`] = 'A'.repeat(10_000);
  return single('large-manifest', makeImage({ annotations }));
}

function dataField(): DataSet {
  const config = blobOf(`{"id":${Math.random()}}`);
  const layer = randomBlob(100);
  const withData = (blob: typeof layer, type: string) =>
    descriptorOf(blob, type, { data: blob.bytes.toString('base64') });
  const image = makeImage({
    config: withData(config, mediaTypes.config),
    layers: [withData(layer, mediaTypes.layer)],
  });
  return single('data-field', { ...image, blobs: [config, layer] });
}

const tagged = (algorithm: 'sha256' | 'sha512'): DataSet => {
  const all = withIndex('', {}, algorithm);
  const tags = Object.fromEntries(all.manifests.map((manifest, i) => [`tag-param-${algorithm}-${i}`, manifest]));
  return { ...all, tags: { ...tags, [`tag-param-${algorithm}`]: all.manifests.at(-1)! }, tagParameters: true };
};

const dataSets: Readonly<Record<string, () => DataSet>> = {
  image: () => single('image', makeImage()),
  'large manifest': largeManifest,
  index: () => withIndex('index'),
  'nested index': nestedIndex,
  'empty index': () => single('index', makeIndex([])),
  artifact: () => single('artifact', artifact()),
  'artifact index': () => withIndex('artifact-index', { artifactType: exampleType }),
  'artifacts with a subject': artifactsWithSubject,
  'index with a subject': indexWithSubject,
  'missing subject': missingSubject,
  'data field': dataField,
  'layers from elsewhere': foreignLayers,
  'custom fields': () => withIndex('custom-fields', { 'org.example.custom': 'kept' }),
  'no layers': () => single('no-layers', makeImage({}, { layers: 0 })),
  'Docker schema 2': () => single('docker', makeImage({ mediaType: mediaTypes.dockerImage })),
  sha512: () => withIndex('', {}, 'sha512'),
  'tag parameters': () => tagged('sha256'),
  'tag parameters with sha512': () => tagged('sha512'),
};

describe('manifests', () => {
  it('answers an empty list of referrers before anything was pushed', async () => {
    const answer = await client('GET', `/v2/${name}/referrers/${randomBlob(10).digest}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], mediaTypes.index);
    assert.deepEqual(answer.json(), { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] });
    assert.ok([200, 404].includes((await client('GET', `/v2/${name}/tags/list`)).status));
  });

  for (const [what, make] of Object.entries(dataSets)) {
    it(`pushes, lists, pulls and deletes: ${what}`, async () => {
      const data = make();
      await push(data);
      await assertList(Object.keys(data.tags));
      for (const [tag, manifest] of Object.entries(data.tags)) await assertPull(tag, manifest);
      for (const manifest of data.manifests) await assertPull(manifest.digest, manifest);
      if (data.referrers) await assertReferrers(data.referrers);
      await remove(data);
    });
  }

  it('refuses a manifest with another digest than it is pushed by', async () => {
    const image = makeImage();
    for (const blob of image.blobs) await pushBlob(client, name, blob);
    const changed = { ...image, bytes: Buffer.concat([image.bytes, Buffer.from('  ')]) };
    const answer = await putManifest(client, name, image.digest, changed);
    assert.equal(answer.status, 400);
    assert.equal(answer.json().errors[0].code, 'DIGEST_INVALID');
    assert.equal((await putManifest(client, name, 'sha256:baddigeststring', image)).status, 400);
    assert.ok([400, 404].includes((await client('GET', urlOf('sha256:baddigeststring'))).status));
  });

  it('answers 404 for manifests that are not there', async () => {
    for (const reference of [randomBlob(10).digest, 'missing-tag']) {
      const answer = await client('GET', urlOf(reference));
      assert.equal(answer.status, 404);
      assert.equal(answer.json().errors[0].code, 'MANIFEST_UNKNOWN');
    }
  });

  it('refuses what is no manifest, what is too large, and what refers to nothing', async () => {
    const send = (body: string, type: string = mediaTypes.image) =>
      client('PUT', urlOf('bad'), { body, headers: { 'content-type': type } });
    for (const body of ['', 'no json', '[]', '{"schemaVersion":1}', '{"schemaVersion":2,"layers":[]}']) {
      const answer = await send(body);
      assert.equal(answer.status, 400, body);
      assert.equal(answer.json().errors[0].code, 'MANIFEST_INVALID');
    }
    assert.equal((await send(' '.repeat(4 * 2 ** 20 + 1))).status, 413);
    const image = makeImage();
    const unknown = await putManifest(client, name, 'bad', image);
    assert.equal(unknown.status, 400);
    assert.equal(unknown.json().errors[0].code, 'MANIFEST_BLOB_UNKNOWN');
    const index = await putManifest(client, name, 'bad', makeIndex([image]));
    assert.equal(index.json().errors[0].code, 'MANIFEST_BLOB_UNKNOWN');
    const badTag = await putManifest(client, name, '-no-tag', makeIndex([]));
    assert.equal(badTag.json().errors[0].code, 'TAG_INVALID');
  });

  it('keeps what an index lists', async () => {
    const data = withIndex('kept');
    await push(data);
    const [child] = data.manifests;
    assert.equal((await client('DELETE', urlOf(child!.digest))).status, 405);
    assert.equal((await client('DELETE', `/v2/${name}/blobs/${child!.blobs[0]!.digest}`)).status, 405);
    await remove(data);
  });
});
