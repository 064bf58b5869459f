import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  DeregisterContainerInstanceCommand,
  DescribeContainerInstancesCommand,
  type ECSClient,
  ListContainerInstancesCommand,
  RegisterContainerInstanceCommand,
  UpdateContainerAgentCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { agentAttributes, agentResources, registerInstance } from '../../support/instances.ts';
import { putTask } from '../../support/task-rows.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  for (const clusterName of ['default', 'other', 'listed', 'busy', 'states']) {
    await ecs.send(new CreateClusterCommand({ clusterName }));
  }
});
after(() => plane.close());

const describeOne = async (cluster: string, arn: string, include: ('TAGS' | 'CONTAINER_INSTANCE_HEALTH')[] = []) => {
  const command = new DescribeContainerInstancesCommand({ cluster, containerInstances: [arn], include });
  return (await ecs.send(command)).containerInstances![0]!;
};

describe('RegisterContainerInstance', () => {
  it('registers an external instance as the agent asks for it', async () => {
    const made = await registerInstance(ecs, { cluster: 'default', tags: [{ key: 'team', value: 'a' }] });
    assert.match(
      made.containerInstanceArn!,
      /^arn:aws:ecs:us-east-1:123456789012:container-instance\/default\/[0-9a-f]{32}$/,
    );
    assert.match(made.ec2InstanceId!, /^mi-[0-9a-f]{17}$/);
    assert.equal(made.status, 'ACTIVE');
    assert.equal(made.agentConnected, false);
    assert.deepEqual([made.runningTasksCount, made.pendingTasksCount], [0, 0]);
    assert.deepEqual(made.tags, [{ key: 'team', value: 'a' }]);
    for (const sent of agentAttributes) {
      assert.deepEqual(
        made.attributes!.find((attribute) => attribute.name === sent.name),
        sent,
      );
    }
    const zone = made.attributes!.find((attribute) => attribute.name === 'ecs.availability-zone');
    assert.equal(zone?.value, 'us-east-1a');
    const cpu = { name: 'CPU', type: 'INTEGER', doubleValue: 0, longValue: 0, integerValue: 2048 };
    assert.deepEqual(
      made.registeredResources!.find((resource) => resource.name === 'CPU'),
      cpu,
    );
    assert.deepEqual(made.remainingResources, made.registeredResources);
  });

  it('takes identity and zone from an identity document, and a zone from an attribute', async () => {
    const document = { instanceId: 'i-0123456789abcdef0', availabilityZone: 'us-east-1c', instanceType: 't3.micro' };
    const made = await registerInstance(ecs, { instanceIdentityDocument: JSON.stringify(document) });
    assert.equal(made.ec2InstanceId, 'i-0123456789abcdef0');
    const value = (name: string) => made.attributes!.find((attribute) => attribute.name === name)?.value;
    assert.equal(value('ecs.availability-zone'), 'us-east-1c');
    assert.equal(value('ecs.instance-type'), 't3.micro');
    const zoned = await registerInstance(ecs, { attributes: [{ name: 'ecs.availability-zone', value: 'rack-7' }] });
    assert.equal(zoned.attributes!.find(({ name }) => name === 'ecs.availability-zone')?.value, 'rack-7');
  });

  it('refuses a missing cluster with the words that agents look for', async () => {
    await assert.rejects(registerInstance(ecs, { cluster: 'nowhere' }), {
      name: 'ClientException',
      message: 'Cluster not found.',
    });
  });

  it('refuses nonsense', async () => {
    const bad = [
      { totalResources: [{ name: 'CPU', type: 'STRINGSET', stringSetValue: ['x'] }] },
      { totalResources: [{ name: 'CPU', type: 'INTEGER', integerValue: -1 }] },
      { attributes: [{ name: 'not a name' }] },
    ];
    for (const input of bad) await assert.rejects(registerInstance(ecs, input), { name: 'InvalidParameterException' });
    await assert.rejects(registerInstance(ecs, { instanceIdentityDocument: '{' }), { name: 'ClientException' });
  });

  it('registers GPUs as a set of ids', async () => {
    const made = await registerInstance(ecs, { platformDevices: [{ id: 'GPU-1', type: 'GPU' }] });
    assert.deepEqual(made.registeredResources!.find(({ name }) => name === 'GPU')?.stringSetValue, ['GPU-1']);
  });

  it('answers a repeated clientToken with what it made before', async () => {
    const input = { cluster: 'other', totalResources: agentResources(), clientToken: 'a-token' };
    const command = () => {
      const made = new RegisterContainerInstanceCommand(input);
      // The public SDK does not know the member: it is put into the body as the agent's own SDK does.
      made.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as { body: string | Uint8Array; headers: Record<string, string> };
          const sent = JSON.parse(Buffer.from(request.body as Uint8Array).toString());
          request.body = JSON.stringify({ ...sent, clientToken: input.clientToken });
          request.headers['content-length'] = String(Buffer.byteLength(request.body));
          return next(args);
        },
        { step: 'build', priority: 'low' },
      );
      return made;
    };
    const first = await ecs.send(command());
    const second = await ecs.send(command());
    assert.equal(second.containerInstance!.containerInstanceArn, first.containerInstance!.containerInstanceArn);
    const { containerInstanceArns } = await ecs.send(new ListContainerInstancesCommand({ cluster: 'other' }));
    assert.equal(containerInstanceArns!.length, 1);
  });

  it('keeps tasks, status and custom attributes when an instance registers again', async () => {
    const made = await registerInstance(ecs, {
      cluster: 'busy',
      attributes: [...agentAttributes, { name: 'rack', value: '7' }],
    });
    const arn = made.containerInstanceArn!;
    putTask(plane.store, { containerInstanceArn: arn, cluster: 'busy', lastStatus: 'RUNNING' });
    await ecs.send(
      new UpdateContainerInstancesStateCommand({ cluster: 'busy', containerInstances: [arn], status: 'DRAINING' }),
    );
    const again = await registerInstance(ecs, {
      cluster: 'busy',
      containerInstanceArn: arn,
      attributes: agentAttributes.filter(({ name }) => name !== 'ecs.capability.container-ordering'),
      totalResources: agentResources(4096, 8192),
    });
    assert.equal(again.containerInstanceArn, arn);
    assert.equal(again.status, 'DRAINING');
    assert.equal(again.runningTasksCount, 1);
    const names = again.attributes!.map(({ name }) => name);
    assert.ok(names.includes('rack'));
    assert.ok(!names.includes('ecs.capability.container-ordering'));
    assert.equal(again.ec2InstanceId, made.ec2InstanceId);
    assert.equal(again.registeredResources!.find(({ name }) => name === 'CPU')?.integerValue, 4096);
    await assert.rejects(registerInstance(ecs, { cluster: 'default', containerInstanceArn: arn }), {
      name: 'ClientException',
    });
  });
});

describe('DescribeContainerInstances', () => {
  it('answers what tasks hold and what is left', async () => {
    const { containerInstanceArn: arn } = await registerInstance(ecs, { cluster: 'busy' });
    putTask(plane.store, {
      containerInstanceArn: arn!,
      cluster: 'busy',
      lastStatus: 'RUNNING',
      reservation: { cpuUnits: 512, memoryMiB: 1024, ports: [{ protocol: 'tcp', hostPort: 8080 }], gpuCount: 0 },
      networkBindings: [{ bindIP: '0.0.0.0', containerPort: 80, hostPort: 32768, protocol: 'tcp' }],
    });
    putTask(plane.store, { containerInstanceArn: arn!, cluster: 'busy', lastStatus: 'PENDING' });
    const row = await describeOne('busy', arn!);
    const remaining = Object.fromEntries(row.remainingResources!.map((resource) => [resource.name, resource]));
    assert.equal(remaining['CPU']!.integerValue, 2048 - 512 - 128);
    assert.equal(remaining['MEMORY']!.integerValue, 4096 - 1024 - 64);
    assert.ok(remaining['PORTS']!.stringSetValue!.includes('8080'));
    assert.ok(remaining['PORTS']!.stringSetValue!.includes('32768'));
    assert.ok(remaining['PORTS']!.stringSetValue!.includes('22'));
    assert.deepEqual([row.runningTasksCount, row.pendingTasksCount], [1, 1]);
    assert.equal(row.healthStatus, undefined);
    assert.deepEqual(row.tags, []);
  });

  it('accepts short ids, includes health, and lists what is missing', async () => {
    const { containerInstanceArn: arn } = await registerInstance(ecs, {
      cluster: 'busy',
      tags: [{ key: 'k', value: 'v' }],
    });
    const missing = '0'.repeat(32);
    const answer = await ecs.send(
      new DescribeContainerInstancesCommand({
        cluster: 'busy',
        containerInstances: [arn!.split('/').at(-1)!, missing],
        include: ['TAGS', 'CONTAINER_INSTANCE_HEALTH'],
      }),
    );
    assert.equal(answer.containerInstances![0]!.containerInstanceArn, arn);
    assert.deepEqual(answer.containerInstances![0]!.tags, [{ key: 'k', value: 'v' }]);
    assert.equal(answer.containerInstances![0]!.healthStatus!.overallStatus, 'INSUFFICIENT_DATA');
    const missingArn = `arn:aws:ecs:us-east-1:123456789012:container-instance/busy/${missing}`;
    assert.deepEqual(answer.failures, [{ arn: missingArn, reason: 'MISSING' }]);
  });

  it('refuses an empty list, an unknown cluster and ARNs of other kinds', async () => {
    const describeThem = (cluster: string, ids: string[]) =>
      ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances: ids }));
    await assert.rejects(describeThem('default', []), {
      name: 'InvalidParameterException',
      message: 'Container Instances cannot be empty.',
    });
    await assert.rejects(describeThem('nowhere', ['x']), { name: 'ClusterNotFoundException' });
    await assert.rejects(describeThem('default', ['arn:aws:ecs:us-east-1:123456789012:task/default/1']), {
      name: 'InvalidParameterException',
    });
  });
});

describe('ListContainerInstances', () => {
  it('pages, filters by status and by query, and leaves INACTIVE ones out', async () => {
    const arns: string[] = [];
    for (const rack of ['1', '2', '3']) {
      const attributes = [...agentAttributes, { name: 'rack', value: rack }];
      arns.push((await registerInstance(ecs, { cluster: 'listed', attributes })).containerInstanceArn!);
    }
    const listThem = async (input: object) =>
      (await ecs.send(new ListContainerInstancesCommand({ cluster: 'listed', ...input }))).containerInstanceArns!;
    assert.deepEqual(await listThem({}), [...arns].sort());
    const first = await ecs.send(new ListContainerInstancesCommand({ cluster: 'listed', maxResults: 2 }));
    assert.equal(first.containerInstanceArns!.length, 2);
    const rest = await listThem({ nextToken: first.nextToken });
    assert.deepEqual([...first.containerInstanceArns!, ...rest], [...arns].sort());
    assert.deepEqual(await listThem({ filter: 'attribute:rack == 2' }), [arns[1]]);
    await assert.rejects(listThem({ filter: 'attribute:rack ==' }), { name: 'InvalidParameterException' });
    await ecs.send(
      new UpdateContainerInstancesStateCommand({
        cluster: 'listed',
        containerInstances: [arns[0]!],
        status: 'DRAINING',
      }),
    );
    assert.deepEqual(await listThem({ status: 'DRAINING' }), [arns[0]]);
    await ecs.send(new DeregisterContainerInstanceCommand({ cluster: 'listed', containerInstance: arns[2] }));
    assert.deepEqual(await listThem({}), [arns[0], arns[1]].sort());
    await assert.rejects(listThem({ maxResults: 101 }), { name: 'InvalidParameterException' });
  });
});

describe('UpdateContainerInstancesState and UpdateContainerAgent', () => {
  it('moves between ACTIVE and DRAINING and says which it could not', async () => {
    const { containerInstanceArn: arn } = await registerInstance(ecs, { cluster: 'states' });
    const gone = (await registerInstance(ecs, { cluster: 'states' })).containerInstanceArn!;
    await ecs.send(new DeregisterContainerInstanceCommand({ cluster: 'states', containerInstance: gone }));
    const answer = await ecs.send(
      new UpdateContainerInstancesStateCommand({
        cluster: 'states',
        containerInstances: [arn!, gone, 'missing'],
        status: 'DRAINING',
      }),
    );
    assert.equal(answer.containerInstances![0]!.status, 'DRAINING');
    assert.deepEqual(
      answer.failures!.map(({ reason }) => reason),
      ['INACTIVE', 'MISSING'],
    );
    await assert.rejects(
      ecs.send(
        new UpdateContainerInstancesStateCommand({
          cluster: 'states',
          containerInstances: [arn!],
          status: 'INACTIVE' as 'ACTIVE',
        }),
      ),
      { name: 'InvalidParameterException' },
    );
  });

  it('has no update for an agent', async () => {
    const { containerInstanceArn: arn } = await registerInstance(ecs, { cluster: 'states' });
    const update = () => ecs.send(new UpdateContainerAgentCommand({ cluster: 'states', containerInstance: arn }));
    await assert.rejects(update(), { name: 'MissingVersionException' });
    await registerInstance(ecs, {
      cluster: 'states',
      containerInstanceArn: arn,
      versionInfo: { agentVersion: '1.105.1' },
    });
    await assert.rejects(update(), { name: 'NoUpdateAvailableException' });
  });
});

describe('DeregisterContainerInstance', () => {
  it('refuses while tasks run, and stops them in the books when forced', async () => {
    const { containerInstanceArn: arn } = await registerInstance(ecs, { cluster: 'busy' });
    const task = putTask(plane.store, { containerInstanceArn: arn!, cluster: 'busy', lastStatus: 'RUNNING' });
    const deregister = (force: boolean) =>
      ecs.send(new DeregisterContainerInstanceCommand({ cluster: 'busy', containerInstance: arn, force }));
    await assert.rejects(deregister(false), {
      name: 'InvalidParameterException',
      message: 'Found running tasks on the instance.',
    });
    assert.equal(plane.store.get(containerInstances, arn!)!.status, 'ACTIVE');
    const answer = await deregister(true);
    assert.equal(answer.containerInstance!.status, 'INACTIVE');
    assert.equal(answer.containerInstance!.runningTasksCount, 0);
    const stopped = plane.store.get(tasks, task.arn)!;
    assert.equal(stopped.lastStatus, 'STOPPED');
    assert.equal(stopped.stoppedReason, 'Container instance deregistration forced by user');
    assert.equal((await describeOne('busy', arn!)).status, 'INACTIVE');
    await assert.rejects(deregister(true), { name: 'InvalidParameterException' });
    await assert.rejects(registerInstance(ecs, { cluster: 'busy', containerInstanceArn: arn }), {
      name: 'ClientException',
    });
  });

  it('needs a container instance that exists', async () => {
    const command = new DeregisterContainerInstanceCommand({ cluster: 'busy', containerInstance: 'nothing' });
    await assert.rejects(ecs.send(command), { name: 'InvalidParameterException' });
  });
});
