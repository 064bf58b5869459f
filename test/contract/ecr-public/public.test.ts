import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  DescribeImageTagsCommand,
  DescribeRegistriesCommand,
  DescribeRepositoriesCommand,
  type ECRPUBLICClient,
  GetAuthorizationTokenCommand,
  GetRegistryCatalogDataCommand,
  GetRepositoryCatalogDataCommand,
  GetRepositoryPolicyCommand,
  InitiateLayerUploadCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutRegistryCatalogDataCommand,
  PutRepositoryCatalogDataCommand,
  paginateDescribeRepositories,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr-public';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { type MadeImage, makeImage, sha256 } from '../../support/images.ts';

let plane: TestControlPlane;
let ecr: ECRPUBLICClient;

before(async () => {
  plane = await startTestControlPlane();
  ecr = plane.ecrPublic();
});
after(() => plane.close());

const create = (repositoryName: string, more = {}) =>
  ecr.send(new CreateRepositoryCommand({ repositoryName, ...more }));

async function push(repositoryName: string, image: MadeImage, imageTag: string): Promise<void> {
  for (const bytes of image.blobs) {
    const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
    const range = { partFirstByte: 0, partLastByte: bytes.length - 1, layerPartBlob: bytes };
    await ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId: uploadId!, ...range }));
    const layerDigests = [sha256(bytes)];
    await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId: uploadId!, layerDigests }));
  }
  await ecr.send(new PutImageCommand({ repositoryName, imageManifest: image.manifest, imageTag }));
}

test('a registry and its alias', async () => {
  const { registries } = await ecr.send(new DescribeRegistriesCommand({}));
  const [registry] = registries!;
  assert.equal(registry!.registryId, plane.account);
  assert.equal(registry!.registryArn, 'arn:aws:ecr-public::123456789012:registry/123456789012');
  const [alias] = registry!.aliases!;
  assert.match(alias!.name!, /^[a-z]\d[a-z]\d[a-z]\d[a-z]\d$/);
  assert.equal(alias!.primaryRegistryAlias, true);
  assert.equal(registry!.registryUri, `127.0.0.1:${plane.port}/public.ecr.aws/${alias!.name}`);
  await ecr.send(new PutRegistryCatalogDataCommand({ displayName: 'Slipway' }));
  const data = await ecr.send(new GetRegistryCatalogDataCommand({}));
  assert.deepEqual(data.registryCatalogData, { displayName: 'Slipway' });
});

test('a repository with catalogue data', async () => {
  const { repository, catalogData } = await create('catalogued', {
    catalogData: { description: 'what it is', architectures: ['x86-64'], operatingSystems: ['Linux'] },
    tags: [{ Key: 'a', Value: '1' }],
  });
  assert.equal(repository!.repositoryArn, 'arn:aws:ecr-public::123456789012:repository/catalogued');
  assert.equal(catalogData!.marketplaceCertified, false);
  const repositoryName = 'catalogued';
  const get = async () => (await ecr.send(new GetRepositoryCatalogDataCommand({ repositoryName }))).catalogData!;
  assert.equal((await get()).description, 'what it is');
  await ecr.send(new PutRepositoryCatalogDataCommand({ repositoryName, catalogData: { aboutText: '# about' } }));
  assert.deepEqual(await get(), { aboutText: '# about', marketplaceCertified: false });
  const logo = { logoImageBlob: Buffer.from('png') };
  await assert.rejects(ecr.send(new PutRepositoryCatalogDataCommand({ repositoryName, catalogData: logo })), {
    name: 'UnsupportedCommandException',
  });
  await create('plain');
  await assert.rejects(ecr.send(new GetRepositoryCatalogDataCommand({ repositoryName: 'plain' })), {
    name: 'RepositoryCatalogDataNotFoundException',
  });
  const resourceArn = repository!.repositoryArn!;
  await ecr.send(new TagResourceCommand({ resourceArn, tags: [{ Key: 'b', Value: '2' }] }));
  await ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
  const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn }));
  assert.deepEqual(tags, [{ Key: 'b', Value: '2' }]);
});

test('repositories are of the account, not of a region, and apart from private ones', async () => {
  await create('apart');
  const elsewhere = plane.ecrPublic({ region: 'us-west-2' });
  const { repositories } = await elsewhere.send(new DescribeRepositoriesCommand({ repositoryNames: ['apart'] }));
  assert.equal(repositories![0]!.registryId, plane.account);
  await assert.rejects(create('apart'), { name: 'RepositoryAlreadyExistsException' });
  await assert.rejects(ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['none'] })), {
    name: 'RepositoryNotFoundException',
    message: "The repository with name 'none' does not exist in the registry with id '123456789012'",
  });
  let seen = 0;
  for await (const page of paginateDescribeRepositories({ client: ecr, pageSize: 1 }, {})) {
    assert.ok(page.repositories!.length <= 1);
    seen += page.repositories!.length;
  }
  assert.ok(seen >= 1);
});

test('names are shorter than private ones, and plainer', async () => {
  for (const name of ['a__b', 'a--b', 'A-b', 'a/', 'a'.repeat(206)]) {
    await assert.rejects(create(name), {
      name: 'InvalidParameterException',
      message: /^Invalid parameter at 'repositoryName'/,
    });
  }
  await create('a'.repeat(205));
});

test('images are pushed, told and pulled by anybody', async () => {
  const { repository } = await create('images');
  const repositoryName = 'images';
  const image = makeImage('public');
  await push('images', image, 'v1');
  const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
  assert.equal(imageDetails![0]!.imageDigest, image.digest);
  assert.deepEqual(imageDetails![0]!.imageTags, ['v1']);
  const { imageTagDetails } = await ecr.send(new DescribeImageTagsCommand({ repositoryName }));
  assert.equal(imageTagDetails![0]!.imageTag, 'v1');
  assert.equal(imageTagDetails![0]!.imageDetail!.imageDigest, image.digest);
  const layerDigests = [sha256(image.blobs[1]!), sha256('none')];
  const { layers } = await ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests }));
  assert.deepEqual(
    layers!.map((layer) => layer.layerAvailability),
    ['AVAILABLE', 'UNAVAILABLE'],
  );
  const path = repository!.repositoryUri!.split('/').slice(1).join('/');
  const token = await fetch(`${plane.endpoint}/v2/${path}/manifests/v1`);
  assert.equal(token.status, 200, 'without credentials');
  assert.equal(await token.text(), image.manifest);
  await assert.rejects(
    ecr.send(new PutImageCommand({ repositoryName, imageManifest: image.manifest, imageTag: 'v1' })),
    {
      name: 'ImageAlreadyExistsException',
    },
  );
  await assert.rejects(ecr.send(new DeleteRepositoryCommand({ repositoryName })), {
    name: 'RepositoryNotEmptyException',
  });
  const deleted = await ecr.send(
    new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: image.digest }, { imageTag: 'none' }] }),
  );
  assert.deepEqual(deleted.imageIds, [{ imageDigest: image.digest, imageTag: 'v1' }]);
  assert.equal(deleted.failures![0]!.failureCode, 'ImageNotFound');
  await ecr.send(new DeleteRepositoryCommand({ repositoryName }));
});

test('policies', async () => {
  await create('policies');
  const repositoryName = 'policies';
  const policyText = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::210987654321:root' }, Action: 'ecr-public:PutImage' },
    ],
  });
  const notFound = { name: 'RepositoryPolicyNotFoundException' };
  await assert.rejects(ecr.send(new GetRepositoryPolicyCommand({ repositoryName })), notFound);
  await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
  assert.equal((await ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).policyText, policyText);
  await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }));
  await assert.rejects(ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName })), notFound);
  await assert.rejects(ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: '[]' })), {
    name: 'InvalidParameterException',
  });
});

test('a token', async () => {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  assert.match(Buffer.from(authorizationData!.authorizationToken!, 'base64').toString(), /^AWS:./);
  assert.ok(authorizationData!.expiresAt!.getTime() > Date.now());
});
