import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { AgentTask } from '#model/agent-messages.ts';
import { clusterArn, containerArn, type Scope, serviceArn, taskArn, taskDefinitionArn } from '#model/arn.ts';
import type { TaskDefinitionRow, TaskRow } from '#model/rows.ts';
import { taskProblem } from './check.ts';
import { stopPayload, taskPayload, unsupportedIn } from './payload.ts';

/** As the agent reads it. */
const sentPayload = (task: TaskRow, definition: TaskDefinitionRow): AgentTask =>
  JSON.parse(JSON.stringify(taskPayload(task, definition, 'http://slipway:4566')));

const scope: Scope = { account: '123456789012', region: 'us-east-1' };
const taskId = '0123456789abcdef0123456789abcdef';

function definitionOf(seed: Partial<TaskDefinitionRow>): TaskDefinitionRow {
  return {
    ...scope,
    arn: taskDefinitionArn(scope, 'web', 7),
    family: 'web',
    revision: 7,
    status: 'ACTIVE',
    registeredAt: 0,
    registeredBy: 'root',
    containerDefinitions: [],
    volumes: [],
    placementConstraints: [],
    compatibilities: [],
    requiresAttributes: [],
    tags: [],
    ...seed,
  };
}

function taskOf(definition: TaskDefinitionRow, seed: Partial<TaskRow> = {}): TaskRow {
  return {
    ...scope,
    arn: taskArn(scope, 'default', taskId),
    clusterArn: clusterArn(scope, 'default'),
    taskDefinitionArn: definition.arn,
    group: 'service:web',
    launchType: 'EC2',
    desiredStatus: 'RUNNING',
    lastStatus: 'PENDING',
    healthStatus: 'UNKNOWN',
    containers: definition.containerDefinitions.map((one) => ({
      arn: containerArn(scope, 'default', taskId, `c-${one.name}`),
      name: one.name!,
      image: one.image!,
      essential: true,
      healthChecked: false,
      lastStatus: 'PENDING',
      healthStatus: 'UNKNOWN',
      networkBindings: [],
      networkInterfaces: [],
      cpu: '0',
    })),
    overrides: {},
    attachments: [],
    attributes: [],
    reservation: { cpuUnits: 0, memoryMiB: 0, ports: [], gpuCount: 0 },
    enableExecuteCommand: false,
    createdAt: 0,
    version: 1,
    tags: [],
    ...seed,
  };
}

/** One container's message for a definition of it, with Docker's texts parsed. */
function one(container: ContainerDefinition, seed: Partial<TaskDefinitionRow> = {}, task: Partial<TaskRow> = {}) {
  const definition = definitionOf({ containerDefinitions: [{ name: 'app', image: 'i', ...container }], ...seed });
  const payload = sentPayload(taskOf(definition, task), definition);
  assert.equal(taskProblem(payload), undefined);
  const [message] = payload.containers;
  const { config, hostConfig } = message!.dockerConfig!;
  return { payload, message: message!, config: JSON.parse(config ?? '{}'), hostConfig: JSON.parse(hostConfig!) };
}

describe('the payload of a task', () => {
  it('is small for a small task', () => {
    const definition = definitionOf({
      containerDefinitions: [{ name: 'app', image: 'registry.local:5000/app:1', cpu: 64, memory: 64, essential: true }],
    });
    const task = taskOf(definition, { serviceArn: serviceArn(scope, 'default', 'web') });
    assert.deepEqual(sentPayload(task, definition), {
      arn: task.arn,
      desiredStatus: 'RUNNING',
      taskClusterArn: 'arn:aws:ecs:us-east-1:123456789012:cluster/default',
      family: 'web',
      version: '7',
      group: 'service:web',
      serviceName: 'web',
      launchType: 'EC2',
      networkMode: 'bridge',
      containers: [
        {
          name: 'app',
          image: 'registry.local:5000/app:1',
          containerArn: `arn:aws:ecs:us-east-1:123456789012:container/default/${taskId}/c-app`,
          essential: true,
          cpu: 64,
          memory: 64,
          environment: { AWS_EXECUTION_ENV: 'AWS_ECS_EC2' },
          dockerConfig: { version: '1.24', hostConfig: '{"NetworkMode":"bridge"}' },
        },
      ],
    });
  });

  it('merges overrides and never sends them as such', () => {
    const { message, hostConfig, payload } = one(
      {
        command: ['a'],
        cpu: 1,
        memory: 100,
        memoryReservation: 50,
        environment: [
          { name: 'KEEP', value: '1' },
          { name: 'CHANGE', value: 'old' },
        ],
      },
      { cpu: '256', memory: '512' },
      {
        overrides: {
          cpu: '0.5 vCPU',
          memory: '1024',
          containerOverrides: [
            {
              name: 'app',
              command: ['b', 'c'],
              cpu: 2,
              memory: 200,
              memoryReservation: 60,
              environment: [{ name: 'CHANGE', value: 'new' }, { name: 'EMPTY' }],
            },
          ],
        },
      },
    );
    assert.deepEqual(message.command, ['b', 'c']);
    assert.deepEqual([message.cpu, message.memory, hostConfig.MemoryReservation], [2, 200, 60 * 1024 * 1024]);
    assert.deepEqual(message.environment, { AWS_EXECUTION_ENV: 'AWS_ECS_EC2', KEEP: '1', CHANGE: 'new', EMPTY: '' });
    assert.equal(message.overrides, undefined);
    assert.deepEqual([payload.cpu, payload.memory], [0.5, 1024]);
  });

  it('keeps odd names of variables and labels as plain data', () => {
    const { message } = one({ environment: [{ name: '__proto__', value: 'x' }] });
    assert.equal(Object.getOwnPropertyDescriptor(message.environment, '__proto__')?.value, 'x');
  });

  const docker: readonly [string, ContainerDefinition, { config?: object; hostConfig?: object }][] = [
    [
      'user, directory, names',
      { user: '1:1', workingDirectory: '/w', hostname: 'h' },
      { config: { User: '1:1', WorkingDir: '/w', Hostname: 'h' } },
    ],
    ['terminals', { interactive: true, pseudoTerminal: true }, { config: { Tty: true, OpenStdin: true } }],
    ['labels', { dockerLabels: { a: 'b' } }, { config: { Labels: { a: 'b' } } }],
    [
      'a health check with ECS defaults',
      { healthCheck: { command: ['CMD-SHELL', 'true'] } },
      { config: { Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 30e9, Timeout: 5e9, Retries: 3 } } },
    ],
    [
      'a health check of its own',
      { healthCheck: { command: ['CMD', 'x'], interval: 5, timeout: 2, retries: 2, startPeriod: 1 } },
      { config: { Healthcheck: { Test: ['CMD', 'x'], Interval: 5e9, Timeout: 2e9, Retries: 2, StartPeriod: 1e9 } } },
    ],
    [
      'privileges',
      { privileged: true, readonlyRootFilesystem: true },
      { hostConfig: { Privileged: true, ReadonlyRootfs: true } },
    ],
    ['privileges not wanted', { privileged: false, readonlyRootFilesystem: false }, { hostConfig: {} }],
    [
      'Linux parameters',
      {
        memory: 64,
        linuxParameters: {
          capabilities: { add: ['NET_ADMIN'], drop: ['MKNOD'] },
          devices: [{ hostPath: '/dev/fuse' }, { hostPath: '/dev/a', containerPath: '/dev/b', permissions: ['read'] }],
          initProcessEnabled: true,
          sharedMemorySize: 16,
          tmpfs: [{ containerPath: '/t', size: 8, mountOptions: ['noexec'] }],
          maxSwap: 32,
          swappiness: 0,
        },
      },
      {
        hostConfig: {
          CapAdd: ['NET_ADMIN'],
          CapDrop: ['MKNOD'],
          Devices: [
            { PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' },
            { PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r' },
          ],
          Init: true,
          ShmSize: 16 * 1024 * 1024,
          Tmpfs: { '/t': 'noexec,size=8m' },
          MemorySwap: 96 * 1024 * 1024,
          MemorySwappiness: 0,
        },
      },
    ],
    [
      'limits and names',
      {
        ulimits: [{ name: 'nofile', softLimit: 1024, hardLimit: 2048 }],
        dnsServers: ['10.0.0.2'],
        dnsSearchDomains: ['local'],
        extraHosts: [{ hostname: 'db', ipAddress: '10.0.0.3' }],
        dockerSecurityOptions: ['no-new-privileges'],
        systemControls: [{ namespace: 'net.core.somaxconn', value: '512' }],
      },
      {
        hostConfig: {
          Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 2048 }],
          Dns: ['10.0.0.2'],
          DnsSearch: ['local'],
          ExtraHosts: ['db:10.0.0.3'],
          SecurityOpt: ['no-new-privileges'],
          Sysctls: { 'net.core.somaxconn': '512' },
        },
      },
    ],
    [
      'a log driver of Docker',
      { logConfiguration: { logDriver: 'json-file', options: { 'max-size': '1m' } } },
      { hostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } } } },
    ],
    [
      'awslogs with a stream of its own',
      {
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': 'g', 'awslogs-stream-prefix': 'p', mode: 'non-blocking' },
        },
      },
      {
        hostConfig: {
          LogConfig: {
            Type: 'awslogs',
            Config: {
              'awslogs-region': 'us-east-1',
              'awslogs-group': 'g',
              mode: 'non-blocking',
              'awslogs-stream': `p/app/${taskId}`,
            },
          },
        },
      },
    ],
    [
      'awslogs in another region, without a prefix',
      { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'g', 'awslogs-region': 'eu-west-1' } } },
      {
        hostConfig: { LogConfig: { Type: 'awslogs', Config: { 'awslogs-region': 'eu-west-1', 'awslogs-group': 'g' } } },
      },
    ],
  ];
  for (const [what, container, wanted] of docker) {
    it(`says ${what} in Docker's words`, () => {
      const { config, hostConfig, message } = one(container);
      assert.deepEqual(config, wanted.config ?? {});
      assert.deepEqual(hostConfig, { NetworkMode: 'bridge', ...wanted.hostConfig });
      assert.equal(message.healthCheckType, container.healthCheck ? 'docker' : undefined);
      assert.equal(message.dockerConfig!.version, container.healthCheck?.startPeriod ? '1.29' : '1.24');
    });
  }

  it('maps ports: dynamic, fixed, ranges; in host mode the container port is the host port', () => {
    const portMappings = [
      { containerPort: 80 },
      { containerPort: 53, hostPort: 5353, protocol: 'udp' as const },
      { containerPortRange: '9000-9002' },
    ];
    assert.deepEqual(one({ portMappings }).message.portMappings, [
      { containerPort: 80, hostPort: 0, protocol: 'tcp' },
      { containerPort: 53, hostPort: 5353, protocol: 'udp' },
      { containerPortRange: '9000-9002', protocol: 'tcp' },
    ]);
    const host = one({ portMappings: [{ containerPort: 80 }] }, { networkMode: 'host' });
    assert.deepEqual(host.message.portMappings, [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }]);
    assert.equal(host.hostConfig.NetworkMode, 'host');
    assert.equal(one({}, { networkMode: 'none' }).hostConfig.NetworkMode, 'none');
  });

  it('carries volumes, mounts, dependencies, restarts, time-outs and secrets', () => {
    const { payload, message } = one(
      {
        entryPoint: ['sh', '-c'],
        links: ['db:database'],
        mountPoints: [{ sourceVolume: 'data', containerPath: '/d', readOnly: true }],
        volumesFrom: [{ sourceContainer: 'db' }],
        dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }],
        restartPolicy: { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 60 },
        startTimeout: 60,
        stopTimeout: 3,
        secrets: [
          { name: 'P', valueFrom: '/app/p' },
          { name: 'S', valueFrom: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:foo:key::' },
        ],
        environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::b/f.env' }],
        repositoryCredentials: { credentialsParameter: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:reg' },
      },
      {
        volumes: [
          { name: 'data', host: { sourcePath: '/srv' } },
          { name: 'scratch' },
          { name: 'shared', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true, labels: { a: 'b' } } },
        ],
        pidMode: 'host',
        ipcMode: 'host',
      },
    );
    assert.deepEqual(payload.volumes, [
      { name: 'data', type: 'host', host: { sourcePath: '/srv' } },
      { name: 'scratch', type: 'host', host: {} },
      {
        name: 'shared',
        type: 'docker',
        dockerVolumeConfiguration: {
          scope: 'shared',
          autoprovision: true,
          driver: 'local',
          driverOpts: {},
          labels: { a: 'b' },
        },
      },
    ]);
    assert.deepEqual([payload.pidMode, payload.ipcMode], ['host', 'host']);
    assert.deepEqual(message.mountPoints, [{ sourceVolume: 'data', containerPath: '/d', readOnly: true }]);
    assert.deepEqual(message.volumesFrom, [{ sourceContainer: 'db', readOnly: false }]);
    assert.deepEqual(message.dependsOn, [{ containerName: 'db', condition: 'HEALTHY' }]);
    assert.deepEqual(message.restartPolicy, { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 60 });
    assert.deepEqual([message.startTimeout, message.stopTimeout], [60, 3]);
    assert.deepEqual([message.entryPoint, message.links], [['sh', '-c'], ['db:database']]);
    const secret = { type: 'ENVIRONMENT_VARIABLE', target: 'CONTAINER' };
    assert.deepEqual(message.secrets, [
      { name: 'P', valueFrom: '/app/p', region: 'us-east-1', provider: 'ssm', ...secret },
      {
        name: 'S',
        valueFrom: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:foo:key::',
        region: 'eu-west-1',
        provider: 'asm',
        ...secret,
      },
    ]);
    assert.deepEqual(message.environmentFiles, [{ type: 's3', value: 'arn:aws:s3:::b/f.env' }]);
    assert.equal(message.registryAuthentication?.type, 'asm');
  });

  it('says what it has no words for', () => {
    const has = (seed: Partial<TaskDefinitionRow>) => unsupportedIn(definitionOf(seed));
    assert.equal(has({}), undefined);
    assert.match(has({ networkMode: 'awsvpc' })!, /awsvpc/);
    assert.match(has({ volumes: [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }] })!, /volume v/);
  });
});

describe('what must not be sent', () => {
  it('is found', () => {
    const good = { arn: 'a', desiredStatus: 'RUNNING', containers: [{ name: 'x', image: 'i' }] } as const;
    assert.equal(taskProblem(good), undefined);
    assert.equal(taskProblem(stopPayload('a')), undefined);
    assert.match(taskProblem({ ...good, arn: '' })!, /ARN/);
    assert.match(taskProblem({ ...good, containers: [] })!, /no containers/);
    assert.match(taskProblem({ ...good, containers: [...good.containers, ...good.containers] })!, /named x/);
    assert.match(taskProblem({ ...good, containers: [{ name: 'x', image: '' }] })!, /no image/);
    assert.match(taskProblem({ ...good, volumes: [{ name: 'v' }] })!, /volume v/);
  });
});
