import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { startTestControlPlane } from '../../support/control-plane.ts';

test("the first cluster of an account makes ECS's service-linked role, the second finds it", async () => {
  const plane = await startTestControlPlane();
  try {
    const get = () => plane.iam().send(new GetRoleCommand({ RoleName: 'AWSServiceRoleForECS' }));
    await assert.rejects(get(), { name: 'NoSuchEntityException' });
    await plane.ecs().send(new CreateClusterCommand({ clusterName: 'a' }));
    const { Role } = await get();
    assert.equal(
      Role?.Arn,
      `arn:aws:iam::${plane.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    );
    await plane.ecs({ region: 'eu-west-1' }).send(new CreateClusterCommand({ clusterName: 'b' }));
    assert.equal((await get()).Role?.RoleId, Role?.RoleId);
  } finally {
    await plane.close();
  }
});
