import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { checkTaskDefinition } from './task-definition.ts';

const scope = { account: '123456789012', region: 'us-east-1' };

type Loose = Record<string, unknown>;
const web = (more: Loose = {}): ContainerDefinition =>
  ({ name: 'web', image: 'busybox', memory: 64, ...more }) as ContainerDefinition;
const task = (more: Loose = {}, ...containers: ContainerDefinition[]): RegisterTaskDefinitionRequest => ({
  family: 'web',
  containerDefinitions: containers.length > 0 ? containers : [web()],
  ...more,
});
const one = (more: Loose, taskMore: Loose = {}) => task(taskMore, web(more));
const fargate = (more: Loose = {}, container: Loose = {}) =>
  task(
    { networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512', ...more },
    web(container),
  );
const logs = (options: Loose, logDriver = 'awslogs') => ({ logConfiguration: { logDriver, options } });
const group = { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1' };
const second = (more: Loose) => web({ name: 'second', ...more });

/** Input → the ClientException's message. */
const refused: [string, RegisterTaskDefinitionRequest, string][] = [
  ['no family', task({ family: '' }), 'Family can not be blank.'],
  ['family with a dot', task({ family: 'a.b' }), 'Family contains invalid characters.'],
  ['no container', { family: 'web', containerDefinitions: [] }, 'Container list cannot be empty.'],
  ['no name', one({ name: undefined }), 'Container.name should not be null or empty.'],
  ['bad name', one({ name: 'a b' }), 'Container.name contains invalid characters.'],
  ['no image', one({ image: '' }), 'Container.image should not be null or empty.'],
  ['bad image', one({ image: 'a b' }), 'Container.image contains invalid characters.'],
  ['same name twice', task({}, web(), web()), 'Container names must be unique within a task definition.'],
  ['nothing essential', one({ essential: false }), "Task definition doesn't have any essential container"],
  [
    'no memory',
    one({ memory: undefined }),
    "Invalid setting for container 'web'. At least one of 'memory' or 'memoryReservation' must be specified.",
  ],
  [
    'reservation above limit',
    one({ memoryReservation: 65 }),
    "Invalid setting for container 'web'. 'memory' must be greater than or equal to 'memoryReservation'.",
  ],
  [
    'memory too small',
    one({ memory: 3 }),
    "Invalid setting for container 'web'. 'memory' must be a whole number of MiB from 6 to 2147483647.",
  ],
  [
    'memory above the task',
    one({ memory: 600 }, { memory: '512' }),
    "The 'memory' setting for container 'web' is greater than for the task.",
  ],
  [
    'cpu above the task',
    one({ cpu: 300 }, { cpu: '256' }),
    "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
  ],
  [
    'reservations above the task',
    task(
      { memory: '512' },
      web({ memory: 512, memoryReservation: 400 }),
      second({ memory: 512, memoryReservation: 200 }),
    ),
    "The sum of all container 'memoryReservation' values cannot be greater than the value of the task 'memory'.",
  ],
  [
    'too many containers',
    task({}, ...Array.from({ length: 11 }, (_, i) => web({ name: `c${i}` }))),
    'Too many containers.',
  ],
  [
    'awsvpc ports differ',
    one({ portMappings: [{ containerPort: 80, hostPort: 81 }] }, { networkMode: 'awsvpc' }),
    'When networkMode=awsvpc, the host ports and container ports in port mappings must match.',
  ],
  [
    'host ports differ',
    one({ portMappings: [{ containerPort: 80, hostPort: 81 }] }, { networkMode: 'host' }),
    'When networkMode=host, the host ports and container ports in port mappings must match.',
  ],
  [
    'ports without network',
    one({ portMappings: [{ containerPort: 80 }] }, { networkMode: 'none' }),
    'Port mappings are not supported when networkMode=none.',
  ],
  [
    'port out of range',
    one({ portMappings: [{ containerPort: 70_000 }] }),
    "Invalid 'containerPort' setting for container 'web'.",
  ],
  [
    'one host port twice',
    task(
      {},
      web({ portMappings: [{ containerPort: 80, hostPort: 80 }] }),
      second({ portMappings: [{ containerPort: 81, hostPort: 80 }] }),
    ),
    "TCP host port '80' is mapped multiple times in task.",
  ],
  [
    'reversed range',
    one({ portMappings: [{ containerPortRange: '90-80' }] }),
    "Invalid 'containerPortRange' setting for container 'web'.",
  ],
  [
    'range and port',
    one({ portMappings: [{ containerPortRange: '80-90', containerPort: 80 }] }),
    "Invalid 'portMappings' setting for container 'web'. Cannot specify both single port and port range.",
  ],
  [
    'overlapping ranges',
    one({ portMappings: [{ containerPortRange: '80-90' }, { containerPortRange: '85-95' }] }),
    "Invalid 'portMappings' setting for container 'web'. A container port is used multiple times in task.",
  ],
  [
    'links outside bridge',
    task({ networkMode: 'awsvpc' }, web({ links: ['second'] }), second({})),
    'Links are not supported when networkMode=awsvpc.',
  ],
  [
    'links in a circle',
    task({}, web({ links: ['second'] }), second({ links: ['web:w'] })),
    'Container links should not have a cycle',
  ],
  [
    'unknown link',
    one({ links: ['db:database'] }),
    "Invalid 'links' setting for container 'web'. Unknown container 'db'.",
  ],
  [
    'hostname in awsvpc',
    one({ hostname: 'h' }, { networkMode: 'awsvpc' }),
    'hostname is not supported on container when networkMode=awsvpc.',
  ],
  [
    'unknown dependency',
    one({ dependsOn: [{ containerName: 'db', condition: 'START' }] }),
    "Cannot depend on container + 'db' because it does not exist",
  ],
  [
    'depends on itself',
    one({ dependsOn: [{ containerName: 'web', condition: 'START' }] }),
    "Container 'web' cannot depend on itself",
  ],
  [
    'unknown condition',
    task({}, web({ dependsOn: [{ containerName: 'second', condition: 'READY' }] }), second({})),
    "Invalid dependency condition 'READY'. Must be one of [START,COMPLETE,SUCCESS,HEALTHY]",
  ],
  [
    'success of an essential container',
    task({}, web({ dependsOn: [{ containerName: 'second', condition: 'SUCCESS' }] }), second({})),
    'A dependency container with SUCCESS or COMPLETE condition cannot be an essential container',
  ],
  [
    'health without a check',
    task({}, web({ dependsOn: [{ containerName: 'second', condition: 'HEALTHY' }] }), second({})),
    'A dependency container with HEALTHY condition must have health check configured',
  ],
  [
    'dependencies in a circle',
    task(
      {},
      web({ dependsOn: [{ containerName: 'second', condition: 'START' }] }),
      second({ dependsOn: [{ containerName: 'web', condition: 'START' }] }),
    ),
    'Container dependencies should not have a cycle',
  ],
  [
    'unknown volumesFrom',
    one({ volumesFrom: [{ sourceContainer: 'db' }] }),
    "Invalid 'volumesFrom' setting for container 'web'. Unknown container 'db'.",
  ],
  ['unknown volume', one({ mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] }), "Unknown volume 'v'."],
  [
    'same volume twice',
    task({ volumes: [{ name: 'v' }, { name: 'v' }] }),
    'Volume names must be unique within a task definition: v',
  ],
  [
    'autoprovision in task scope',
    task({ volumes: [{ name: 'v', dockerVolumeConfiguration: { scope: 'task', autoprovision: true } }] }),
    "Invalid 'autoprovision' setting for volume 'v'. The scope of the volume must be shared.",
  ],
  [
    'health check without command',
    one({ healthCheck: { command: [] } }),
    "Invalid 'healthCheck' setting for container 'web'. 'command' should not be null or empty.",
  ],
  [
    'health check too often',
    one({ healthCheck: { command: ['CMD', 'true'], interval: 4 } }),
    "Invalid 'healthCheck' setting for container 'web'. 'interval' must be between 5 and 300.",
  ],
  [
    'restart period too short',
    one({ restartPolicy: { enabled: true, restartAttemptPeriod: 10 } }),
    "The 'restartAttemptPeriod' setting for container 'web' must be between 60 and 1800.",
  ],
  [
    'awslogs with a pattern that is none',
    one(logs({ ...group, 'awslogs-multiline-pattern': '(' })),
    "Invalid 'logConfiguration' setting for container 'web'. awslogs-multiline-pattern could not parse as a regular expression: (",
  ],
  ['awslogs without options', one(logs({})), 'Log driver awslogs requires options: awslogs-region, awslogs-group'],
  [
    'awslogs with unknown option',
    one(logs({ ...group, 'awslogs-endpoint': 'x' })),
    'Log driver awslogs disallows options: awslogs-endpoint',
  ],
  [
    'unknown log driver',
    one(logs({}, 'papyrus')),
    'papyrus is not a valid log driver. Must be one of [awslogs,json-file,none,fluentd,gelf,journald,splunk,syslog,awsfirelens]',
  ],
  [
    'log driver of AWS only',
    one(logs({}, 'syslog')),
    "Log driver syslog of container 'web' is not supported here yet.",
  ],
  [
    'unknown ulimit',
    one({ ulimits: [{ name: 'files', softLimit: 1, hardLimit: 1 }] }),
    "Invalid 'ulimits' setting for container 'web'. Unknown ulimit 'files'. Must be one of [core,cpu,data,fsize,locks,memlock,msgqueue,nice,nofile,nproc,rss,rtprio,rttime,sigpending,stack]",
  ],
  [
    'sysctl of the host',
    one({ systemControls: [{ namespace: 'vm.swappiness', value: '1' }] }),
    "Invalid 'systemControls' setting for container 'web'. Unsupported namespace 'vm.swappiness'.",
  ],
  [
    'unnamed variable',
    one({ environment: [{ value: 'x' }] }),
    "Invalid 'environment' setting for container 'web'. 'name' should not be null or empty.",
  ],
  [
    'secrets',
    one({ secrets: [{ name: 'A', valueFrom: 'b' }] }),
    "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
  ],
  [
    'environment files',
    one({ environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::b/k' }] }),
    "environmentFiles of container 'web' is not supported here yet.",
  ],
  [
    'GPU',
    one({ resourceRequirements: [{ type: 'GPU', value: '1' }] }),
    "resourceRequirements of container 'web' is not supported here yet.",
  ],
  [
    'EFS',
    task({ volumes: [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }] }),
    "efsVolumeConfiguration of volume 'v' is not supported here yet.",
  ],
  ['proxy', task({ proxyConfiguration: { containerName: 'web' } }), 'proxyConfiguration is not supported here yet.'],
  ['bad role', task({ taskRoleArn: 'arn:aws:iam::1:user/x' }), 'Role is not valid'],
  [
    'constraint of tasks only',
    task({ placementConstraints: [{ type: 'distinctInstance' }] }),
    "Invalid 'placementConstraints' setting for task. 'distinctInstance' must be one of [memberOf].",
  ],
  [
    'storage on EC2',
    task({ ephemeralStorage: { sizeInGiB: 30 } }),
    'Tasks using the EC2 launch type do not support EphemeralStorage',
  ],
  ['Fargate on bridge', fargate({ networkMode: 'bridge' }), 'Fargate only supports network mode ‘awsvpc’.'],
  [
    'Fargate in the PID namespace of the host',
    fargate({ pidMode: 'host' }),
    "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.",
  ],
  ['Fargate without cpu', fargate({ cpu: undefined }), "Fargate requires that 'cpu' be defined at the task level."],
  [
    'Fargate without memory',
    fargate({ memory: undefined }),
    "Fargate requires that 'memory' be defined at the task level.",
  ],
  [
    'Fargate pair',
    fargate({ memory: '4 GB' }),
    'No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS documentation for the valid values.',
  ],
  [
    'Fargate privileged',
    fargate({}, { privileged: true }),
    "Fargate requires that the 'privileged' setting be 'false'.",
  ],
  [
    'Fargate logs without role',
    fargate({}, logs({ ...group, 'awslogs-stream-prefix': 'p' })),
    'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
  ],
  [
    'External with awsvpc',
    task({ networkMode: 'awsvpc', requiresCompatibilities: ['EXTERNAL'] }),
    'External launch type does not support network mode awsvpc.',
  ],
  ['too long', one({ command: ['x'.repeat(70_000)] }), "Actual length: '70213'. Max allowed length is '65536' bytes."],
];

for (const [name, input, message] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(() => checkTaskDefinition(scope, input), { code: 'ClientException', message });
  });
}

test('refused: an expression that does not parse', () => {
  const input = task({ placementConstraints: [{ type: 'memberOf', expression: 'attribute:x ==' }] });
  assert.throws(() => checkTaskDefinition(scope, input), { code: 'ClientException', message: /^Invalid expression/ });
});

test('defaults are those that DescribeTaskDefinition answers', () => {
  const checked = checkTaskDefinition(scope, one({ portMappings: [{ containerPort: 80 }] }));
  assert.deepEqual(checked, {
    family: 'web',
    containerDefinitions: [
      {
        name: 'web',
        image: 'busybox',
        memory: 64,
        cpu: 0,
        essential: true,
        portMappings: [{ containerPort: 80, hostPort: 0, protocol: 'tcp' }],
        environment: [],
        mountPoints: [],
        volumesFrom: [],
        systemControls: [],
      },
    ],
    volumes: [],
    placementConstraints: [],
    compatibilities: ['EXTERNAL', 'EC2'],
    requiresAttributes: [],
  });
});

test('a task that fits Fargate says so, and its sizes are normalised', () => {
  const checked = checkTaskDefinition(
    scope,
    fargate({ cpu: '.25 vCPU', memory: '0.5 GB' }, { memory: undefined, portMappings: [{ containerPort: 80 }] }),
  );
  assert.deepEqual(checked.compatibilities, ['EC2', 'FARGATE']);
  assert.deepEqual([checked.cpu, checked.memory], ['256', '512']);
  assert.deepEqual(checked.containerDefinitions[0]!.portMappings, [
    { containerPort: 80, hostPort: 80, protocol: 'tcp' },
  ]);
});

test('health checks and volumes get their defaults', () => {
  const checked = checkTaskDefinition(
    scope,
    one(
      { healthCheck: { command: ['CMD', 'true'] } },
      { volumes: [{ name: 'a' }, { name: 'b', dockerVolumeConfiguration: {} }] },
    ),
  );
  assert.deepEqual(checked.containerDefinitions[0]!.healthCheck, {
    command: ['CMD', 'true'],
    interval: 30,
    timeout: 5,
    retries: 3,
  });
  assert.deepEqual(checked.volumes, [
    { name: 'a', host: {} },
    { name: 'b', dockerVolumeConfiguration: { scope: 'task', driver: 'local' } },
  ]);
});

test('required attributes follow from what the definition uses', () => {
  const input = task(
    {
      networkMode: 'host',
      taskRoleArn: 'app',
      executionRoleArn: 'exec',
      volumes: [{ name: 'v', dockerVolumeConfiguration: { scope: 'shared' } }],
    },
    web({ ...logs(group), privileged: true, memoryReservation: 32, healthCheck: { command: ['CMD', 'true'] } }),
    second({ image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1', stopTimeout: 5 }),
  );
  const checked = checkTaskDefinition(scope, input);
  assert.equal(checked.taskRoleArn, 'arn:aws:iam::123456789012:role/app');
  assert.deepEqual(
    checked.requiresAttributes.map((attribute) => attribute.name),
    [
      'com.amazonaws.ecs.capability.docker-remote-api.1.19',
      'com.amazonaws.ecs.capability.docker-remote-api.1.21',
      'com.amazonaws.ecs.capability.docker-remote-api.1.25',
      'com.amazonaws.ecs.capability.docker-remote-api.1.29',
      'com.amazonaws.ecs.capability.ecr-auth',
      'com.amazonaws.ecs.capability.logging-driver.awslogs',
      'com.amazonaws.ecs.capability.privileged-container',
      'com.amazonaws.ecs.capability.task-iam-role-network-host',
      'ecs.capability.container-health-check',
      'ecs.capability.container-ordering',
      'ecs.capability.docker-plugin.local',
      'ecs.capability.execution-role-awslogs',
      'ecs.capability.execution-role-ecr-pull',
    ],
  );
});

test('what was described can be registered again and stays the same', () => {
  const input = task(
    {
      networkMode: 'bridge',
      cpu: '1 vCPU',
      memory: '1GB',
      executionRoleArn: 'exec',
      requiresCompatibilities: ['EC2', 'EXTERNAL'],
      volumes: [{ name: 'a' }, { name: 'b', dockerVolumeConfiguration: { scope: 'shared' } }],
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:ecs.os-type == linux' }],
      runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
    },
    web({
      ...logs({ ...group, mode: 'non-blocking', 'max-buffer-size': '4m' }),
      portMappings: [{ containerPort: 80 }, { containerPortRange: '8000-8010', protocol: 'udp' }],
      healthCheck: { command: ['CMD-SHELL', 'true'], startPeriod: 10 },
      mountPoints: [{ sourceVolume: 'b', containerPath: '/b', readOnly: true }],
      links: ['second:two'],
    }),
    second({ essential: false, restartPolicy: { enabled: true, restartAttemptPeriod: 60 } }),
  );
  const once = checkTaskDefinition(scope, input);
  const again = checkTaskDefinition(scope, structuredClone(once) as unknown as RegisterTaskDefinitionRequest);
  assert.deepEqual(again, once);
});
