import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  type ECRClient,
  GetDownloadUrlForLayerCommand,
  InitiateLayerUploadCommand,
  UpdateImageStorageClassCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { layerType, makeImage, pushImage, sha256, uploadLayer } from '../../support/images.ts';

const mib = 2 ** 20;
const repositoryName = 'layers';
let plane: TestControlPlane;
let ecr: ECRClient;

before(async () => {
  plane = await startTestControlPlane();
  ecr = plane.ecr();
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
});
after(() => plane.close());

const begin = async () => (await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))).uploadId!;
const part = (
  uploadId: string,
  partFirstByte: number,
  bytes: Uint8Array,
  partLastByte = partFirstByte + bytes.length - 1,
) =>
  ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob: bytes }));
const complete = (uploadId: string, digest: string) =>
  ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] }));
const check = async (...layerDigests: string[]) =>
  ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests }));

test('a layer in parts of ten MiB', async () => {
  const bytes = Buffer.alloc(21 * mib, 'slipway');
  const uploadId = await begin();
  for (let at = 0; at < bytes.length; at += 10 * mib) {
    const { lastByteReceived } = await part(uploadId, at, bytes.subarray(at, at + 10 * mib));
    assert.equal(lastByteReceived, Math.min(bytes.length, at + 10 * mib) - 1);
  }
  const digest = sha256(bytes);
  const done = await complete(uploadId, digest);
  assert.equal(done.layerDigest, digest);
  const { layers } = await check(digest);
  assert.deepEqual(layers, [{ layerDigest: digest, layerAvailability: 'AVAILABLE', layerSize: bytes.length }]);
  await assert.rejects(complete(uploadId, digest), { name: 'UploadNotFoundException' });
});

test('parts that do not follow each other', async () => {
  const uploadId = await begin();
  await assert.rejects(part(uploadId, 5, Buffer.from('late')), {
    name: 'InvalidLayerPartException',
    uploadId,
    repositoryName,
    registryId: plane.account,
    lastValidByteReceived: -1,
  });
  await part(uploadId, 0, Buffer.from('first'));
  await assert.rejects(part(uploadId, 0, Buffer.from('first')), {
    name: 'InvalidLayerPartException',
    lastValidByteReceived: 4,
  });
  await assert.rejects(part(uploadId, 5, Buffer.from('x'), 9), { name: 'InvalidLayerPartException' });
  await assert.rejects(part('none', 0, Buffer.from('x')), { name: 'UploadNotFoundException' });
  await assert.rejects(part(uploadId, -1, Buffer.from('x')), { name: 'InvalidParameterException' });
});

test('uploads that cannot end', async () => {
  const empty = await begin();
  await assert.rejects(complete(empty, sha256('')), { name: 'EmptyUploadException' });
  const small = await begin();
  await part(small, 0, Buffer.from('small'));
  await part(small, 5, Buffer.from('parts'));
  await assert.rejects(complete(small, sha256('smallparts')), {
    name: 'LayerPartTooSmallException',
    message: 'Layer parts must be at least 5 MiB in size.',
  });
  const other = await begin();
  await part(other, 0, Buffer.from('content'));
  await assert.rejects(complete(other, sha256('other content')), { name: 'InvalidLayerException' });
  await assert.rejects(complete(other, sha256('content')), { name: 'UploadNotFoundException' });
  await uploadLayer(ecr, repositoryName, Buffer.from('twice'));
  const again = await begin();
  await part(again, 0, Buffer.from('twice'));
  await assert.rejects(complete(again, sha256('twice')), { name: 'LayerAlreadyExistsException' });
});

test('availability', async () => {
  const image = makeImage('available');
  await pushImage(ecr, repositoryName, image, 'v1');
  const digest = sha256(image.blobs[1]!);
  const { layers, failures } = await check(digest, sha256('never'), 'nonsense');
  assert.deepEqual(layers, [
    { layerDigest: digest, layerAvailability: 'AVAILABLE', layerSize: image.blobs[1]!.length, mediaType: layerType },
    { layerDigest: sha256('never'), layerAvailability: 'UNAVAILABLE' },
  ]);
  assert.equal(failures![0]!.failureCode, 'InvalidLayerDigest');
});

test('a URL to download a layer from', async () => {
  const image = makeImage('downloaded');
  await pushImage(ecr, repositoryName, image, 'dl');
  const layerDigest = sha256(image.blobs[1]!);
  const get = () => ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }));
  const { downloadUrl } = await get();
  const response = await fetch(downloadUrl!);
  assert.equal(response.status, 200);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), image.blobs[1]);
  const unknown = new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: sha256('unknown') });
  await assert.rejects(ecr.send(unknown), { name: 'LayersNotFoundException' });
  const loose = await uploadLayer(ecr, repositoryName, Buffer.from('of no image'));
  await assert.rejects(ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: loose })), {
    name: 'LayerInaccessibleException',
  });
  await ecr.send(
    new UpdateImageStorageClassCommand({ repositoryName, imageId: { imageTag: 'dl' }, targetStorageClass: 'ARCHIVE' }),
  );
  await assert.rejects(get(), { name: 'LayerInaccessibleException' });
  assert.equal((await check(layerDigest)).layers![0]!.layerAvailability, 'ARCHIVED');
});
