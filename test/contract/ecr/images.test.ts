import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  type ECRClient,
  type ImageIdentifier,
  ListImageReferrersCommand,
  ListImagesCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  paginateDescribeImages,
  paginateListImages,
  UpdateImageStorageClassCommand,
} from '@aws-sdk/client-ecr';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { configType, indexType, makeImage, makeIndex, manifestType, pushImage, sha256 } from '../../support/images.ts';

let plane: TestControlPlane;
let ecr: ECRClient;

before(async () => {
  plane = await startTestControlPlane();
  ecr = plane.ecr();
});
after(() => plane.close());

const create = (repositoryName: string, more = {}) =>
  ecr.send(new CreateRepositoryCommand({ repositoryName, ...more }));
const describe = (repositoryName: string, ...imageIds: ImageIdentifier[]) =>
  ecr.send(new DescribeImagesCommand({ repositoryName, ...(imageIds.length > 0 && { imageIds }) }));
const remove = (repositoryName: string, ...imageIds: ImageIdentifier[]) =>
  ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
const put = (repositoryName: string, imageManifest: string, more = {}) =>
  ecr.send(new PutImageCommand({ repositoryName, imageManifest, ...more }));

test('an image, described', async () => {
  await create('described');
  const image = makeImage('described');
  await pushImage(ecr, 'described', image, 'v1');
  const { imageDetails } = await describe('described', { imageTag: 'v1' });
  const [detail] = imageDetails!;
  assert.equal(detail!.imageDigest, image.digest);
  assert.deepEqual(detail!.imageTags, ['v1']);
  assert.equal(detail!.imageSizeInBytes, image.blobs[0]!.length + image.blobs[1]!.length);
  assert.equal(detail!.imageManifestMediaType, manifestType);
  assert.equal(detail!.artifactMediaType, configType);
  assert.equal(detail!.imageStatus, 'ACTIVE');
  assert.ok(detail!.imagePushedAt instanceof Date);
  assert.equal(detail!.lastRecordedPullTime, undefined);
});

test('tags are told in the order in which the image got them', async () => {
  await create('tag-order');
  const image = makeImage('tag order');
  await pushImage(ecr, 'tag-order', image, 'v1');
  for (const imageTag of ['latest', 'a']) {
    for (const before = Date.now(); Date.now() === before; ) await setImmediate();
    await put('tag-order', image.manifest, { imageTag });
  }
  assert.deepEqual((await describe('tag-order')).imageDetails![0]!.imageTags, ['v1', 'latest', 'a']);
});

test('what was pushed comes back to the byte, and its pull is noted', async () => {
  await create('pulled');
  const image = makeImage('pulled', { annotations: { note: 'ünïcode\n' } });
  await pushImage(ecr, 'pulled', image, 'v1');
  const get = (more = {}) =>
    ecr.send(new BatchGetImageCommand({ repositoryName: 'pulled', imageIds: [{ imageTag: 'v1' }], ...more }));
  const { images, failures } = await get();
  assert.deepEqual(failures, []);
  assert.equal(images![0]!.imageManifest, image.manifest);
  assert.deepEqual(images![0]!.imageId, { imageDigest: image.digest, imageTag: 'v1' });
  const { imageDetails } = await describe('pulled');
  assert.ok(imageDetails![0]!.lastRecordedPullTime instanceof Date);
  const other = await get({ acceptedMediaTypes: ['application/vnd.docker.distribution.manifest.v2+json'] });
  assert.equal(other.failures![0]!.failureCode, 'ImageNotFound');
});

test('failures of BatchGetImage and BatchDeleteImage', async () => {
  await create('failing');
  const image = makeImage('failing');
  const other = makeImage('failing other');
  await pushImage(ecr, 'failing', image, 'v1');
  await pushImage(ecr, 'failing', other, 'v2');
  const ids = [
    { imageTag: 'none' },
    { imageDigest: 'nonsense' },
    {},
    { imageTag: 'v1', imageDigest: other.digest },
    { imageTag: 'a b' },
  ];
  const codes = [
    'ImageNotFound',
    'InvalidImageDigest',
    'MissingDigestAndTag',
    'ImageTagDoesNotMatchDigest',
    'InvalidImageTag',
  ];
  const deleted = await remove('failing', ...ids);
  assert.deepEqual(
    deleted.failures!.map((one) => one.failureCode),
    codes,
  );
  assert.equal(deleted.failures![0]!.failureReason, 'Requested image not found');
  assert.deepEqual(deleted.imageIds, []);
  const got = await ecr.send(new BatchGetImageCommand({ repositoryName: 'failing', imageIds: ids }));
  assert.equal(got.failures!.length, 5);
  assert.equal(got.images!.length, 0);
});

test('deleting tags and images', async () => {
  await create('deleting');
  const image = makeImage('deleting');
  await pushImage(ecr, 'deleting', image, 'v1');
  await put('deleting', image.manifest, { imageTag: 'v2' });
  const byTag = await remove('deleting', { imageTag: 'v1' });
  assert.deepEqual(byTag.imageIds, [{ imageDigest: image.digest, imageTag: 'v1' }]);
  await remove('deleting', { imageTag: 'v2' });
  const untagged = await describe('deleting', { imageDigest: image.digest });
  assert.equal(untagged.imageDetails![0]!.imageTags, undefined);
  await put('deleting', image.manifest, { imageTag: 'v3' });
  const byDigest = await remove('deleting', { imageDigest: image.digest });
  assert.deepEqual(byDigest.imageIds, [{ imageDigest: image.digest, imageTag: 'v3' }]);
  await assert.rejects(describe('deleting', { imageTag: 'v3' }), {
    name: 'ImageNotFoundException',
    message:
      "The image with imageId {imageDigest:'null', imageTag:'v3'} does not exist within the repository with name 'deleting' in the registry with id '123456789012'",
  });
});

test('an index, its children and what may go first', async () => {
  await create('index');
  const children = [makeImage('amd64'), makeImage('arm64')];
  const index = makeIndex(children);
  await assert.rejects(put('index', index.manifest, { imageTag: 'multi' }), {
    name: 'ReferencedImagesNotFoundException',
  });
  for (const child of children) await pushImage(ecr, 'index', child);
  await pushImage(ecr, 'index', index, 'multi');
  const { imageDetails } = await describe('index', { imageTag: 'multi' });
  assert.equal(imageDetails![0]!.imageManifestMediaType, indexType);
  const sizes = children.map((child) => child.blobs[0]!.length + child.blobs[1]!.length);
  assert.equal(imageDetails![0]!.imageSizeInBytes, Math.max(...sizes));
  const refused = await remove('index', { imageDigest: children[0]!.digest });
  assert.equal(refused.failures![0]!.failureCode, 'ImageReferencedByManifestList');
  assert.equal(refused.failures![0]!.failureReason, `Requested image referenced by manifest list: [${index.digest}]`);
  const all = [children[0]!, children[1]!, index].map((image) => ({ imageDigest: image.digest }));
  assert.deepEqual((await remove('index', ...all)).failures, []);
});

test('PutImage says what is wrong', async () => {
  await create('wrong');
  const image = makeImage('wrong');
  await assert.rejects(put('wrong', image.manifest), {
    name: 'LayersNotFoundException',
    message: `Layers with digests '[${image.blobs.map(sha256).join(', ')}]' required for pushing image into repository with name 'wrong' in the registry with id '123456789012' do not exist`,
  });
  await pushImage(ecr, 'wrong', image, 'v1');
  await assert.rejects(put('wrong', image.manifest, { imageTag: 'v1' }), {
    name: 'ImageAlreadyExistsException',
    message: `Image with digest '${image.digest}' and tag 'v1' already exists in the repository with name 'wrong' in registry with id '123456789012'`,
  });
  await assert.rejects(put('wrong', image.manifest), { name: 'ImageAlreadyExistsException' });
  await assert.rejects(put('wrong', image.manifest, { imageDigest: sha256('other') }), {
    name: 'ImageDigestDoesNotMatchException',
  });
  for (const manifest of ['nonsense', '[]', '{"schemaVersion":2}']) {
    await assert.rejects(put('wrong', manifest), { name: 'InvalidParameterException' });
  }
  await assert.rejects(put('wrong', image.manifest, { imageTag: 'not a tag' }), {
    name: 'InvalidParameterException',
    message:
      "Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9-_.]{0,127}''",
  });
  await assert.rejects(put('wrong', image.manifest, { imageManifestMediaType: indexType }), {
    name: 'InvalidParameterException',
  });
});

test('tags that may not move', async () => {
  await create('immutable', { imageTagMutability: 'IMMUTABLE' });
  const [one, two] = [makeImage('one'), makeImage('two')];
  await pushImage(ecr, 'immutable', one, 'v1');
  const error = {
    name: 'ImageTagAlreadyExistsException',
    message:
      "The image tag 'v1' already exists in the 'immutable' repository and cannot be overwritten because the tag is immutable.",
  };
  await assert.rejects(pushImage(ecr, 'immutable', two, 'v1'), error);
  const change = (imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION') =>
    ecr.send(
      new PutImageTagMutabilityCommand({
        repositoryName: 'immutable',
        imageTagMutability,
        imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev*' }],
      }),
    );
  await change('IMMUTABLE_WITH_EXCLUSION');
  await pushImage(ecr, 'immutable', one, 'dev');
  await pushImage(ecr, 'immutable', two, 'dev');
  await assert.rejects(put('immutable', two.manifest, { imageTag: 'v1' }), error);
  await change('MUTABLE_WITH_EXCLUSION');
  await put('immutable', two.manifest, { imageTag: 'v1' });
  await assert.rejects(put('immutable', one.manifest, { imageTag: 'dev' }), { name: 'ImageTagAlreadyExistsException' });
});

test('a tag moves, and its old image is left without', async () => {
  await create('moving');
  const [one, two] = [makeImage('moving one'), makeImage('moving two')];
  await pushImage(ecr, 'moving', one, 'latest');
  await pushImage(ecr, 'moving', two, 'latest');
  const list = (tagStatus: 'TAGGED' | 'UNTAGGED') =>
    ecr.send(new ListImagesCommand({ repositoryName: 'moving', filter: { tagStatus } }));
  assert.deepEqual((await list('TAGGED')).imageIds, [{ imageDigest: two.digest, imageTag: 'latest' }]);
  assert.deepEqual((await list('UNTAGGED')).imageIds, [{ imageDigest: one.digest }]);
  const untagged = await ecr.send(
    new DescribeImagesCommand({ repositoryName: 'moving', filter: { tagStatus: 'UNTAGGED' } }),
  );
  assert.deepEqual(
    untagged.imageDetails!.map((image) => image.imageDigest),
    [one.digest],
  );
});

test('pages of images', async () => {
  await create('paged');
  const image = makeImage('paged 0');
  await pushImage(ecr, 'paged', image, 't0');
  for (let n = 1; n < 5; n++) await put('paged', image.manifest, { imageTag: `t${n}` });
  await pushImage(ecr, 'paged', makeImage('paged 1'));
  await pushImage(ecr, 'paged', makeImage('paged 2'), 'u0');
  const ids: ImageIdentifier[] = [];
  for await (const page of paginateListImages({ client: ecr, pageSize: 2 }, { repositoryName: 'paged' })) {
    assert.ok(page.imageIds!.length <= 2);
    ids.push(...page.imageIds!);
  }
  assert.equal(ids.length, 7);
  assert.equal(new Set(ids.map((id) => `${id.imageDigest} ${id.imageTag}`)).size, 7);
  const digests: string[] = [];
  for await (const page of paginateDescribeImages({ client: ecr, pageSize: 1 }, { repositoryName: 'paged' })) {
    for (const detail of page.imageDetails!) digests.push(detail.imageDigest!);
  }
  assert.deepEqual(digests, [...digests].sort());
  assert.equal(digests.length, 3);
});

test('referrers', async () => {
  await create('referred');
  const subject = makeImage('subject');
  await pushImage(ecr, 'referred', subject, 'v1');
  const about = { mediaType: manifestType, digest: subject.digest, size: subject.manifest.length };
  const sbom = makeImage('sbom', { subject: about, artifactType: 'application/spdx+json', annotations: { a: 'b' } });
  const signature = makeImage('signature', { subject: about, artifactType: 'application/vnd.cosign' });
  await pushImage(ecr, 'referred', sbom);
  await pushImage(ecr, 'referred', signature);
  const list = (more = {}) =>
    ecr.send(
      new ListImageReferrersCommand({
        repositoryName: 'referred',
        subjectId: { imageDigest: subject.digest },
        ...more,
      }),
    );
  assert.equal((await list()).referrers!.length, 2);
  const { referrers } = await list({ filter: { artifactTypes: ['application/spdx+json'] } });
  assert.deepEqual(referrers, [
    {
      digest: sbom.digest,
      mediaType: manifestType,
      artifactType: 'application/spdx+json',
      size: sbom.manifest.length,
      annotations: { a: 'b' },
      artifactStatus: 'ACTIVE',
    },
  ]);
  const first = await list({ maxResults: 1 });
  const second = await list({ maxResults: 1, nextToken: first.nextToken });
  assert.notEqual(first.referrers![0]!.digest, second.referrers![0]!.digest);
  assert.equal(second.nextToken, undefined);
  const { imageDetails } = await describe('referred', { imageDigest: sbom.digest });
  assert.equal(imageDetails![0]!.subjectManifestDigest, subject.digest);
  assert.equal(imageDetails![0]!.artifactMediaType, 'application/spdx+json');
});

test('archive and back', async () => {
  await create('archive');
  const image = makeImage('archive');
  await pushImage(ecr, 'archive', image, 'v1');
  const move = (targetStorageClass: 'ARCHIVE' | 'STANDARD') =>
    ecr.send(
      new UpdateImageStorageClassCommand({
        repositoryName: 'archive',
        imageId: { imageTag: 'v1' },
        targetStorageClass,
      }),
    );
  assert.equal((await move('ARCHIVE')).imageStatus, 'ARCHIVED');
  assert.deepEqual((await describe('archive')).imageDetails, []);
  const archived = await ecr.send(
    new DescribeImagesCommand({ repositoryName: 'archive', filter: { imageStatus: 'ARCHIVED' } }),
  );
  assert.ok(archived.imageDetails![0]!.lastArchivedAt instanceof Date);
  const get = () => ecr.send(new BatchGetImageCommand({ repositoryName: 'archive', imageIds: [{ imageTag: 'v1' }] }));
  assert.equal((await get()).failures![0]!.failureCode, 'ImageNotFound');
  assert.equal((await move('STANDARD')).imageStatus, 'ACTIVE');
  assert.equal((await get()).images!.length, 1);
  await move('ARCHIVE');
  await put('archive', image.manifest, { imageTag: 'v1' });
  assert.equal((await get()).images!.length, 1, 'a push restores');
  await assert.rejects(
    ecr.send(
      new UpdateImageStorageClassCommand({
        repositoryName: 'archive',
        imageId: { imageTag: 'none' },
        targetStorageClass: 'ARCHIVE',
      }),
    ),
    { name: 'ImageNotFoundException' },
  );
});
