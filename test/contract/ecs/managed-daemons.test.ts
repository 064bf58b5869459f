import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateCapacityProviderCommand,
  CreateClusterCommand,
  CreateDaemonCommand,
  type CreateDaemonCommandInput,
  DaemonNotFoundException,
  DeleteClusterCommand,
  DeleteDaemonCommand,
  DeleteDaemonTaskDefinitionCommand,
  DescribeContainerInstancesCommand,
  DescribeDaemonCommand,
  DescribeDaemonDeploymentsCommand,
  DescribeDaemonRevisionsCommand,
  DescribeDaemonTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListDaemonDeploymentsCommand,
  ListDaemonsCommand,
  ListDaemonTaskDefinitionsCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTasksCommand,
  PutClusterCapacityProvidersCommand,
  RegisterDaemonTaskDefinitionCommand,
  type RegisterDaemonTaskDefinitionCommandInput,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  TagResourceCommand,
  UpdateContainerInstancesStateCommand,
  UpdateDaemonCommand,
  type UpdateDaemonCommandInput,
  waitUntilDaemonActive,
  waitUntilDaemonDeploymentSuccessful,
  waitUntilDaemonTaskDefinitionDeleted,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { agentAttributes, registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, reportTask, startQuickAgents, until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;

const containerDefinitions = [{ name: 'agent', image: 'good', cpu: 16, memory: 16 }];

async function define(family: string, input: Partial<RegisterDaemonTaskDefinitionCommandInput> = {}) {
  const command = new RegisterDaemonTaskDefinitionCommand({ family, containerDefinitions, ...input });
  return (await ecs.send(command)).daemonTaskDefinitionArn!;
}

async function addInstance(cluster: string, provider: string): Promise<string> {
  const { containerInstanceArn } = await registerInstance(ecs, {
    cluster,
    attributes: [...agentAttributes, { name: 'slipway.capacity-provider', value: provider }],
  });
  connect(plane.store, containerInstanceArn!);
  return containerInstanceArn!;
}

async function addProvider(name: string): Promise<string> {
  const autoScalingGroupArn = `arn:aws:autoscaling:us-east-1:${plane.account}:autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/${name}`;
  const command = new CreateCapacityProviderCommand({ name, autoScalingGroupProvider: { autoScalingGroupArn } });
  return (await ecs.send(command)).capacityProvider!.capacityProviderArn!;
}

/** A cluster with a capacity provider of its own and `count` instances in it. */
async function newCluster(cluster: string, count: number) {
  const provider = await addProvider(`p-${cluster}`);
  await ecs.send(new CreateClusterCommand({ clusterName: cluster, capacityProviders: [`p-${cluster}`] }));
  const instances: string[] = [];
  for (let i = 0; i < count; i++) instances.push(await addInstance(cluster, `p-${cluster}`));
  return { provider, instances };
}

const create = (clusterArn: string, provider: string, input: Partial<CreateDaemonCommandInput> = {}) =>
  ecs.send(
    new CreateDaemonCommand({
      daemonName: 'd',
      clusterArn,
      daemonTaskDefinitionArn: 'agent',
      capacityProviderArns: [provider],
      ...input,
    }),
  );

const update = (daemonArn: string, provider: string, input: Partial<UpdateDaemonCommandInput> = {}) =>
  ecs.send(
    new UpdateDaemonCommand({
      daemonArn,
      daemonTaskDefinitionArn: 'agent',
      capacityProviderArns: [provider],
      ...input,
    }),
  );

const look = async (daemonArn: string) => (await ecs.send(new DescribeDaemonCommand({ daemonArn }))).daemon!;

async function deployment(arn: string) {
  const { daemonDeployments } = await ecs.send(new DescribeDaemonDeploymentsCommand({ daemonDeploymentArns: [arn] }));
  return daemonDeployments![0]!;
}

const ended = (arn: string, status: string) =>
  until(async () => {
    const seen = await deployment(arn);
    return seen.status === status && seen;
  });

async function instanceStatus(cluster: string, arn: string) {
  const command = new DescribeContainerInstancesCommand({ cluster, containerInstances: [arn] });
  return (await ecs.send(command)).containerInstances![0]!.status;
}

async function tasksOf(cluster: string, desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING') {
  const { taskArns } = await ecs.send(new ListTasksCommand({ cluster, desiredStatus }));
  if (taskArns!.length === 0) return [];
  return (await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns!, include: ['TAGS'] }))).tasks!;
}

before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  agents.onBirth = (image) =>
    image === 'bad' ? { status: 'STOPPED', reason: 'CannotPullContainerError: no such image' } : { status: 'RUNNING' };
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  await define('agent');
  await define('broken', { containerDefinitions: [{ ...containerDefinitions[0]!, image: 'bad' }] });
  const command = new RegisterTaskDefinitionCommand({
    family: 'app',
    containerDefinitions: [{ name: 'app', image: 'good', memory: 16 }],
  });
  await ecs.send(command);
});
after(async () => {
  agents.close();
  await plane.close();
});

describe('daemon task definitions', () => {
  it('are registered, described and kept apart from task definitions', async () => {
    const arn = await define('log-agent', {
      cpu: '128',
      memory: '64',
      pidMode: 'none',
      volumes: [{ name: 'logs', host: { sourcePath: '/var/log' } }],
      containerDefinitions: [
        {
          ...containerDefinitions[0]!,
          mountPoints: [{ sourceVolume: 'logs', containerPath: '/logs', readOnly: true }],
          linuxParameters: { capabilities: { add: ['SYS_PTRACE'] } },
        },
      ],
      tags: [{ key: 'k', value: 'v' }],
    });
    assert.equal(arn, `arn:aws:ecs:us-east-1:${plane.account}:daemon-task-definition/log-agent:1`);
    const command = new DescribeDaemonTaskDefinitionCommand({ daemonTaskDefinition: 'log-agent' });
    const { daemonTaskDefinition } = await ecs.send(command);
    assert.equal(daemonTaskDefinition!.daemonTaskDefinitionArn, arn);
    assert.equal(daemonTaskDefinition!.status, 'ACTIVE');
    assert.equal(daemonTaskDefinition!.pidMode, 'none');
    assert.equal(daemonTaskDefinition!.ipcMode, undefined);
    assert.deepEqual(daemonTaskDefinition!.volumes, [{ name: 'logs', host: { sourcePath: '/var/log' } }]);
    assert.ok(!('portMappings' in daemonTaskDefinition!.containerDefinitions![0]!));
    const { families } = await ecs.send(new ListTaskDefinitionFamiliesCommand({ familyPrefix: 'log-agent' }));
    assert.deepEqual(families, []);
    const { tags } = await ecs.send(new ListTagsForResourceCommand({ resourceArn: arn }));
    assert.deepEqual(tags, [{ key: 'k', value: 'v' }]);
  });

  it('are listed by family, prefix, last revision, status and order, page by page', async () => {
    for (const family of ['list-a', 'list-a', 'list-b']) await define(family);
    const list = async (input: object) => {
      const { daemonTaskDefinitions } = await ecs.send(new ListDaemonTaskDefinitionsCommand(input));
      return daemonTaskDefinitions!.map((one) => one.arn!.split('/')[1]);
    };
    assert.deepEqual(await list({ familyPrefix: 'list-' }), ['list-a:1', 'list-a:2', 'list-b:1']);
    assert.deepEqual(await list({ familyPrefix: 'list-', sort: 'DESC' }), ['list-b:1', 'list-a:2', 'list-a:1']);
    assert.deepEqual(await list({ family: 'list-a', revision: 'LAST_REGISTERED' }), ['list-a:2']);
    const seen: string[] = [];
    for (let nextToken: string | undefined, more = true; more; more = nextToken !== undefined) {
      const input = { familyPrefix: 'list-', maxResults: 1, ...(nextToken && { nextToken }) };
      const page = await ecs.send(new ListDaemonTaskDefinitionsCommand(input));
      seen.push(...page.daemonTaskDefinitions!.map((one) => one.arn!.split('/')[1]!));
      nextToken = page.nextToken;
    }
    assert.deepEqual(seen, ['list-a:1', 'list-a:2', 'list-b:1']);
    await assert.rejects(list({ family: 'a', familyPrefix: 'a' }), { name: 'InvalidParameterException' });
  });

  it('are deleted when nothing uses them', async () => {
    const arn = await define('short-lived');
    await ecs.send(new DeleteDaemonTaskDefinitionCommand({ daemonTaskDefinition: arn }));
    await waitUntilDaemonTaskDefinitionDeleted(
      { client: ecs, maxWaitTime: 20, minDelay: 1 },
      { daemonTaskDefinition: arn },
    );
    await assert.rejects(ecs.send(new DescribeDaemonTaskDefinitionCommand({ daemonTaskDefinition: 'short-lived' })), {
      name: 'ClientException',
      message: 'Unable to describe daemon task definition.',
    });
    await assert.rejects(ecs.send(new DeleteDaemonTaskDefinitionCommand({ daemonTaskDefinition: 'agent' })), {
      name: 'ClientException',
      message: 'Revision is missing.',
    });
  });

  it('are refused when they are wrong or cannot act', async () => {
    await assert.rejects(define('bad name'), {
      name: 'ClientException',
      message: 'Family contains invalid characters.',
    });
    await assert.rejects(define('x', { containerDefinitions: [] }), { name: 'ClientException' });
    await assert.rejects(define('x', { pidMode: 'host' as never }), /pidMode/);
    const logs = { name: 'l', logDriverVolumeConfiguration: { driver: 'json-file' as const } };
    await assert.rejects(define('x', { volumes: [logs] }), /logDriverVolumeConfiguration/);
  });
});

describe('CreateDaemon', () => {
  it('runs one task on every instance of the capacity providers, and on those that come later', async () => {
    const { provider, instances } = await newCluster('every', 3);
    await registerInstance(ecs, { cluster: 'every' });
    const made = await create('every', provider, {
      enableECSManagedTags: true,
      propagateTags: 'DAEMON',
      tags: [{ key: 'team', value: 'infra' }],
    });
    assert.equal(made.status, 'ACTIVE');
    assert.equal(made.daemonArn, `arn:aws:ecs:us-east-1:${plane.account}:daemon/every/d`);
    await waitUntilDaemonDeploymentSuccessful(
      { client: ecs, maxWaitTime: 20, minDelay: 1 },
      { daemonDeploymentArns: [made.deploymentArn!] },
    );
    await waitUntilDaemonActive({ client: ecs, maxWaitTime: 20, minDelay: 1 }, { daemonArn: made.daemonArn! });
    const running = await tasksOf('every');
    assert.deepEqual(running.map((task) => task.containerInstanceArn).sort(), instances.toSorted());
    assert.ok(running.every((task) => task.group === 'daemon:d' && task.lastStatus === 'RUNNING'));
    assert.equal(running[0]!.capacityProviderName, 'p-every');
    const tags = Object.fromEntries(running[0]!.tags!.map(({ key, value }) => [key, value]));
    assert.deepEqual(tags, { team: 'infra', 'aws:ecs:clusterName': 'every' });
    const late = await addInstance('every', 'p-every');
    await until(async () => (await look(made.daemonArn!)).currentRevisions![0]!.totalRunningCount === 4);
    await until(async () => (await instanceStatus('every', late)) === 'ACTIVE');
    const [revision] = (await look(made.daemonArn!)).currentRevisions!;
    assert.deepEqual(revision!.capacityProviders, [{ arn: provider, runningCount: 4, withoutDaemonCount: 0 }]);
    const command = new DescribeDaemonRevisionsCommand({ daemonRevisionArns: [revision!.arn!] });
    const { daemonRevisions } = await ecs.send(command);
    assert.equal(daemonRevisions![0]!.critical, true);
    assert.equal(daemonRevisions![0]!.propagateTags, 'DAEMON');
    assert.deepEqual(daemonRevisions![0]!.containerImages, [{ containerName: 'agent', image: 'good' }]);
  });

  it('answers the same for the same token and refuses a name that is taken', async () => {
    const { provider } = await newCluster('again', 0);
    const first = await create('again', provider, { clientToken: 'once' });
    const second = await create('again', provider, { clientToken: 'once' });
    assert.equal(second.deploymentArn, first.deploymentArn);
    await assert.rejects(create('again', provider), {
      name: 'InvalidParameterException',
      message: 'Creation of daemon was not idempotent.',
    });
  });

  it('refuses what is wrong or cannot act', async () => {
    const { provider } = await newCluster('wrong', 0);
    const cases: [Partial<CreateDaemonCommandInput>, string, RegExp][] = [
      [{ daemonName: 'no spaces' }, 'InvalidParameterException', /Invalid daemon name/],
      [{ clusterArn: 'nowhere' }, 'ClusterNotFoundException', /Cluster not found/],
      [{ daemonTaskDefinitionArn: 'nothing' }, 'ClientException', /Unable to describe/],
      [{ capacityProviderArns: ['FARGATE'] }, 'InvalidParameterException', /FARGATE/],
      [{ capacityProviderArns: ['unknown'] }, 'InvalidParameterException', /was not found/],
      [{ capacityProviderArns: [] }, 'InvalidParameterException', /cannot be empty/],
      [{ deploymentConfiguration: { drainPercent: 0 } }, 'InvalidParameterException', /drainPercent/],
      [{ deploymentConfiguration: { bakeTimeInMinutes: -1 } }, 'InvalidParameterException', /bakeTimeInMinutes/],
      [
        { deploymentConfiguration: { alarms: { enable: true, alarmNames: ['a'] } } },
        'InvalidParameterException',
        /alarms is not supported/,
      ],
      [{ enableExecuteCommand: true }, 'InvalidParameterException', /enableExecuteCommand/],
      [{ propagateTags: 'SERVICE' as never }, 'InvalidParameterException', /propagateTags/],
    ];
    for (const [input, name, message] of cases)
      await assert.rejects(create('wrong', provider, input), { name, message });
  });
});

describe('a daemon', () => {
  it('starts before other tasks on a new instance when it is critical', async () => {
    const { provider } = await newCluster('first', 0);
    await create('first', provider);
    agents.hold = true;
    const arn = await addInstance('first', 'p-first');
    try {
      const [daemonTask] = await until(async () => {
        const seen = await tasksOf('first');
        return seen.length > 0 && seen;
      });
      assert.equal(daemonTask!.containerInstanceArn, arn);
      assert.equal(await instanceStatus('first', arn), 'REGISTERING');
      await assert.rejects(ecs.send(new RunTaskCommand({ cluster: 'first', taskDefinition: 'app' })), {
        message: 'No Container Instances were found in your cluster.',
      });
      agents.hold = false;
      reportTask(plane.store, daemonTask!.taskArn!, 'RUNNING');
      await until(async () => (await instanceStatus('first', arn)) === 'ACTIVE');
      const { tasks } = await ecs.send(new RunTaskCommand({ cluster: 'first', taskDefinition: 'app' }));
      assert.equal(tasks!.length, 1);
    } finally {
      agents.hold = false;
    }
  });

  it('is replaced in steps by UpdateDaemon', async () => {
    const { provider } = await newCluster('rolling', 4);
    const made = await create('rolling', provider, { deploymentConfiguration: { drainPercent: 25 } });
    await ended(made.deploymentArn!, 'SUCCESSFUL');
    const old = await tasksOf('rolling');
    agents.hold = true;
    const { deploymentArn } = await update(made.daemonArn!, provider);
    const seen = await until(async () => {
      const now = await deployment(deploymentArn!);
      return now.sourceDaemonRevisions?.[0]?.totalDrainingInstanceCount === 1 && now;
    });
    assert.equal(seen.status, 'IN_PROGRESS');
    assert.equal((await tasksOf('rolling')).length, 3);
    agents.hold = false;
    for (const task of await tasksOf('rolling', 'STOPPED')) {
      reportTask(plane.store, task.taskArn!, 'STOPPED');
    }
    const done = await ended(deploymentArn!, 'SUCCESSFUL');
    assert.equal(done.targetDaemonRevision!.totalRunningInstanceCount, 4);
    const now = await tasksOf('rolling');
    assert.ok(now.every((task) => !old.some((one) => one.taskArn === task.taskArn)));
    const { daemonDeployments } = await ecs.send(new ListDaemonDeploymentsCommand({ daemonArn: made.daemonArn! }));
    const arns = daemonDeployments!.map((one) => one.daemonDeploymentArn);
    assert.deepEqual(arns, [deploymentArn, made.deploymentArn]);
    const one = await ecs.send(new ListDaemonDeploymentsCommand({ daemonArn: made.daemonArn!, maxResults: 1 }));
    assert.ok(one.nextToken);
  });

  it('goes back to its last revision when the circuit breaker trips', async () => {
    const { provider } = await newCluster('breaker', 3);
    const made = await create('breaker', provider, { critical: false, deploymentConfiguration: { drainPercent: 100 } });
    await ended(made.deploymentArn!, 'SUCCESSFUL');
    const [stable] = (await look(made.daemonArn!)).currentRevisions!;
    const { deploymentArn } = await update(made.daemonArn!, provider, { daemonTaskDefinitionArn: 'broken' });
    const seen = await ended(deploymentArn!, 'ROLLBACK_SUCCESSFUL');
    assert.equal(seen.rollback!.rollbackTargetDaemonRevisionArn, stable!.arn);
    assert.deepEqual(seen.circuitBreaker, { status: 'TRIGGERED', failureCount: 3, threshold: 3 });
    const [current] = (await look(made.daemonArn!)).currentRevisions!;
    assert.deepEqual([current!.arn, current!.totalRunningCount], [stable!.arn, 3]);
  });

  it('fails without a revision to go back to, and another deployment takes over', async () => {
    const { provider } = await newCluster('hopeless', 3);
    const made = await create('hopeless', provider, { critical: false, daemonTaskDefinitionArn: 'broken' });
    const seen = await ended(made.deploymentArn!, 'STOPPED');
    assert.match(seen.statusReason!, /circuit breaker/);
    const { deploymentArn } = await update(made.daemonArn!, provider);
    await ended(deploymentArn!, 'SUCCESSFUL');
  });

  it('drains its instance when it is critical and its task ends; the instance then begins anew', async () => {
    const { provider, instances } = await newCluster('vital', 1);
    const { daemonArn, deploymentArn } = await create('vital', provider);
    await ended(deploymentArn!, 'SUCCESSFUL');
    const { tasks } = await ecs.send(new RunTaskCommand({ cluster: 'vital', taskDefinition: 'app' }));
    const app = tasks![0]!.taskArn!;
    await until(async () => (await tasksOf('vital')).length === 2);
    const [daemonTask] = (await tasksOf('vital')).filter((task) => task.group === 'daemon:d');
    await ecs.send(new StopTaskCommand({ cluster: 'vital', task: daemonTask!.taskArn! }));
    const { stoppedReason } = await until(async () => {
      const stopped = await tasksOf('vital', 'STOPPED');
      return stopped.find((task) => task.taskArn === app && task.lastStatus === 'STOPPED');
    });
    assert.match(stoppedReason!, /critical daemon d/);
    await until(async () => (await look(daemonArn!)).currentRevisions![0]!.totalRunningCount === 1);
    await until(async () => (await instanceStatus('vital', instances[0]!)) === 'ACTIVE');
  });

  it('gets room by draining when it is critical, and does without when it is not', async () => {
    const family = 'large-app';
    const image = { name: 'app', image: 'good', memory: 4090 };
    await ecs.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions: [image] }));
    for (const critical of [false, true]) {
      const cluster = `full-${critical}`;
      const { provider } = await newCluster(cluster, 1);
      await ecs.send(new RunTaskCommand({ cluster, taskDefinition: family }));
      await until(async () => (await tasksOf(cluster)).some((task) => task.lastStatus === 'RUNNING'));
      const { daemonArn, deploymentArn } = await create(cluster, provider, { critical });
      await ended(deploymentArn!, 'SUCCESSFUL');
      const [revision] = (await look(daemonArn!)).currentRevisions!;
      const counts = [revision!.totalRunningCount, revision!.totalWithoutDaemonCount];
      assert.deepEqual(counts, critical ? [1, 0] : [0, 1]);
      const groups = (await tasksOf(cluster)).map((task) => task.group);
      assert.deepEqual(groups, critical ? ['daemon:d'] : [`family:${family}`]);
    }
  });

  it('leaves a draining instance last', async () => {
    const { provider, instances } = await newCluster('leaving', 1);
    const { deploymentArn } = await create('leaving', provider, { critical: false });
    await ended(deploymentArn!, 'SUCCESSFUL');
    const { tasks } = await ecs.send(new RunTaskCommand({ cluster: 'leaving', taskDefinition: 'app' }));
    await until(async () => (await tasksOf('leaving')).every((task) => task.lastStatus === 'RUNNING'));
    const state = { cluster: 'leaving', containerInstances: instances };
    await ecs.send(new UpdateContainerInstancesStateCommand({ ...state, status: 'DRAINING' }));
    assert.equal((await tasksOf('leaving')).length, 2);
    await ecs.send(new StopTaskCommand({ cluster: 'leaving', task: tasks![0]!.taskArn! }));
    await until(async () => (await tasksOf('leaving')).length === 0);
    await ecs.send(new UpdateContainerInstancesStateCommand({ ...state, status: 'ACTIVE' }));
    await until(async () => (await tasksOf('leaving')).length === 1);
  });

  it('is listed, tagged, deleted and then gone', async () => {
    const { provider } = await newCluster('ending', 2);
    const { daemonArn, deploymentArn } = await create('ending', provider);
    await ended(deploymentArn!, 'SUCCESSFUL');
    await ecs.send(new TagResourceCommand({ resourceArn: daemonArn, tags: [{ key: 'k', value: 'v' }] }));
    const { tags } = await ecs.send(new ListTagsForResourceCommand({ resourceArn: daemonArn }));
    assert.deepEqual(tags, [{ key: 'k', value: 'v' }]);
    const list = (capacityProviderArns: string[]) =>
      ecs.send(new ListDaemonsCommand({ clusterArn: 'ending', capacityProviderArns }));
    const mine = await list([provider]);
    assert.deepEqual(
      mine.daemonSummariesList!.map((one) => one.daemonArn),
      [daemonArn],
    );
    const others = await list([await addProvider('another')]);
    assert.deepEqual(others.daemonSummariesList, []);
    await assert.rejects(
      ecs.send(
        new PutClusterCapacityProvidersCommand({
          cluster: 'ending',
          capacityProviders: [],
          defaultCapacityProviderStrategy: [],
        }),
      ),
      { name: 'ResourceInUseException' },
    );
    await assert.rejects(ecs.send(new DeleteClusterCommand({ cluster: 'ending' })), /Daemons are active/);
    agents.hold = true;
    const deleted = await ecs.send(new DeleteDaemonCommand({ daemonArn: daemonArn! }));
    assert.equal(deleted.status, 'DELETE_IN_PROGRESS');
    await assert.rejects(update(daemonArn!, provider), { name: 'DaemonNotActiveException' });
    await assert.rejects(ecs.send(new DeleteDaemonCommand({ daemonArn: daemonArn! })), {
      name: 'DaemonNotActiveException',
    });
    agents.hold = false;
    for (const task of await tasksOf('ending', 'STOPPED')) reportTask(plane.store, task.taskArn!, 'STOPPED');
    await ended(deleted.deploymentArn!, 'SUCCESSFUL');
    await assert.rejects(look(daemonArn!), DaemonNotFoundException);
    assert.deepEqual(await tasksOf('ending'), []);
  });
});

it('ARNs of nothing are failures, of other kinds are refused', async () => {
  const arn = (kind: string) => `arn:aws:ecs:us-east-1:${plane.account}:${kind}/default/d/1`;
  const gone = await ecs.send(
    new DescribeDaemonDeploymentsCommand({ daemonDeploymentArns: [arn('daemon-deployment')] }),
  );
  assert.deepEqual(gone.failures, [{ arn: arn('daemon-deployment'), reason: 'MISSING' }]);
  const none = await ecs.send(new DescribeDaemonRevisionsCommand({ daemonRevisionArns: [arn('daemon-revision')] }));
  assert.deepEqual(none.failures, [{ arn: arn('daemon-revision'), reason: 'MISSING' }]);
  const wrong = new DescribeDaemonRevisionsCommand({ daemonRevisionArns: [arn('service-revision')] });
  await assert.rejects(ecs.send(wrong), { name: 'InvalidParameterException' });
  await assert.rejects(look(arn('service')), { name: 'InvalidParameterException' });
  await assert.rejects(look(`arn:aws:ecs:us-east-1:${plane.account}:daemon/default/none`), DaemonNotFoundException);
});

it('an instance that names a capacity provider that is none of its cluster is refused', async () => {
  const attributes = [...agentAttributes, { name: 'slipway.capacity-provider', value: 'nobody' }];
  await assert.rejects(registerInstance(ecs, { attributes }), { name: 'ClientException', message: /nobody/ });
});
