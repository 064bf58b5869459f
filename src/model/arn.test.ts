import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  clusterArn,
  containerArn,
  containerInstanceArn,
  lastSegment,
  parseArn,
  partitionOf,
  scopeOf,
  serviceArn,
  taskArn,
  taskDefinitionArn,
} from './arn.ts';

const scope = { account: '123456789012', region: 'eu-central-1' };

describe('ARNs', () => {
  it('have ECS’s long formats', () => {
    const start = 'arn:aws:ecs:eu-central-1:123456789012:';
    assert.equal(clusterArn(scope, 'blue'), `${start}cluster/blue`);
    assert.equal(taskDefinitionArn(scope, 'web', 3), `${start}task-definition/web:3`);
    assert.equal(taskArn(scope, 'blue', 'f00'), `${start}task/blue/f00`);
    assert.equal(containerArn(scope, 'blue', 'f00', 'c1'), `${start}container/blue/f00/c1`);
    assert.equal(serviceArn(scope, 'blue', 'web'), `${start}service/blue/web`);
    assert.equal(containerInstanceArn(scope, 'blue', 'ab'), `${start}container-instance/blue/ab`);
  });

  it('name the region’s partition', () => {
    const partitions = ['us-east-1', 'cn-north-1', 'us-gov-west-1'].map(partitionOf);
    assert.deepEqual(partitions, ['aws', 'aws-cn', 'aws-us-gov']);
    assert.match(clusterArn({ ...scope, region: 'cn-north-1' }, 'x'), /^arn:aws-cn:ecs:cn-north-1:/);
  });

  it('of a partition that is not their region’s are none', () => {
    for (const arn of [
      'arn:aws-cn:ecs:us-east-1:1:cluster/x',
      'arn::ecs:us-east-1:1:x',
      'arn:aws:ecs:cn-north-1:1:x',
    ]) {
      assert.equal(parseArn(arn), undefined, arn);
    }
    assert.equal(parseArn('arn:aws:iam::123456789012:role/x')?.resource, 'role/x');
  });

  it('are parsed back', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{12}$/), fc.stringMatching(/^[a-zA-Z0-9_-]{1,40}$/), (account, name) => {
        const arn = serviceArn({ ...scope, account }, 'blue', name);
        const expected = { partition: 'aws', service: 'ecs', ...scope, account, resource: `service/blue/${name}` };
        assert.deepEqual(parseArn(arn), expected);
        assert.deepEqual(scopeOf(arn), { account, region: scope.region });
        assert.equal(lastSegment(arn), name);
      }),
    );
    assert.equal(parseArn('arn:aws:logs:eu-central-1:1:log-group:/a:*')?.resource, 'log-group:/a:*');
    assert.equal(parseArn('arn:aws:iam::123456789012:root')?.region, '');
  });

  it('are told from other text', () => {
    for (const text of ['', 'web', 'web:1', 'arn:aws:ecs', 'arn::ecs:r:a:x', 'urn:aws:ecs:r:a:x']) {
      assert.equal(parseArn(text), undefined, text);
    }
    assert.throws(() => scopeOf('web'), /not an ARN: web/);
  });
});
