import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DescribeClustersCommand,
  type ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { parseQuotas, quotaCatalog } from '#control-plane/quotas.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { registerInstance } from '../../support/instances.ts';

let directory: string;
const inFile = async (settings: unknown) => {
  const file = join(directory, 'quotas.json');
  await writeFile(file, typeof settings === 'string' ? settings : JSON.stringify(settings));
  return file;
};

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-quotas-'));
});
after(() => rm(directory, { recursive: true, force: true }));

describe('--quotas', () => {
  it('is off by default, and everything of AWS with aws', () => {
    assert.deepEqual(parseQuotas(undefined), {});
    assert.deepEqual(parseQuotas('off'), {});
    const { ecs } = parseQuotas('aws');
    assert.equal(ecs!.limits['clusters-per-region'], 10_000);
    assert.ok(ecs!.throttles.some((one) => one.name === 'cluster-read' && one.burst === 50 && one.perSecond === 20));
  });

  it('takes a file, and turns on only what it names', async () => {
    const file = await inFile({ ecs: { quotas: { 'tasks-per-service': 7 }, throttles: { 'tag-read': { burst: 2 } } } });
    const { ecs } = parseQuotas(file);
    assert.deepEqual(ecs!.limits, { 'tasks-per-service': 7 });
    const read = { name: 'tag-read', burst: 2, perSecond: 20, operations: ['ListTagsForResource'] };
    assert.deepEqual(ecs!.throttles, [read]);
  });

  it('refuses a file that says something else', async () => {
    const cases: [unknown, RegExp][] = [
      ['not JSON', /JSON/],
      [[], /object of services/],
      [{ s4: {} }, /nothing to set for "s4"/],
      [{ ecs: { limits: {} } }, /ecs.limits is not known/],
      [{ ecs: { quotas: { clusters: 1 } } }, /no quota "clusters"/],
      [{ ecs: { quotas: { 'tasks-per-service': -1 } } }, /whole number/],
      [{ ecs: { throttles: { 'tag-read': { perSecond: 0 } } } }, /above 0/],
      [{ ecs: { throttles: { reads: {} } } }, /no throttle "reads"/],
    ];
    for (const [settings, message] of cases) {
      const file = await inFile(settings);
      assert.throws(() => parseQuotas(file), { name: 'ConfigError', message });
    }
    assert.throws(() => parseQuotas(join(directory, 'missing.json')), { name: 'ConfigError' });
  });

  it('is documented name by name, with the defaults of AWS', () => {
    const text = readFileSync(new URL('../../../docs/quotas.md', import.meta.url), 'utf8');
    for (const { quotas, throttles } of Object.values(quotaCatalog)) {
      for (const [name, { limit }] of Object.entries(quotas)) {
        assert.match(text, new RegExp(`\\| \`${name}\` .*\\| ${limit.toLocaleString('en-US')} +\\|`), name);
      }
      for (const { name, burst, perSecond, operations } of throttles) {
        const line = new RegExp(`\\| \`${name}\` .*\\| ${burst} +\\| ${perSecond} +\\|`).exec(text)?.[0];
        assert.ok(line, name);
        for (const operation of operations) assert.ok(line.includes(operation), `${name}: ${operation}`);
      }
    }
  });
});

describe('quotas that hold', () => {
  let plane: TestControlPlane;
  let ecs: ECSClient;
  before(async () => {
    const limits = {
      'clusters-per-region': 2,
      'services-per-cluster': 1,
      'tasks-per-service': 3,
      'container-instances-per-cluster': 1,
      'revisions-per-family': 2,
    };
    plane = await startTestControlPlane({ quotas: parseQuotas(await inFile({ ecs: { quotas: limits } })) });
    ecs = plane.ecs();
    await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  });
  after(() => plane.close());

  const define = () =>
    ecs.send(
      new RegisterTaskDefinitionCommand({ family: 'f', containerDefinitions: [{ name: 'a', image: 'a', memory: 8 }] }),
    );

  it('clusters of a Region: a deleted one makes room, another Region has its own', async () => {
    const create = (clusterName: string, client = ecs) => client.send(new CreateClusterCommand({ clusterName }));
    await create('second');
    await create('second');
    await assert.rejects(create('third'), { name: 'ClientException', message: /clusters in this Region \(2\)/ });
    await create('third', plane.ecs({ region: 'eu-west-1' }));
    await ecs.send(new DeleteClusterCommand({ cluster: 'second' }));
    await create('third');
  });

  it('revisions, services, tasks of a service, container instances', async () => {
    await define();
    await define();
    await assert.rejects(define(), { name: 'LimitExceededException' });
    const create = (serviceName: string, desiredCount: number) =>
      ecs.send(new CreateServiceCommand({ serviceName, taskDefinition: 'f', desiredCount }));
    await assert.rejects(create('a', 4), { name: 'InvalidParameterException', message: /tasks of a service \(3\)/ });
    await create('a', 3);
    await assert.rejects(create('b', 1), { name: 'InvalidParameterException', message: /services in the cluster/ });
    const update = new UpdateServiceCommand({ service: 'a', desiredCount: 4 });
    await assert.rejects(ecs.send(update), { name: 'InvalidParameterException' });
    const { containerInstanceArn } = await registerInstance(ecs);
    await assert.rejects(registerInstance(ecs), { name: 'ClientException', message: /container instances/ });
    await registerInstance(ecs, { containerInstanceArn: containerInstanceArn! });
  });
});

describe('throttles that hold', () => {
  let plane: TestControlPlane;
  before(async () => {
    const throttles = { 'cluster-read': { burst: 2, perSecond: 0.001 } };
    plane = await startTestControlPlane({ quotas: parseQuotas(await inFile({ ecs: { throttles } })) });
  });
  after(() => plane.close());

  it('refuse the call that comes too soon, of that kind and Region only', async () => {
    const ecs = plane.ecs();
    await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
    const read = (client = ecs) => client.send(new DescribeClustersCommand({}));
    await read();
    await read();
    await assert.rejects(read(), { name: 'ThrottlingException', message: 'Rate exceeded' });
    await ecs.send(new ListTasksCommand({}));
    await read(plane.ecs({ region: 'eu-west-1' }));
  });
});
