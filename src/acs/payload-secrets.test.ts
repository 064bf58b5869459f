/** What a payload says of secrets and registries. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { TaskDefinitionRow } from '#model/rows.ts';
import { taskDefinitionRow, taskRow } from '../../test/support/task-rows.ts';
import { taskPayload } from './payload.ts';

const endpoint = 'http://10.0.0.5:4566';
const exec = 'arn:aws:iam::123456789012:role/exec';
const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf';

function payload(container: Partial<ContainerDefinition>, more: Partial<TaskDefinitionRow> = {}) {
  const definition = taskDefinitionRow({
    containerDefinitions: [{ name: 'app', image: 'busybox', ...container }],
    ...more,
  });
  return taskPayload(taskRow(), definition, endpoint).containers[0]!;
}

describe('secrets', () => {
  const forms: [string, string, 'ssm' | 'asm', string][] = [
    ['/app/a', '/app/a', 'ssm', 'us-east-1'],
    ['plain:3', 'plain:3', 'ssm', 'us-east-1'],
    ['arn:aws:ssm:us-east-1:123456789012:parameter/app/a', '/app/a', 'ssm', 'us-east-1'],
    [
      'arn:aws:ssm:eu-west-1:123456789012:parameter/a',
      'arn:aws:ssm:eu-west-1:123456789012:parameter/a',
      'ssm',
      'eu-west-1',
    ],
    [
      'arn:aws:ssm:us-east-1:999999999999:parameter/app/a',
      'arn:aws:ssm:us-east-1:999999999999:parameter/app/a',
      'ssm',
      'us-east-1',
    ],
    [`${secretArn}:key::`, `${secretArn}:key::`, 'asm', 'eu-west-1'],
  ];
  for (const [given, valueFrom, provider, region] of forms) {
    it(given, () => {
      const [secret] = payload({ secrets: [{ name: 'A', valueFrom: given }] }).secrets!;
      assert.deepEqual(secret, {
        name: 'A',
        valueFrom,
        region,
        provider,
        type: 'ENVIRONMENT_VARIABLE',
        target: 'CONTAINER',
      });
    });
  }
});

describe('registry authentication', () => {
  const ecr = (image: string, more: Partial<TaskDefinitionRow> = {}) => payload({ image }, more).registryAuthentication;

  it("asks ECR for images under AWS's names and at addresses of ours", () => {
    for (const image of [
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1',
      'localhost:4566/123456789012.eu-west-1/team/app',
      'slipway.local:4566/123456789012.dkr.ecr.eu-west-1.amazonaws.com/app',
    ]) {
      assert.deepEqual(
        ecr(image, { executionRoleArn: exec }),
        {
          type: 'ecr',
          ecrAuthData: {
            region: 'eu-west-1',
            registryId: '123456789012',
            endpointOverride: endpoint,
            useExecutionRole: true,
          },
        },
        image,
      );
    }
    const auth = ecr('123456789012.dkr.ecr.eu-west-1.amazonaws.com/app');
    assert.equal(auth?.type === 'ecr' && auth.ecrAuthData.useExecutionRole, false);
  });

  it('is absent for other images', () => {
    for (const image of ['busybox', 'quay.io/team/app:1', 'public.ecr.aws/nginx/nginx', 'localhost:5000/app']) {
      assert.equal(ecr(image, { executionRoleArn: exec }), undefined, image);
    }
  });

  it('is a secret where the definition names one', () => {
    assert.deepEqual(payload({ repositoryCredentials: { credentialsParameter: secretArn } }).registryAuthentication, {
      type: 'asm',
      asmAuthData: { region: 'eu-west-1', credentialsParameter: secretArn },
    });
  });
});

it('awslogs are written with the execution role where there is one', () => {
  const logConfiguration = { logDriver: 'awslogs', options: { 'awslogs-group': 'g' } } as const;
  assert.equal(payload({ logConfiguration }, { executionRoleArn: exec }).logsAuthStrategy, 'ExecutionRole');
  assert.equal(payload({ logConfiguration }).logsAuthStrategy, undefined);
  assert.equal(payload({}, { executionRoleArn: exec }).logsAuthStrategy, undefined);
});
