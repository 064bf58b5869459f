import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingMembers } from './missing-members.ts';

const cases: readonly [operation: string, path: string, code: string, message: string][] = [
  ['RunTask', 'taskDefinition', 'InvalidParameterException', 'TaskDefinition can not be blank.'],
  ['DescribeTasks', 'tasks', 'InvalidParameterException', 'Tasks cannot be empty.'],
  [
    'DescribeContainerInstances',
    'containerInstances',
    'InvalidParameterException',
    'Container Instances cannot be empty.',
  ],
  ['UpdateContainerInstancesState', 'status', 'InvalidParameterException', 'Status can not be blank.'],
  ['RegisterTaskDefinition', 'family', 'ClientException', 'Family can not be blank.'],
  ['RegisterTaskDefinition', 'containerDefinitions', 'ClientException', 'Container list cannot be empty.'],
  [
    'PutAttributes',
    'attributes.1.member.name',
    'InvalidParameterException',
    'attributes.1.member.name should not be null or empty.',
  ],
];

for (const [operation, path, code, message] of cases) {
  test(`${operation} without ${path}`, () => {
    const error = missingMembers(operation, [path, 'other']);
    assert.deepEqual([error.code, error.message], [code, message]);
  });
}
