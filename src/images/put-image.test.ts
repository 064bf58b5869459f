import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '#lib/clock.ts';
import { seededRandom } from '#lib/random.ts';
import type { RepositoryRow, TagMutability } from '#model/ecr.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { images, imageTags, registries, repositoryBlobs, repositoryCreationTemplates } from '#store/tables/ecr.ts';
import { linkBlob, mountBlob } from './blobs.ts';
import { deleteImage, deleteTag, findImage, findTag, resolveImage, tagsOf } from './delete-image.ts';
import { digestOf } from './digest.ts';
import { privateRegistry } from './image-name.ts';
import { parseManifest } from './parse-manifest.ts';
import { ensurePublicRegistry } from './public-registry.ts';
import { putImage } from './put-image.ts';
import { createRepository, deleteRepository, ensureRepository, findRepository, registryOf } from './repositories.ts';

const scope = { account: '123456789012', region: 'us-east-1' };
const registry = privateRegistry(scope);
const clock = new FakeClock();
const deps = { clock };

async function world(imageTagMutability: TagMutability = 'MUTABLE', tagMutabilityExclusions: string[] = []) {
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const settings = { imageTagMutability, tagMutabilityExclusions };
  const repository = store.transact((tx) => createRepository(tx, deps, { registry, name: 'app', settings })!);
  const link = (digest: string, sizeBytes = 10) =>
    store.transact((tx) => linkBlob(tx, deps, { repositoryArn: repository.arn, digest, sizeBytes }));
  const put = (manifest: string, ...tags: string[]) => {
    const parsed = parseManifest(Buffer.from(manifest));
    if ('problem' in parsed) throw new Error(parsed.message);
    const digest = digestOf(Buffer.from(manifest));
    const request = { repository, digest, manifestSizeBytes: manifest.length, parsed, tags };
    return store.transact((tx) => putImage(tx, deps, request));
  };
  return { store, repository, link, put };
}

const blobDigest = (seed: string) => digestOf(Buffer.from(seed));
const imageOf = (seed: string) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'c', digest: blobDigest(seed), size: 1 },
    layers: [],
  });
const indexOf = (...children: string[]) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: children.map((digest) => ({ mediaType: 'm', digest, size: 1 })),
  });

test('born, tagged, moved, unchanged', async () => {
  const { link, put } = await world();
  assert.deepEqual(put(imageOf('a'), 'v1'), { refused: 'BLOB_UNKNOWN', digests: [blobDigest('a')] });
  link(blobDigest('a'), 7);
  link(blobDigest('b'));
  const born = put(imageOf('a'), 'v1', 'v2');
  assert.ok(!born.refused && born.outcome === 'created' && born.image.imageSizeBytes === 7);
  const same = put(imageOf('a'), 'v1');
  assert.ok(!same.refused && same.outcome === 'unchanged');
  const tagged = put(imageOf('a'), 'v3');
  assert.ok(!tagged.refused && tagged.outcome === 'tagged');
  const moved = put(imageOf('b'), 'v1');
  assert.ok(!moved.refused);
  assert.deepEqual(moved.moved, [{ tag: 'v1', digest: blobDigest(imageOf('a')) }]);
});

test('children must be there, as images or as blobs', async () => {
  const { link, put } = await world();
  link(blobDigest('a'));
  link(blobDigest('layer'));
  const child = put(imageOf('a'));
  assert.ok(!child.refused);
  const unknown = blobDigest('unknown');
  assert.deepEqual(put(indexOf(child.image.digest, unknown)), { refused: 'CHILD_UNKNOWN', digests: [unknown] });
  const index = put(indexOf(child.image.digest, blobDigest('layer')), 'multi');
  assert.ok(!index.refused && index.image.imageSizeBytes === 10);
});

test('several tags are all or nothing', async () => {
  const { link, put, store, repository } = await world('IMMUTABLE');
  link(blobDigest('a'));
  link(blobDigest('b'));
  put(imageOf('a'), 'v1');
  const refused = put(imageOf('b'), 'v2', 'v1');
  assert.equal(refused.refused, 'TAG_IMMUTABLE');
  assert.equal(findTag(store, repository.arn, 'v2'), undefined);
  assert.equal(findImage(store, repository.arn, blobDigest(imageOf('b'))), undefined);
});

test('digest and tag must agree; the last tag leaves the image', async () => {
  const { link, put, store, repository } = await world();
  link(blobDigest('a'));
  const born = put(imageOf('a'), 'v1');
  assert.ok(!born.refused);
  const { image } = born;
  const resolve = (digest?: string, tag?: string) => resolveImage(store, repository.arn, { digest, tag }).missing;
  assert.equal(resolve(image.digest, 'v1'), undefined);
  assert.equal(resolve(blobDigest('x'), 'v1'), 'TAG_OF_OTHER_DIGEST');
  assert.equal(resolve(image.digest, 'v2'), 'IMAGE');
  store.transact((tx) => assert.ok(deleteTag(tx, repository.arn, 'v1')));
  assert.deepEqual(tagsOf(store, image), []);
  assert.ok(findImage(store, repository.arn, image.digest));
  store.transact((tx) => deleteImage(tx, image));
  assert.equal(resolve(image.digest), 'IMAGE');
});

test('mounting asks the target registry', async () => {
  const { store, link, repository } = await world();
  link(blobDigest('a'));
  const other = store.transact((tx) => createRepository(tx, deps, { registry, name: 'other' })!);
  const mount = () =>
    store.transact((tx) => mountBlob(tx, deps, { from: repository.arn, to: other.arn, digest: blobDigest('a') }));
  assert.equal(mount()?.sizeBytes, 10);
  store.transact((tx) => tx.put(registries, { ...scope, settings: { BLOB_MOUNTING: 'DISABLED' } }));
  assert.equal(mount(), undefined);
});

test('a repository goes with all that it has', async () => {
  const { store, link, put, repository } = await world();
  link(blobDigest('a'));
  put(imageOf('a'), 'v1');
  store.transact((tx) => deleteRepository(tx, repository));
  const left = [...store.all(images), ...store.all(imageTags), ...store.all(repositoryBlobs)];
  assert.deepEqual(left, []);
  assert.equal(findRepository(store, registry, 'app'), undefined);
});

test('repositories that are made for others follow the longest template', async () => {
  const { store } = await world();
  const ensure = (name: string, cause: 'CREATE_ON_PUSH' | 'REPLICATION') =>
    store.transact((tx) => ensureRepository(tx, deps, { scope, name, cause }));
  assert.equal(ensure('a/b/c', 'CREATE_ON_PUSH'), 'NO_TEMPLATE');
  assert.equal(ensure('A', 'REPLICATION'), 'INVALID_NAME');
  const template = (prefix: string, imageTagMutability: TagMutability) =>
    store.transact((tx) =>
      tx.insert(repositoryCreationTemplates, {
        ...scope,
        key: `${scope.account}/${scope.region}/${prefix}`,
        prefix,
        encryptionType: 'AES256',
        resourceTags: { prefix },
        imageTagMutability,
        tagMutabilityExclusions: [],
        appliedFor: ['CREATE_ON_PUSH'],
        createdAt: 0,
        updatedAt: 0,
      }),
    );
  template('ROOT', 'MUTABLE');
  template('a', 'MUTABLE');
  template('a/b', 'IMMUTABLE');
  const made = (name: string) => ensure(name, 'CREATE_ON_PUSH') as RepositoryRow;
  assert.equal(made('a/b/c').imageTagMutability, 'IMMUTABLE');
  assert.deepEqual(made('a/x').tags, { prefix: 'a' });
  assert.deepEqual(made('ab/x').tags, { prefix: 'ROOT' });
  assert.deepEqual((ensure('a/b/d', 'REPLICATION') as RepositoryRow).tags, {});
});

test('addresses find registries', async () => {
  const { store } = await world();
  const row = store.transact((tx) => ensurePublicRegistry(tx, seededRandom(1), scope.account));
  const alias = row.aliases[0]!.name;
  assert.equal(registryOf(store, { kind: 'public', alias, name: 'x' })?.account, scope.account);
  assert.equal(registryOf(store, { kind: 'public', alias: 'nobody', name: 'x' }), undefined);
  assert.equal(registryOf(store, { kind: 'implied', name: 'x' }), undefined);
  assert.deepEqual(registryOf(store, { kind: 'implied', name: 'x' }, scope), registry);
});

test('property: an immutable tag never moves, whatever is pushed', async () => {
  const modes = fc.constantFrom<TagMutability>('IMMUTABLE', 'IMMUTABLE_WITH_EXCLUSION', 'MUTABLE_WITH_EXCLUSION');
  const pushes = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('v1', 'dev1', 'dev2', 'x')), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(modes, pushes, async (mode, list) => {
      const { store, repository, link, put } = await world(mode, ['dev*']);
      for (const seed of ['a', 'b', 'c']) link(blobDigest(seed));
      const first = new Map<string, string>();
      const isFixed = (tag: string) =>
        mode === 'IMMUTABLE' || tag.startsWith('dev') === (mode === 'MUTABLE_WITH_EXCLUSION');
      for (const [seed, tag] of list) {
        put(imageOf(seed), tag);
        const held = findTag(store, repository.arn, tag)!.digest;
        if (!first.has(tag)) first.set(tag, held);
        if (isFixed(tag)) assert.equal(held, first.get(tag));
        else assert.equal(held, blobDigest(imageOf(seed)));
      }
    }),
    { numRuns: 60 },
  );
});
