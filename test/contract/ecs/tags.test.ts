import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateClusterCommand,
  DeleteClusterCommand,
  type ECSClient,
  ListTagsForResourceCommand,
  RegisterTaskDefinitionCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';

let controlPlane: TestControlPlane;
let ecs: ECSClient;
let clusterArn: string;
before(async () => {
  controlPlane = await startTestControlPlane();
  ecs = controlPlane.ecs();
  clusterArn = (await ecs.send(new CreateClusterCommand({ clusterName: 'tagged' }))).cluster!.clusterArn!;
});
after(() => controlPlane.close());

const tag = (resourceArn: string, tags: Tag[]) => ecs.send(new TagResourceCommand({ resourceArn, tags }));
const list = async (resourceArn: string) => (await ecs.send(new ListTagsForResourceCommand({ resourceArn }))).tags;

test('tags are added, replaced and removed', async () => {
  await tag(clusterArn, [
    { key: 'a', value: '1' },
    { key: 'b', value: '2' },
  ]);
  await tag(clusterArn, [{ key: 'a', value: '3' }, { key: 'c' }]);
  assert.deepEqual(await list(clusterArn), [
    { key: 'a', value: '3' },
    { key: 'b', value: '2' },
    { key: 'c', value: '' },
  ]);
  await ecs.send(new UntagResourceCommand({ resourceArn: clusterArn, tagKeys: ['a', 'never'] }));
  assert.deepEqual(await list(clusterArn), [
    { key: 'b', value: '2' },
    { key: 'c', value: '' },
  ]);
});

test('task definitions have tags too', async () => {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'tagged',
      containerDefinitions: [{ name: 'web', image: 'busybox', memory: 64 }],
      tags: [{ key: 'x', value: 'y' }],
    }),
  );
  await tag(taskDefinition!.taskDefinitionArn!, [{ key: 'z', value: '' }]);
  assert.deepEqual(await list(taskDefinition!.taskDefinitionArn!), [
    { key: 'x', value: 'y' },
    { key: 'z', value: '' },
  ]);
});

test('limits: 50 tags, lengths, characters, reserved and repeated keys', async () => {
  const fifty = Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: '' }));
  const refused: [Tag[], RegExp][] = [
    [[...fifty, { key: 'k50', value: '' }], /50/],
    [[{ key: '', value: '' }], /key/],
    [[{ key: 'k'.repeat(129), value: '' }], /128/],
    [[{ key: 'k', value: 'v'.repeat(257) }], /256/],
    [[{ key: 'AWS:k', value: '' }], /aws:/],
    [[{ key: 'k<', value: '' }], /invalid characters/],
    [
      [
        { key: 'k', value: '' },
        { key: 'k', value: '' },
      ],
      /Duplicate/,
    ],
  ];
  for (const [tags, message] of refused) {
    await assert.rejects(tag(clusterArn, tags), { name: 'InvalidParameterException', message });
  }
});

test('ARNs that name nothing taggable', async () => {
  const own = 'arn:aws:ecs:us-east-1:123456789012';
  await assert.rejects(list('tagged'), { name: 'InvalidParameterException' });
  await assert.rejects(list(`${own}:rocket/x`), {
    name: 'InvalidParameterException',
    message: 'Invalid identifier: Identifier is for an unexpected resource type.',
  });
  await assert.rejects(list(`${own}:cluster/nowhere`), { name: 'ClusterNotFoundException' });
  await assert.rejects(list(`${own}:service/tagged/nothing`), { name: 'ResourceNotFoundException' });
  await assert.rejects(list(clusterArn.replace('us-east-1', 'eu-west-1')), { name: 'ClusterNotFoundException' });
  await assert.rejects(list(clusterArn.replace('123456789012', '210987654321')), { name: 'AccessDeniedException' });
  const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: 'gone' }));
  await ecs.send(new DeleteClusterCommand({ cluster: 'gone' }));
  await assert.rejects(list(cluster!.clusterArn!), {
    name: 'InvalidParameterException',
    message: 'The specified cluster is inactive. Specify an active cluster and try again.',
  });
});
