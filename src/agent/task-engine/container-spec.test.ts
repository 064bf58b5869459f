import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '#lib/random.ts';
import type { AgentContainer, AgentTask } from '#model/agent-messages.ts';
import { explainNoRoom } from './admission.ts';
import { buildContainer } from './container-spec.ts';
import { testContainer, testTask } from './harness.ts';
import { newTask } from './task.ts';
import { noResources } from './task-resources.ts';

const from = { clusterArn: 'default', nowMs: 0, random: seededRandom(1) };

function build(container: Partial<AgentContainer>, task: Partial<AgentTask> = {}, environment = {}) {
  const record = newTask(testTask('a', [testContainer('app', container)], task), from);
  return buildContainer({
    resources: noResources,
    task: record,
    container: record.containers[0]!,
    cluster: 'default',
    environment,
    bindings: [],
  });
}

describe('a container’s configuration', () => {
  it('has ECS’s labels and name', () => {
    const { spec } = build({ dockerConfig: { config: '{"Labels":{"team":"x"}}' } });
    assert.match(spec.name, /^ecs-web-7-app-[0-9a-f]{20}$/);
    assert.deepEqual(Object.keys(spec.config.Labels!).sort(), [
      'com.amazonaws.ecs.cluster',
      'com.amazonaws.ecs.container-name',
      'com.amazonaws.ecs.task-arn',
      'com.amazonaws.ecs.task-definition-family',
      'com.amazonaws.ecs.task-definition-version',
      'team',
    ]);
  });

  it('keeps to what Docker accepts for CPU and memory', () => {
    const cases = [
      [{ cpu: 0, memory: 0 }, 2, 0],
      [{ cpu: 1, memory: 1 }, 2, 4],
      [{ cpu: 512, memory: 128 }, 512, 128],
      [{ cpu: 999_999, memory: 4 }, 262_144, 4],
    ] as const;
    for (const [given, shares, memoryMiB] of cases) {
      const { hostConfig } = build(given).spec;
      assert.deepEqual([hostConfig.CpuShares, hostConfig.Memory], [shares, memoryMiB * 1024 * 1024]);
    }
  });

  it('is overridden by dockerConfig, key by key', () => {
    const { spec } = build({
      memory: 64,
      dockerConfig: {
        hostConfig: '{"Memory":7000000,"NetworkMode":"host","CapAdd":["NET_ADMIN"]}',
        config: '{"User":"1000"}',
      },
    });
    assert.deepEqual(
      [
        spec.hostConfig.Memory,
        spec.hostConfig.NetworkMode,
        spec.hostConfig['CapAdd'],
        spec.config.User,
        spec.hostConfig.CpuShares,
      ],
      [7_000_000, 'host', ['NET_ADMIN'], '1000', 10],
    );
  });

  it('gives a container one region only', () => {
    const given = { AWS_REGION: 'here', AWS_DEFAULT_REGION: 'here', A: 'a' };
    assert.deepEqual(build({}, {}, given).spec.config.Env, ['AWS_REGION=here', 'AWS_DEFAULT_REGION=here', 'A=a']);
    const { spec } = build({ environment: { AWS_DEFAULT_REGION: 'there' } }, {}, given);
    assert.deepEqual(spec.config.Env, ['A=a', 'AWS_DEFAULT_REGION=there']);
  });

  it('lets the task definition’s environment win', () => {
    const { spec } = build({ environment: { A: 'mine', B: '' } }, {}, { A: 'theirs', C: 'theirs' });
    assert.deepEqual([...spec.config.Env!].sort(), ['A=mine', 'B=', 'C=theirs']);
  });

  it('turns awslogs into a local file and remembers what was asked', () => {
    const LogConfig = { Type: 'awslogs', Config: { 'awslogs-group': 'g' } };
    const { spec, logDriver, logOptions } = build({ dockerConfig: { hostConfig: JSON.stringify({ LogConfig }) } });
    assert.equal(spec.hostConfig.LogConfig?.Type, 'json-file');
    assert.deepEqual([logDriver, logOptions], ['awslogs', { 'awslogs-group': 'g' }]);
    const none = build({ dockerConfig: { hostConfig: '{"LogConfig":{"Type":"none"}}' } });
    assert.deepEqual([none.spec.hostConfig.LogConfig, none.logDriver], [{ Type: 'none' }, 'none']);
  });

  it('takes the command of overrides', () => {
    assert.deepEqual(build({ command: ['a'], overrides: '{"command":["b"]}' }).spec.config.Cmd, ['b']);
  });

  it('mounts volumes by host path, by task or by shared name', () => {
    const { spec } = build(
      {
        mountPoints: [
          { sourceVolume: 'host', containerPath: '/h', readOnly: true },
          { sourceVolume: 'own', containerPath: '/o' },
          { sourceVolume: 'shared', containerPath: '/s' },
        ],
      },
      {
        volumes: [
          { name: 'host', host: { sourcePath: '/srv' } },
          { name: 'own', host: {} },
          { name: 'shared', type: 'docker', dockerVolumeConfiguration: { scope: 'shared' } },
        ],
      },
    );
    const [host, own, shared] = spec.hostConfig.Binds!;
    assert.deepEqual([host, shared], ['/srv:/h:ro', 'shared:/s']);
    assert.match(own!, /^ecs-web-7-own-[0-9a-f]{20}:\/o$/);
  });
});

describe('admission', () => {
  const host = { cpuUnits: 1024, memoryMiB: 100 };
  const make = (id: string, container: Partial<AgentContainer>, task: Partial<AgentTask> = {}) =>
    newTask(testTask(id, [testContainer('app', container)], task), from);

  it('says what is missing, and nothing when it fits', () => {
    const present = [make('a', { cpu: 512, memory: 60, portMappings: [{ containerPort: 80, hostPort: 8080 }] })];
    const cases = [
      [make('b', { cpu: 512, memory: 40 }), undefined],
      [make('b', { cpu: 513, memory: 40 }), 'not enough CPU: 513 units wanted, 512 free'],
      [make('b', { cpu: 1, memory: 41 }), 'not enough memory: 41 MiB wanted, 40 MiB free'],
      [make('b', { cpu: 1, memory: 1 }, { cpu: 1, memory: 10 }), 'not enough CPU: 1024 units wanted, 512 free'],
      [make('b', { cpu: 1, memory: 50, dockerConfig: { hostConfig: '{"MemoryReservation":1048576}' } }), undefined],
      [
        make('b', { cpu: 1, memory: 1, portMappings: [{ containerPort: 1, hostPort: 8080 }] }),
        'host port 8080/tcp is held by another task',
      ],
      [
        make('b', { cpu: 1, memory: 1, portMappings: [{ containerPort: 1, hostPort: 8080, protocol: 'udp' }] }),
        undefined,
      ],
    ] as const;
    for (const [task, expected] of cases) assert.equal(explainNoRoom(task, present, host), expected);
    present[0]!.known = 'STOPPED';
    assert.equal(explainNoRoom(make('b', { cpu: 1024, memory: 100 }), present, host), undefined);
  });
});
