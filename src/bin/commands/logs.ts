import type { CloudWatchLogsClient, FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { ECSClient, Task, TaskDefinition } from '@aws-sdk/client-ecs';
import { ConfigError } from '#control-plane/config.ts';
import { systemClock } from '#lib/clock.ts';
import { chunks, clientConfig, collect, findConnection, withEcs } from '../connection.ts';
import { paint, print } from '../output.ts';

interface LogsOptions {
  readonly cluster: string;
  readonly data?: string;
  readonly follow?: boolean;
  readonly since?: string;
  readonly json?: boolean;
}

/** Where one container of one task writes. */
interface Stream {
  readonly group: string;
  readonly stream: string;
  readonly label: string;
}

const pollMs = 1_000;
const sdk = () => import('@aws-sdk/client-ecs');

/** Milliseconds; throws ConfigError. */
export function parseDuration(text: string): number {
  const match = /^(\d+)(s|m|h|d)$/.exec(text);
  if (!match) throw new ConfigError(`--since must look like 30s, 10m, 2h or 1d, not "${text}"`);
  return Number(match[1]) * { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as 's' | 'm' | 'h' | 'd'];
}

async function describeTasks(ecs: ECSClient, cluster: string, tasks: readonly string[]): Promise<Task[]> {
  const { DescribeTasksCommand } = await sdk();
  const answers = await Promise.all(
    chunks(tasks, 100).map((some) => ecs.send(new DescribeTasksCommand({ cluster, tasks: some }))),
  );
  return answers.flatMap((answer) => answer.tasks ?? []);
}

/** Tasks of the service by that name, running and recently stopped; undefined when there is no such service. */
async function tasksOfService(ecs: ECSClient, cluster: string, name: string): Promise<Task[] | undefined> {
  const { DescribeServicesCommand, paginateListTasks } = await sdk();
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [name] }));
  const service = services[0];
  if (!service?.serviceName) return undefined;
  const arns: string[] = [];
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    const pages = paginateListTasks({ client: ecs }, { cluster, serviceName: service.serviceName, desiredStatus });
    arns.push(...(await collect(pages, (page) => page.taskArns)));
  }
  return describeTasks(ecs, cluster, arns);
}

async function findTasks(ecs: ECSClient, cluster: string, target: string): Promise<Task[]> {
  const isTask = target.includes(':task/') || /^[0-9a-f]{32}$/.test(target);
  const tasks = isTask ? await describeTasks(ecs, cluster, [target]) : await tasksOfService(ecs, cluster, target);
  if (tasks === undefined || (isTask && tasks.length === 0)) {
    throw new ConfigError(
      `cluster ${cluster} has no ${isTask ? 'task' : 'service'} ${target}. \`slipway status\` lists what there is.`,
    );
  }
  return tasks;
}

function streamsOf(task: Task, definition: TaskDefinition, unreadable: Set<string>): Stream[] {
  const id = task.taskArn!.split('/').at(-1)!;
  const out: Stream[] = [];
  for (const container of definition.containerDefinitions ?? []) {
    const { logDriver, options = {} } = container.logConfiguration ?? {};
    const group = options['awslogs-group'];
    const prefix = options['awslogs-stream-prefix'];
    const runtimeId = task.containers?.find((one) => one.name === container.name)?.runtimeId;
    if (logDriver !== 'awslogs' || !group) unreadable.add(`${container.name} (${logDriver ?? 'no log configuration'})`);
    else if (prefix)
      out.push({ group, stream: `${prefix}/${container.name}/${id}`, label: `${id.slice(0, 8)} ${container.name}` });
    else if (runtimeId) out.push({ group, stream: runtimeId, label: `${id.slice(0, 8)} ${container.name}` });
  }
  return out;
}

async function findStreams(ecs: ECSClient, options: LogsOptions, target: string): Promise<Stream[]> {
  const { DescribeTaskDefinitionCommand } = await sdk();
  const definitions = new Map<string, TaskDefinition>();
  const unreadable = new Set<string>();
  const streams: Stream[] = [];
  for (const task of await findTasks(ecs, options.cluster, target)) {
    const arn = task.taskDefinitionArn!;
    if (!definitions.has(arn)) {
      const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
      definitions.set(arn, taskDefinition!);
    }
    streams.push(...streamsOf(task, definitions.get(arn)!, unreadable));
  }
  if (streams.length === 0 && unreadable.size > 0) {
    throw new ConfigError(
      `nothing of ${target} goes to the log service: ${[...unreadable].join(', ')}. Give its containers the log driver awslogs, or use \`docker logs\`.`,
    );
  }
  return streams;
}

async function readStream(
  logs: CloudWatchLogsClient,
  { group, stream }: Stream,
  startTime: number | undefined,
): Promise<FilteredLogEvent[]> {
  const { paginateFilterLogEvents, ResourceNotFoundException } = await import('@aws-sdk/client-cloudwatch-logs');
  const events: FilteredLogEvent[] = [];
  try {
    const query = { logGroupName: group, logStreamNames: [stream], ...(startTime !== undefined && { startTime }) };
    for await (const page of paginateFilterLogEvents({ client: logs }, query)) events.push(...(page.events ?? []));
  } catch (error) {
    // A task that has not written yet has no stream.
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  return events;
}

/** Remembers per stream what has been printed: an event may carry the very millisecond at which the last read ended. */
interface Position {
  fromMs: number | undefined;
  seen: Set<string>;
}

async function printNew(
  logs: CloudWatchLogsClient,
  streams: readonly Stream[],
  positions: Map<string, Position>,
  options: LogsOptions,
  sinceMs: number | undefined,
): Promise<void> {
  const found = await Promise.all(
    streams.map(async (stream) => {
      const position = positions.get(stream.stream) ?? { fromMs: sinceMs, seen: new Set<string>() };
      positions.set(stream.stream, position);
      const fresh = (await readStream(logs, stream, position.fromMs)).filter(
        (event) => !position.seen.has(event.eventId!),
      );
      if (fresh.length > 0) {
        const newest = Math.max(...fresh.map((event) => event.timestamp ?? 0), position.fromMs ?? 0);
        if (newest > (position.fromMs ?? 0)) position.seen = new Set();
        position.fromMs = newest;
        for (const event of fresh) if (event.timestamp === newest) position.seen.add(event.eventId!);
      }
      return fresh.map((event) => ({ event, stream }));
    }),
  );
  const lines = found.flat().sort((a, b) => (a.event.timestamp ?? 0) - (b.event.timestamp ?? 0));
  for (const { event, stream } of lines) {
    const time = new Date(event.timestamp ?? 0).toISOString();
    if (options.json)
      print(JSON.stringify({ time, group: stream.group, stream: stream.stream, message: event.message }));
    else print(`${paint.dim(time)} ${paint.strong(stream.label)} ${event.message ?? ''}`);
  }
}

export async function runLogs(target: string, options: LogsOptions): Promise<void> {
  const sinceMs = options.since === undefined ? undefined : systemClock.now() - parseDuration(options.since);
  const connection = findConnection(options);
  const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
  await withEcs(connection, async (ecs) => {
    const logs = new CloudWatchLogsClient(clientConfig(connection));
    const positions = new Map<string, Position>();
    try {
      let streams = await findStreams(ecs, options, target);
      await printNew(logs, streams, positions, options, sinceMs);
      while (options.follow) {
        await new Promise((resolve) => setTimeout(resolve, pollMs));
        // A service's tasks come and go while we look.
        streams = await findStreams(ecs, options, target);
        await printNew(logs, streams, positions, options, sinceMs);
      }
    } finally {
      logs.destroy();
    }
  });
}
