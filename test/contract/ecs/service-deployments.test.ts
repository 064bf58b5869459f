import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  type ECSClient,
  ListServiceDeploymentsCommand,
  type ListServiceDeploymentsCommandInput,
  RegisterTaskDefinitionCommand,
  type ServiceDeploymentStatus,
  StopServiceDeploymentCommand,
  type StopServiceDeploymentStopType,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { applyReport } from '#model/task-transition.ts';
import { changeOf } from '#store/store.ts';
import { tasks } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, startQuickAgents, until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;

const define = (family: string, image = 'good') =>
  ecs.send(
    new RegisterTaskDefinitionCommand({ family, containerDefinitions: [{ name: 'app', image, cpu: 16, memory: 16 }] }),
  );
async function create(serviceName: string, input: Partial<CreateServiceCommandInput> = {}) {
  await define(serviceName);
  const given = { serviceName, taskDefinition: serviceName, desiredCount: 2, ...input };
  return (await ecs.send(new CreateServiceCommand(given))).service!;
}
async function deploy(service: string, image: string) {
  await define(service, image);
  return (await ecs.send(new UpdateServiceCommand({ service, taskDefinition: service }))).service!;
}
async function look(service: string) {
  return (await ecs.send(new DescribeServicesCommand({ services: [service] }))).services![0]!;
}
async function describeOne(arn: string) {
  const answer = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }));
  return answer.serviceDeployments![0]!;
}
const reaches = (arn: string, status: ServiceDeploymentStatus) =>
  until(async () => {
    const seen = await describeOne(arn);
    return seen.status === status && seen;
  });
const list = (service: string, input: Partial<ListServiceDeploymentsCommandInput> = {}) =>
  ecs.send(new ListServiceDeploymentsCommand({ service, ...input }));
const stop = (serviceDeploymentArn: string, stopType?: StopServiceDeploymentStopType) =>
  ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, ...(stopType && { stopType }) }));
const breaker = (rollback: boolean) => ({
  deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback } },
});

before(async () => {
  plane = await startTestControlPlane({ schedulers: { healthyAfterMs: 100 } });
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  agents.onBirth = (image) =>
    image === 'bad' ? { status: 'STOPPED', reason: 'CannotPullContainerError: no such image' } : { status: 'RUNNING' };
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  for (let i = 0; i < 2; i++) connect(plane.store, (await registerInstance(ecs)).containerInstanceArn!);
});
after(async () => {
  agents.close();
  await plane.close();
});

describe('a service deployment', () => {
  it('begins with the service, succeeds, and records what it ran', async () => {
    const made = await create('first');
    const arn = made.currentServiceDeployment!;
    assert.match(arn, /^arn:aws:ecs:us-east-1:123456789012:service-deployment\/default\/first\/[-\w]{21}$/);
    const seen = await reaches(arn, 'SUCCESSFUL');
    const revision = made.currentServiceRevisions![0]!.arn!;
    assert.match(revision, /^arn:aws:ecs:us-east-1:123456789012:service-revision\/default\/first\/\d{19}$/);
    assert.deepEqual(seen.targetServiceRevision, {
      arn: revision,
      requestedTaskCount: 2,
      runningTaskCount: 2,
      pendingTaskCount: 0,
    });
    assert.deepEqual(seen.sourceServiceRevisions, []);
    assert.deepEqual(seen.deploymentCircuitBreaker, { status: 'DISABLED', failureCount: 0, threshold: 3 });
    assert.deepEqual(seen.alarms, { status: 'DISABLED' });
    assert.ok(seen.createdAt! <= seen.startedAt! && seen.startedAt! <= seen.finishedAt!);
    assert.deepEqual(
      [seen.serviceArn, seen.clusterArn, seen.stoppedAt, seen.rollback],
      [made.serviceArn, made.clusterArn, undefined, undefined],
    );
    assert.deepEqual((await look('first')).currentServiceRevisions, [seen.targetServiceRevision]);
  });

  it('names the revisions that it replaces, and is the newest of the list', async () => {
    const first = await create('listed');
    await reaches(first.currentServiceDeployment!, 'SUCCESSFUL');
    const second = await deploy('listed', 'good');
    const seen = await reaches(second.currentServiceDeployment!, 'SUCCESSFUL');
    const [source] = seen.sourceServiceRevisions!;
    assert.equal(source!.arn, first.currentServiceRevisions![0]!.arn);
    assert.deepEqual([source!.runningTaskCount, source!.requestedTaskCount], [0, 0]);
    const forced = await ecs.send(new UpdateServiceCommand({ service: 'listed', forceNewDeployment: true }));
    const third = forced.service!.currentServiceDeployment!;
    await reaches(third, 'SUCCESSFUL');
    const arns = [third, second.currentServiceDeployment, first.currentServiceDeployment];
    const all = (await list('listed')).serviceDeployments!;
    assert.deepEqual(
      all.map((one) => one.serviceDeploymentArn),
      arns,
    );
    assert.equal(all[0]!.targetServiceRevisionArn, forced.service!.currentServiceRevisions![0]!.arn);
    const page = await list('listed', { maxResults: 2 });
    assert.deepEqual(
      page.serviceDeployments!.map((one) => one.serviceDeploymentArn),
      arns.slice(0, 2),
    );
    const rest = await list('listed', { maxResults: 2, nextToken: page.nextToken });
    assert.deepEqual(
      rest.serviceDeployments!.map((one) => one.serviceDeploymentArn),
      arns.slice(2),
    );
    const after = new Date(all[1]!.createdAt!.getTime() + 1);
    assert.equal((await list('listed', { createdAt: { after } })).serviceDeployments!.length, 1);
    assert.equal((await list('listed', { createdAt: { before: all[2]!.createdAt! } })).serviceDeployments!.length, 1);
    assert.equal((await list('listed', { status: ['STOPPED', 'PENDING'] })).serviceDeployments!.length, 0);
    const rescaled = await ecs.send(new UpdateServiceCommand({ service: 'listed', desiredCount: 1 }));
    assert.equal(rescaled.service!.currentServiceDeployment, third, 'a new desired count deploys nothing');
  });

  it('rolls back when the circuit breaker trips', async () => {
    const first = await create('back', breaker(true));
    await reaches(first.currentServiceDeployment!, 'SUCCESSFUL');
    const failing = (await deploy('back', 'bad')).currentServiceDeployment!;
    const seen = await reaches(failing, 'ROLLBACK_SUCCESSFUL');
    const reason = 'Service deployment rolled back because the circuit breaker threshold was exceeded.';
    assert.equal(seen.statusReason, reason);
    assert.equal(seen.rollback!.reason, reason);
    assert.equal(seen.rollback!.serviceRevisionArn, first.currentServiceRevisions![0]!.arn);
    assert.deepEqual(
      [seen.deploymentCircuitBreaker!.status, seen.deploymentCircuitBreaker!.threshold],
      ['TRIGGERED', 3],
    );
    assert.ok(seen.deploymentCircuitBreaker!.failureCount! >= 3);
    const service = await look('back');
    assert.match(service.taskDefinition!, /back:1$/);
    assert.equal(service.currentServiceDeployment, failing);
    assert.deepEqual([service.deployments!.length, service.deployments![0]!.rolloutState], [1, 'COMPLETED']);
  });

  it('fails without rollback, launches no more, and the next update starts afresh', async () => {
    const first = await create('halt', breaker(false));
    await reaches(first.currentServiceDeployment!, 'SUCCESSFUL');
    const failing = (await deploy('halt', 'bad')).currentServiceDeployment!;
    const seen = await reaches(failing, 'STOPPED');
    assert.match(seen.statusReason!, /circuit breaker threshold was exceeded/);
    assert.deepEqual(seen.stoppedAt, seen.finishedAt);
    const service = await look('halt');
    assert.deepEqual([service.deployments![0]!.rolloutState, service.runningCount], ['FAILED', 2]);
    const next = await deploy('halt', 'good');
    assert.deepEqual([next.deployments![0]!.failedTasks, next.deployments![0]!.rolloutState], [0, 'IN_PROGRESS']);
    await reaches(next.currentServiceDeployment!, 'SUCCESSFUL');
    assert.equal((await look('halt')).deployments!.length, 1);
  });

  it('has no revision to go back to when it is the first', async () => {
    await define('fresh', 'bad');
    const given = { serviceName: 'fresh', taskDefinition: 'fresh', desiredCount: 1, ...breaker(true) };
    const { service } = await ecs.send(new CreateServiceCommand(given));
    const seen = await reaches(service!.currentServiceDeployment!, 'ROLLBACK_FAILED');
    assert.match(seen.statusReason!, /No rollback candidate was found to run the rollback\.$/);
    assert.equal((await look('fresh')).deployments![0]!.rolloutState, 'FAILED');
  });

  it('trips at the threshold that its configuration asks for', async () => {
    const thresholdConfiguration = { type: 'COUNT', value: 1 } as const;
    const deploymentCircuitBreaker = {
      enable: true,
      rollback: false,
      resetOnHealthyTask: false,
      thresholdConfiguration,
    };
    const first = await create('early', { deploymentConfiguration: { deploymentCircuitBreaker } });
    assert.deepEqual(first.deploymentConfiguration!.deploymentCircuitBreaker, deploymentCircuitBreaker);
    await reaches(first.currentServiceDeployment!, 'SUCCESSFUL');
    const seen = await reaches((await deploy('early', 'bad')).currentServiceDeployment!, 'STOPPED');
    assert.equal(seen.deploymentCircuitBreaker!.threshold, 1);
  });
});

describe('StopServiceDeployment', () => {
  it('rolls back on request, without any circuit breaker', async () => {
    const first = await create('undo');
    await reaches(first.currentServiceDeployment!, 'SUCCESSFUL');
    const arn = (await deploy('undo', 'bad')).currentServiceDeployment!;
    assert.equal((await stop(arn, 'ROLLBACK')).serviceDeploymentArn, arn);
    const seen = await reaches(arn, 'ROLLBACK_SUCCESSFUL');
    assert.equal(seen.deploymentCircuitBreaker!.status, 'DISABLED');
    const service = await look('undo');
    assert.match(service.taskDefinition!, /undo:1$/);
    assert.equal(service.runningCount, 2);
    await assert.rejects(stop(arn), { name: 'ConflictException' });
  });

  it('aborts: what runs goes on, nothing more is launched', async () => {
    const first = await create('abort');
    await reaches(first.currentServiceDeployment!, 'SUCCESSFUL');
    const arn = (await deploy('abort', 'bad')).currentServiceDeployment!;
    await stop(arn, 'ABORT');
    await reaches(arn, 'STOPPED');
    assert.equal((await look('abort')).runningCount, 2);
    const again = await deploy('abort', 'good');
    await reaches(again.currentServiceDeployment!, 'SUCCESSFUL');
  });

  it('is superseded by a newer deployment, and by the end of the service', async () => {
    await create('ended', { desiredCount: 1 });
    const waiting = (await deploy('ended', 'bad')).currentServiceDeployment!;
    const next = (await deploy('ended', 'bad')).currentServiceDeployment!;
    assert.match((await describeOne(waiting)).statusReason!, /a new service deployment was started/);
    await ecs.send(new DeleteServiceCommand({ service: 'ended', force: true }));
    assert.match((await reaches(next, 'STOPPED')).statusReason!, /the service was deleted/);
  });

  it('refuses what it cannot find or understand', async () => {
    const none = 'arn:aws:ecs:us-east-1:123456789012:service-deployment/default/x/none';
    await assert.rejects(stop(none), { name: 'ServiceDeploymentNotFoundException' });
    await assert.rejects(stop('nonsense'), { name: 'InvalidParameterException' });
    const { failures } = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [none] }));
    assert.deepEqual(failures, [{ arn: none, reason: 'MISSING' }]);
    const invalid = { name: 'InvalidParameterException' };
    await assert.rejects(ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [] })), invalid);
    const many = Array.from({ length: 21 }, (_, n) => `${none}${n}`);
    await assert.rejects(ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: many })), invalid);
    await assert.rejects(list('nobody'), { name: 'ServiceNotFoundException' });
    const first = await create('alone');
    agents.hold = true;
    const only = (await deploy('alone', 'good')).currentServiceDeployment!;
    assert.notEqual(only, first.currentServiceDeployment);
    await assert.rejects(stop(first.currentServiceDeployment!), { name: 'ConflictException' });
    agents.hold = false;
  });
});

describe('a service revision', () => {
  it('never changes, and gets the digests that agents resolve', async () => {
    const service = await create('digest', { desiredCount: 1 });
    const arn = service.currentServiceRevisions![0]!.arn!;
    const describeIt = async () => {
      const answer = await ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: [arn] }));
      return answer.serviceRevisions![0]!;
    };
    const seen = await describeIt();
    assert.deepEqual(seen.containerImages, [{ containerName: 'app', image: 'good' }]);
    assert.match(seen.taskDefinition!, /digest:1$/);
    assert.deepEqual([seen.launchType, seen.guardDutyEnabled], ['EC2', false]);
    assert.deepEqual(seen.serviceConnectConfiguration, { enabled: false });
    const imageDigest = `sha256:${'a'.repeat(64)}`;
    const unsubscribe = plane.store.subscribe('committed', ({ changes }) => {
      for (const change of changes) {
        const task = changeOf(tasks, change)?.after;
        if (!task || task.serviceArn !== service.serviceArn || task.lastStatus !== 'RUNNING') continue;
        const next = applyReport(task, { containers: [{ containerName: 'app', imageDigest }] }, Date.now());
        if (next !== task) queueMicrotask(() => plane.store.transact((tx) => tx.put(tasks, next)));
      }
    });
    await ecs.send(new UpdateServiceCommand({ service: 'digest', desiredCount: 2 }));
    const resolved = await until(async () => {
      const now = await describeIt();
      return now.containerImages![0]!.imageDigest !== undefined && now;
    });
    unsubscribe();
    assert.deepEqual(resolved, { ...seen, containerImages: [{ containerName: 'app', image: 'good', imageDigest }] });
    await deploy('digest', 'other');
    assert.deepEqual(await describeIt(), resolved);
  });
});
