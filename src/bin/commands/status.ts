import type { Cluster, ContainerInstance, ECSClient, Service, Task } from '@aws-sdk/client-ecs';
import { ConfigError } from '#control-plane/config.ts';
import { isLocked, readRunRecord } from '#control-plane/up/data-directory.ts';
import { type Connection, chunks, collect, findConnection, withEcs } from '../connection.ts';
import { formatTable, paint, print, printJson } from '../output.ts';

interface ClusterStatus {
  readonly cluster: Cluster;
  readonly containerInstances: readonly ContainerInstance[];
  readonly services: readonly Service[];
  readonly tasks: readonly Task[];
}

const sdk = () => import('@aws-sdk/client-ecs');

async function listClusters(ecs: ECSClient): Promise<Cluster[]> {
  const { DescribeClustersCommand, paginateListClusters } = await sdk();
  const arns = await collect(paginateListClusters({ client: ecs }, {}), (page) => page.clusterArns);
  const answers = await Promise.all(
    chunks(arns, 100).map((clusters) => ecs.send(new DescribeClustersCommand({ clusters }))),
  );
  return answers.flatMap((answer) => answer.clusters ?? []);
}

async function readCluster(ecs: ECSClient, cluster: Cluster): Promise<ClusterStatus> {
  const sdkModule = await sdk();
  const name = cluster.clusterArn!;
  const page = [{ client: ecs }, { cluster: name }] as const;
  const [instanceArns, serviceArns, taskArns] = await Promise.all([
    collect(sdkModule.paginateListContainerInstances(...page), (one) => one.containerInstanceArns),
    collect(sdkModule.paginateListServices(...page), (one) => one.serviceArns),
    collect(sdkModule.paginateListTasks(...page), (one) => one.taskArns),
  ]);
  const [instances, services, tasks] = await Promise.all([
    Promise.all(
      chunks(instanceArns, 100).map((containerInstances) =>
        ecs.send(new sdkModule.DescribeContainerInstancesCommand({ cluster: name, containerInstances })),
      ),
    ),
    Promise.all(
      chunks(serviceArns, 10).map((some) =>
        ecs.send(new sdkModule.DescribeServicesCommand({ cluster: name, services: some })),
      ),
    ),
    Promise.all(
      chunks(taskArns, 100).map((some) => ecs.send(new sdkModule.DescribeTasksCommand({ cluster: name, tasks: some }))),
    ),
  ]);
  return {
    cluster,
    containerInstances: instances.flatMap((one) => one.containerInstances ?? []),
    services: services.flatMap((one) => one.services ?? []),
    tasks: tasks.flatMap((one) => one.tasks ?? []),
  };
}

const shortArn = (arn: string | undefined) => arn?.split('/').at(-1) ?? '';

function resource(instance: ContainerInstance, name: string): string {
  const of = (list: ContainerInstance['remainingResources']) =>
    list?.find((one) => one.name === name)?.integerValue ?? 0;
  return `${of(instance.remainingResources)} of ${of(instance.registeredResources)}`;
}

const statusPaint = (status: string | undefined) => {
  const text = status ?? '';
  return text === 'RUNNING' || text === 'ACTIVE' ? paint.good(text) : paint.warn(text);
};

function portsOf(task: Task): string {
  const bindings = (task.containers ?? []).flatMap((container) => container.networkBindings ?? []);
  const ports = bindings.map((one) => `${one.hostPort}→${one.containerPort}${one.protocol === 'udp' ? '/udp' : ''}`);
  return [...new Set(ports)].join(' ');
}

function printCluster({ cluster, containerInstances, services, tasks }: ClusterStatus): void {
  print(`\n${paint.strong(`Cluster ${cluster.clusterName}`)}  ${statusPaint(cluster.status)}`);
  if (containerInstances.length + services.length + tasks.length === 0) print('  nothing in it');
  if (containerInstances.length > 0) {
    const rows = containerInstances.map((one) => [
      shortArn(one.containerInstanceArn),
      statusPaint(one.status),
      one.agentConnected ? 'connected' : paint.bad('not connected'),
      String(one.runningTasksCount ?? 0),
      resource(one, 'CPU'),
      resource(one, 'MEMORY'),
    ]);
    print(formatTable(['CONTAINER INSTANCE', 'STATUS', 'AGENT', 'TASKS', 'CPU LEFT', 'MIB LEFT'], rows));
  }
  if (services.length > 0) {
    const rows = services.map((one) => [
      one.serviceName ?? '',
      statusPaint(one.status),
      `${one.runningCount ?? 0} of ${one.desiredCount ?? 0}`,
      shortArn(one.taskDefinition),
      one.deployments?.find((deployment) => deployment.status === 'PRIMARY')?.rolloutState ?? '',
    ]);
    print(formatTable(['SERVICE', 'STATUS', 'RUNNING', 'DEFINITION', 'ROLLOUT'], rows));
  }
  if (tasks.length > 0) {
    const rows = tasks.map((one) => [
      shortArn(one.taskArn),
      statusPaint(one.lastStatus),
      one.group ?? '',
      shortArn(one.taskDefinitionArn),
      portsOf(one),
    ]);
    print(formatTable(['TASK', 'STATUS', 'GROUP', 'DEFINITION', 'PORTS'], rows));
  }
}

function requireRunning(connection: Connection): void {
  if (isLocked(connection.dataDir)) return;
  throw new ConfigError(
    `Slipway is not running on ${connection.dataDir}. Start it with \`npm start\` or \`slipway up\`.`,
  );
}

export async function runStatus(options: { readonly data?: string; readonly json?: boolean }): Promise<void> {
  const connection = findConnection(options);
  requireRunning(connection);
  const clusters = await withEcs(connection, async (ecs) =>
    Promise.all((await listClusters(ecs)).map((cluster) => readCluster(ecs, cluster))),
  );
  const record = readRunRecord(connection.dataDir);
  const { endpoint } = record ?? connection;
  const controlPlane = {
    endpoint,
    pid: record?.pid,
    account: connection.account,
    region: connection.region,
    dataDir: connection.dataDir,
  };
  if (options.json) {
    printJson({ controlPlane, clusters });
    return;
  }
  print(
    `Slipway at ${endpoint}, account ${connection.account}, region ${connection.region}, state in ${connection.dataDir}`,
  );
  for (const cluster of clusters) printCluster(cluster);
}
