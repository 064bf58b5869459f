import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { checkSecrets } from './secrets.ts';

const asm = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf';
const check = (container: Partial<ContainerDefinition>, hasExecutionRole = true) =>
  checkSecrets({ name: 'web', ...container }, hasExecutionRole);
const one = (valueFrom: string) => ({ secrets: [{ name: 'A', valueFrom }] });

describe('secrets of a container', () => {
  for (const valueFrom of [
    'name',
    '/path/name',
    '/path/name:3',
    'arn:aws:ssm:us-east-1:123456789012:parameter/path/name',
    asm,
    `${asm}:key::`,
    `${asm}:key:AWSPREVIOUS:`,
    `${asm}:::id`,
  ]) {
    it(`can be ${valueFrom}`, () => check(one(valueFrom)));
  }

  const refused: [string, Partial<ContainerDefinition>, RegExp][] = [
    ['no name', { secrets: [{ name: '', valueFrom: 'a' }] }, /'name' should not be null or empty/],
    ['no source', { secrets: [{ name: 'A', valueFrom: '' }] }, /'valueFrom' should not be null or empty/],
    ['half of a version', one(`${asm}:key`), /Invalid 'valueFrom'/],
    ['another service', one('arn:aws:s3:::bucket/key'), /Invalid 'valueFrom'/],
    ['a space', one('a b'), /Invalid 'valueFrom'/],
    [
      'a name twice',
      { secrets: [...one('a').secrets, ...one('b').secrets] },
      /^The secret name must be unique .*such as 'A'\.$/,
    ],
    [
      'the name of a variable',
      { ...one('a'), environment: [{ name: 'A', value: 'x' }] },
      /^The secret name must be unique .*such as 'A'\.$/,
    ],
    [
      'registry credentials by name',
      { repositoryCredentials: { credentialsParameter: 'name' } },
      /Invalid 'credentialsP/,
    ],
  ];
  for (const [what, container, message] of refused) {
    it(`cannot have ${what}`, () => assert.throws(() => check(container), { name: 'ClientException', message }));
  }

  it('need an execution role', () => {
    const needs: [Partial<ContainerDefinition>, string][] = [
      [one('a'), 'container secrets'],
      [
        { logConfiguration: { logDriver: 'json-file', secretOptions: [{ name: 'tag', valueFrom: 'a' }] } },
        'log config',
      ],
      [{ repositoryCredentials: { credentialsParameter: asm } }, 'private registry credentials'],
    ];
    for (const [container, what] of needs) {
      const message = new RegExp(
        `^When you are specifying ${what}.*, you must also specify a value for 'executionRoleArn'`,
      );
      assert.throws(() => check(container, false), { message });
      check(container);
    }
  });
});
