import { ConfigError, parseWhole } from '#control-plane/config.ts';
import type { ListServiceTaskHistoriesOutput } from '#services/slipway/operations/ListServiceTaskHistories.ts';
import type { EntryView } from '#services/slipway/pages.ts';
import { type ClientConfig, clientConfig, findConnection } from '../connection.ts';
import { formatTable, paint, print, printJson } from '../output.ts';
import { callSlipway, SlipwayApiError } from '../slipway-api.ts';
import { shortArn, shortTime } from './explanation.ts';

interface HistoryOptions {
  readonly cluster: string;
  readonly limit?: string;
  readonly data?: string;
  readonly json?: boolean;
}

const usualLimit = 100;
const pageLimit = 1_000;

/** The newest `limit` entries, oldest first. */
async function newestEntries(
  limit: number,
  page: (input: { limit: number; newestFirst: true; nextToken?: string }) => Promise<{
    readonly entries: readonly EntryView[];
    readonly nextToken?: string;
  }>,
): Promise<EntryView[]> {
  const entries: EntryView[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await page({
      limit: Math.min(pageLimit, limit - entries.length),
      newestFirst: true,
      ...(nextToken !== undefined && { nextToken }),
    });
    entries.push(...answer.entries);
    nextToken = answer.nextToken;
  } while (nextToken !== undefined && entries.length < limit);
  return entries.reverse();
}

function inWords(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  return text.startsWith('arn:') ? shortArn(text) : text;
}

/** `lastStatus RUNNING`, `app: exitCode 1, reason …`; one line for the entity and one for each thing in it. */
function lines(changes: Readonly<Record<string, unknown>>): string[] {
  const own: string[] = [];
  const inner: string[] = [];
  for (const [name, value] of Object.entries(changes)) {
    if (name !== 'containers' && name !== 'deployments') own.push(`${name} ${inWords(value)}`);
    else
      for (const [part, change] of Object.entries((value ?? {}) as object))
        inner.push(`${part}: ${partInWords(change)}`);
  }
  return [...(own.length > 0 ? [own.join(', ')] : []), ...inner];
}

function partInWords(change: unknown): string {
  if (typeof change !== 'object' || change === null) return 'gone';
  return Object.entries(change)
    .map(([name, value]) => `${name} ${inWords(value)}`)
    .join(', ');
}

const notes: Readonly<Partial<Record<EntryView['type'], string>>> = {
  CREATED: 'created',
  CAUGHT_UP: 'seen again after a gap',
};

function printEntries(entries: readonly EntryView[]): void {
  for (const { time, type, changes, message } of entries) {
    const words = message === undefined ? lines((changes ?? {}) as Readonly<Record<string, unknown>>) : [message];
    const [first = '', ...rest] = notes[type] === undefined ? words : [paint.strong(notes[type]), ...words];
    print(`${paint.dim(time.toISOString().replace('T', ' '))}  ${first}`);
    for (const line of rest) print(`${' '.repeat(26)}${line}`);
  }
}

function printTasks({ tasks }: ListServiceTaskHistoriesOutput): void {
  if (tasks.length === 0) return;
  const text = (value: unknown) => (value instanceof Date ? shortTime(value) : inWords(value ?? ''));
  const rows = tasks.map((task) => [
    text(task['taskArn']),
    text(task['createdAt']),
    text(task['startedAt']),
    text(task['stoppedAt']),
    text(task['lastStatus']),
    text(task['containerInstanceArn']),
    [task['stopCode'], task['stoppedReason']].filter((one) => one !== undefined).join(': '),
  ]);
  const header = ['TASK', 'CREATED', 'STARTED', 'STOPPED', 'STATUS', 'CONTAINER INSTANCE', 'WHY STOPPED'];
  print(`\nIts newest tasks\n${formatTable(header, rows)}`);
}

async function taskHistory(config: ClientConfig, cluster: string, task: string, limit: number) {
  const entries = await newestEntries(limit, (page) =>
    callSlipway(config, 'GetTaskHistory', { task, cluster, ...page }),
  );
  return { entries };
}

async function serviceHistory(config: ClientConfig, cluster: string, service: string, limit: number) {
  const [entries, tasks] = await Promise.all([
    newestEntries(limit, (page) => callSlipway(config, 'GetServiceHistory', { service, cluster, ...page })),
    callSlipway(config, 'ListServiceTaskHistories', { service, cluster }),
  ]);
  return { entries, tasks };
}

export async function runHistory(target: string, options: HistoryOptions): Promise<void> {
  const limit = parseWhole('--limit', options.limit, 100_000) ?? usualLimit;
  const config = clientConfig(findConnection(options));
  const isTask = target.includes(':task/') || /^[0-9a-f]{32}$/.test(target);
  try {
    const found: { entries: EntryView[]; tasks?: ListServiceTaskHistoriesOutput } = isTask
      ? await taskHistory(config, options.cluster, target, limit)
      : await serviceHistory(config, options.cluster, target, limit);
    const { entries, tasks } = found;
    if (options.json) return printJson(tasks ? { ...tasks, entries } : { entries });
    printEntries(entries);
    if (tasks) printTasks(tasks);
  } catch (error) {
    if (!(error instanceof SlipwayApiError) || error.name !== 'HistoryNotFoundException') throw error;
    const kind = isTask ? 'task' : 'service';
    throw new ConfigError(`cluster ${options.cluster} never had a ${kind} ${target}, or its history has expired.`);
  }
}
