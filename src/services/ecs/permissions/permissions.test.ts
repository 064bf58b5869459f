import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ecs } from '#policy/actions/ecs.ts';
import { conditionKeysOf, resourceTypesOf } from '#policy/actions/table.ts';
import type { Permission } from '#protocol/authorize.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import type { EcsContext } from '../context.ts';
import { handlers } from '../handlers.ts';
import { permissions } from './permissions.ts';

const store = await Store.open({ journal: volatileJournal(), tables: allTables });
const scope = { account: '123456789012', region: 'us-east-1' };
const contextOf = (operation: string) => ({ ...scope, operation, store: store.session() }) as unknown as EcsContext;

const needs = (operation: string, input: unknown): readonly Permission[] => {
  const needed = permissions[operation]!(contextOf(operation), input);
  return Array.isArray(needed) ? needed : [needed as Permission];
};
const prefix = 'arn:aws:ecs:us-east-1:123456789012:';

describe('what ECS operations need', () => {
  const cases: [string, object, string[]][] = [
    ['DescribeClusters', {}, ['ecs:DescribeClusters cluster/default']],
    [
      'DescribeTasks',
      { cluster: 'web', tasks: ['a', `${prefix}task/web/b`] },
      ['ecs:DescribeTasks task/web/a', 'ecs:DescribeTasks task/web/b'],
    ],
    ['StopTask', { task: `${prefix}task/old`, cluster: 'web' }, ['ecs:StopTask task/web/old']],
    ['ListTasks', { cluster: 'web' }, ['ecs:ListTasks container-instance/web/*']],
    [
      'CreateService',
      { cluster: 'web', serviceName: 'front', tags: [{ key: 'team', value: 'a' }] },
      ['ecs:CreateService service/web/front', 'ecs:TagResource service/web/front'],
    ],
    [
      'RunTask',
      { taskDefinition: 'front', overrides: { taskRoleArn: 'arn:aws:iam::123456789012:role/app' } },
      ['ecs:RunTask task-definition/front:*', 'iam:PassRole arn:aws:iam::123456789012:role/app'],
    ],
    [
      'RegisterTaskDefinition',
      { family: 'front', taskRoleArn: 'app', executionRoleArn: 'exec' },
      [
        'ecs:RegisterTaskDefinition task-definition/front:*',
        'iam:PassRole arn:aws:iam::123456789012:role/app',
        'iam:PassRole arn:aws:iam::123456789012:role/exec',
      ],
    ],
    [
      'StopServiceDeployment',
      { serviceDeploymentArn: `${prefix}service-deployment/web/front/id` },
      ['ecs:StopServiceDeployment service-deployment/web/front/id', 'ecs:StopServiceDeployment service/web/front'],
    ],
    [
      'UpdateTaskSet',
      { cluster: 'web', service: 'front', taskSet: 'ecs-svc/1' },
      ['ecs:UpdateTaskSet task-set/web/front/ecs-svc/1'],
    ],
    ['ListServices', {}, ['ecs:ListServices *']],
  ];
  for (const [operation, input, expected] of cases) {
    test(`${operation} ${JSON.stringify(input)}`, () => {
      const needed = needs(operation, input).map(({ action, resource }) => `${action} ${resource.replace(prefix, '')}`);
      assert.deepEqual(needed, expected);
    });
  }

  test('the role goes to the service that will use it', () => {
    const passed = needs('CreateService', { serviceName: 'a', role: 'ecsServiceRole' }).at(-1);
    assert.deepEqual(passed, {
      action: 'iam:PassRole',
      resource: 'arn:aws:iam::123456789012:role/ecsServiceRole',
      keys: { 'iam:PassedToService': 'ecs.amazonaws.com' },
    });
    const [, run] = needs('RunTask', { overrides: { taskRoleArn: 'x' } });
    assert.equal(run?.keys?.['iam:PassedToService'], 'ecs-tasks.amazonaws.com');
  });

  test('every entry is of a handler and of an action that the table knows', () => {
    for (const operation of Object.keys(permissions)) {
      assert.ok(Object.hasOwn(ecs.actions, operation), operation);
      assert.ok(Object.hasOwn(handlers, operation), operation);
    }
  });

  test('resources and keys are those of the table, whatever the input', () => {
    const names = fc.constantFrom(
      'cluster',
      'service',
      'tasks',
      'services',
      'taskDefinition',
      'tags',
      'clusters',
      'name',
    );
    const values = fc.oneof(
      fc.string(),
      fc.array(fc.jsonValue()),
      fc.constant(undefined),
      fc.constant(`${prefix}task/x`),
    );
    const inputs = fc.dictionary(names, values);
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(permissions)), inputs, (operation, input) => {
        const action = ecs.actions[operation]!;
        const keys = new Set([...conditionKeysOf(ecs, action)]);
        const hasResource = resourceTypesOf(action).length > 0;
        for (const one of needs(operation, input)) {
          if (one.action !== `ecs:${operation}`) continue;
          if (!hasResource) assert.equal(one.resource, '*');
          for (const [key, value] of Object.entries(one.keys ?? {})) {
            assert.ok(value === undefined || keys.has(key), `${operation}: ${key}`);
          }
        }
      }),
    );
  });
});
