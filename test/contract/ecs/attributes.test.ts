import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type Attribute,
  CreateClusterCommand,
  DeleteAttributesCommand,
  type ECSClient,
  ListAttributesCommand,
  PutAttributesCommand,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { registerInstance } from '../../support/instances.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let arn: string;
let other: string;
before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  await ecs.send(new CreateClusterCommand({}));
  arn = (await registerInstance(ecs)).containerInstanceArn!;
  other = (await registerInstance(ecs, { attributes: [] })).containerInstanceArn!;
});
after(() => plane.close());

const put = (attributes: Attribute[]) => ecs.send(new PutAttributesCommand({ attributes }));
const remove = (attributes: Attribute[]) => ecs.send(new DeleteAttributesCommand({ attributes }));
const targetType = 'container-instance' as const;
const list = async (input: object) => (await ecs.send(new ListAttributesCommand({ targetType, ...input }))).attributes!;

describe('attributes of container instances', () => {
  it('are put, replaced, listed by name and value, and deleted', async () => {
    const id = arn.split('/').at(-1)!;
    const answer = await put([{ name: 'stack', value: 'production', targetType, targetId: id }]);
    assert.deepEqual(answer.attributes, [{ name: 'stack', value: 'production', targetId: arn }]);
    await put([
      { name: 'stack', value: 'staging', targetId: other },
      { name: 'plain', targetId: arn },
    ]);
    assert.deepEqual((await list({ attributeName: 'stack' })).map(({ value }) => value).sort(), [
      'production',
      'staging',
    ]);
    assert.deepEqual(await list({ attributeName: 'stack', attributeValue: 'staging' }), [
      { name: 'stack', value: 'staging', targetId: other },
    ]);
    await put([{ name: 'stack', value: 'testing', targetId: arn }]);
    assert.equal((await list({ attributeName: 'stack' })).length, 2);
    const gone = await remove([{ name: 'stack', targetType, targetId: id }]);
    assert.deepEqual(gone.attributes, [{ name: 'stack', value: 'testing', targetId: arn }]);
    assert.equal((await list({ attributeName: 'stack' })).length, 1);
    assert.deepEqual((await remove([{ name: 'never', targetId: arn }])).attributes, []);
  });

  it('are listed page by page, each once', async () => {
    const all = await list({});
    const paged: Attribute[] = [];
    let nextToken: string | undefined;
    do {
      const page = await ecs.send(new ListAttributesCommand({ targetType, maxResults: 3, nextToken }));
      assert.ok(page.attributes!.length <= 3);
      paged.push(...page.attributes!);
      nextToken = page.nextToken;
    } while (nextToken);
    assert.deepEqual(paged, all);
    assert.ok(all.length > 15);
  });

  it('are limited in number, in a call and on an instance', async () => {
    const many = Array.from({ length: 11 }, (_, i) => ({ name: `a${i}`, targetId: other }));
    await assert.rejects(put(many), { name: 'InvalidParameterException' });
    await put(many.slice(0, 9));
    await assert.rejects(put(many.slice(9, 11)), { name: 'AttributeLimitExceededException' });
    assert.deepEqual(await list({ attributeName: 'a9' }), [], 'a refused call changes nothing');
  });

  it('have names, values and targets that are checked', async () => {
    const bad: Attribute[] = [
      { name: 'with space', targetId: arn },
      { name: 'x'.repeat(129), targetId: arn },
      { name: 'ecs.capability.mine', targetId: arn },
      { name: 'v', value: ' padded', targetId: arn },
      { name: 'v', value: 'semi;colon', targetId: arn },
      { name: 'v', value: 'short id without type', targetId: arn.split('/').at(-1) },
      { name: 'v', value: 'no target' },
    ];
    for (const attribute of bad) await assert.rejects(put([attribute]), { name: 'InvalidParameterException' });
    await assert.rejects(put([]), { name: 'InvalidParameterException' });
    const missing = arn.replace(/[0-9a-f]{32}$/, '0'.repeat(32));
    await assert.rejects(put([{ name: 'v', targetId: missing }]), { name: 'TargetNotFoundException' });
    await assert.rejects(remove([{ name: 'v', targetId: missing }]), { name: 'TargetNotFoundException' });
    await assert.rejects(list({ attributeValue: 'x' }), { name: 'InvalidParameterException' });
    await assert.rejects(list({ targetType: 'service' }), { name: 'InvalidParameterException' });
    await assert.rejects(ecs.send(new ListAttributesCommand({ targetType, cluster: 'nowhere' })), {
      name: 'ClusterNotFoundException',
    });
  });
});
