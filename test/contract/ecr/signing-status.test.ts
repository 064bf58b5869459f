import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateRepositoryCommand,
  DescribeImageSigningStatusCommand,
  PutSigningConfigurationCommand,
} from '@aws-sdk/client-ecr';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { makeImage, pushImage } from '../../support/images.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
});
after(() => plane?.close());

test('the signing status of an image says that nobody has signed it', async () => {
  const ecr = plane.ecr();
  const of = (repositoryName: string, imageDigest: string) =>
    ecr.send(new DescribeImageSigningStatusCommand({ repositoryName, imageId: { imageDigest } }));
  for (const repositoryName of ['prod/app', 'other']) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const image = makeImage('signing');
  for (const repository of ['prod/app', 'other']) await pushImage(ecr, repository, image, '1');
  assert.deepEqual((await of('prod/app', image.digest)).signingStatuses, []);

  const signingProfileArn = 'arn:aws:signer:us-east-1:123456789012:/signing-profiles/release';
  const repositoryFilters = [{ filter: 'prod/*', filterType: 'WILDCARD_MATCH' as const }];
  const rules = [{ signingProfileArn, repositoryFilters }];
  await ecr.send(new PutSigningConfigurationCommand({ signingConfiguration: { rules } }));
  const { signingStatuses, imageId, registryId, repositoryName } = await of('prod/app', image.digest);
  assert.deepEqual(
    { imageId, registryId, repositoryName },
    {
      imageId: { imageDigest: image.digest },
      registryId: plane.account,
      repositoryName: 'prod/app',
    },
  );
  assert.equal(signingStatuses!.length, 1);
  assert.equal(signingStatuses![0]!.status, 'FAILED');
  assert.equal(signingStatuses![0]!.failureCode, 'SigningProfileNotFound');
  assert.equal(signingStatuses![0]!.signingProfileArn, signingProfileArn);
  assert.deepEqual((await of('other', image.digest)).signingStatuses, []);

  await assert.rejects(of('nowhere', image.digest), { name: 'RepositoryNotFoundException' });
  await assert.rejects(of('prod/app', `sha256:${'0'.repeat(64)}`), { name: 'ImageNotFoundException' });
});
