import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentConfigFromEnvironment, ConfigError, parseDuration } from './config.ts';

const least = { ECS_BACKEND_HOST: 'http://127.0.0.1:4566', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('agent configuration', () => {
  it('has ECS’s defaults', () => {
    const config = agentConfigFromEnvironment(least);
    assert.deepEqual(
      [config.cluster, config.mayCreateCluster, config.cleanupWaitMs, config.imagePullBehavior, config.reservedPorts],
      ['default', true, 10_800_000, 'default', [22, 2375, 2376, 51678, 51679]],
    );
  });

  it('reads ECS’s names, and flags before them', () => {
    const config = agentConfigFromEnvironment(
      {
        ...least,
        ECS_CLUSTER: 'one',
        ECS_INSTANCE_ATTRIBUTES: '{"disk":"ssd"}',
        ECS_RESERVED_MEMORY: '256',
        ECS_IMAGE_PULL_BEHAVIOR: 'prefer-cached',
        ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: '1m30s',
        ECS_BACKEND_HOST: 'ecs.example.com',
      },
      { cluster: 'two' },
    );
    assert.deepEqual(
      [
        config.cluster,
        config.instanceAttributes,
        config.reservedMemoryMiB,
        config.imagePullBehavior,
        config.cleanupWaitMs,
        config.endpoint,
      ],
      ['two', { disk: 'ssd' }, 256, 'prefer-cached', 90_000, 'https://ecs.example.com'],
    );
    assert.equal(config.mayCreateCluster, false);
  });

  it('refuses what it cannot use, naming it', () => {
    const cases = [
      { ...least, ECS_BACKEND_HOST: '' },
      { ...least, AWS_ACCESS_KEY_ID: '' },
      { ...least, ECS_INSTANCE_ATTRIBUTES: '[1]' },
      { ...least, ECS_RESERVED_PORTS: '["x"]' },
      { ...least, ECS_RESERVED_MEMORY: '-1' },
      { ...least, ECS_IMAGE_PULL_BEHAVIOR: 'sometimes' },
      { ...least, ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: '100ms' },
      { ...least, ECS_CONTAINER_STOP_TIMEOUT: 'soon' },
      { ...least, ECS_ENABLE_TASK_CPU_MEM_LIMIT: 'maybe' },
    ];
    for (const environment of cases) assert.throws(() => agentConfigFromEnvironment(environment), ConfigError);
  });

  it('reads Go’s durations', () => {
    const cases = [
      ['3h', 10_800_000],
      ['1m30s', 90_000],
      ['500ms', 500],
      ['1.5s', 1_500],
    ] as const;
    for (const [text, ms] of cases) assert.equal(parseDuration('X', text), ms);
  });
});
