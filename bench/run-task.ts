/**
 * RunTask → container running, next to `docker run -d` of the same image in the same run, in turn. The end of both is
 * the engine's own start event; the beginning is the API call and the start of the docker process.
 *
 *   node bench/run-task.ts [--runs 20] [--image busybox:latest]      (Docker Engine, the image present)
 */
import { execFileSync, spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import {
  DescribeClustersCommand,
  ECSClient,
  ListContainerInstancesCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { readAdministrator } from './administrator.ts';
import { median, percentile, printTable } from './figures.ts';
import { removeData, startSlipway, temporaryData } from './slipway-process.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '20' }, image: { type: 'string', default: 'busybox:latest' } },
});
const runs = Number(values.runs);
const image = values.image;

/** The engine's start events, as they come; `next(match)` resolves at the first that matches. */
function watchStarts() {
  const events = spawn('docker', [
    'events',
    '--filter',
    'type=container',
    '--filter',
    'event=start',
    '--format',
    '{{json .}}',
  ]);
  const waiting = new Set<{ match: (line: string) => boolean; resolve: (atMs: number) => void }>();
  let rest = '';
  events.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      for (const waiter of waiting) {
        if (!waiter.match(line)) continue;
        waiting.delete(waiter);
        waiter.resolve(performance.now());
      }
    }
  });
  return {
    next: (match: (line: string) => boolean) => new Promise<number>((resolve) => waiting.add({ match, resolve })),
    close: () => events.kill(),
  };
}

const dataDir = await temporaryData();
const slipway = await startSlipway(dataDir, ['--no-sample']);
const credentials = await readAdministrator(dataDir);
const ecs = new ECSClient({ endpoint: slipway.endpoint, region: 'us-east-1', credentials });
const starts = watchStarts();
const viaSlipway: number[] = [];
const viaDocker: number[] = [];
/** `slipway up` is healthy before its agent has joined. */
async function instanceJoined(): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: ['default'] }));
    if (clusters?.[0]?.registeredContainerInstancesCount) {
      const { containerInstanceArns } = await ecs.send(
        new ListContainerInstancesCommand({ filter: 'agentConnected == true' }),
      );
      if (containerInstanceArns?.length) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('no container instance has joined within 30 seconds');
}

try {
  await instanceJoined();
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'bench-run-task',
      containerDefinitions: [{ name: 'app', image, command: ['sleep', '600'], memory: 32, essential: true }],
    }),
  );
  for (let run = -1; run < runs; run++) {
    const label = `slipway-bench-${process.pid}-${run}`;
    let begin = performance.now();
    const started = starts.next(
      (line) =>
        line.includes('com.amazonaws.ecs.task-definition-family=bench-run-task') ||
        line.includes('"com.amazonaws.ecs.task-definition-family":"bench-run-task"'),
    );
    const { tasks, failures } = await ecs.send(new RunTaskCommand({ taskDefinition: 'bench-run-task' }));
    if (!tasks?.[0]) throw new Error(`RunTask placed nothing: ${JSON.stringify(failures)}`);
    const slipwayMs = (await started) - begin;
    await ecs.send(new StopTaskCommand({ task: tasks[0].taskArn! }));

    begin = performance.now();
    const dockerStarted = starts.next((line) => line.includes(label));
    const docker = spawn('docker', ['run', '-d', '--rm', '-m', '32m', '--name', label, image, 'sleep', '600'], {
      stdio: 'ignore',
    });
    await new Promise((resolve) => docker.once('exit', resolve));
    const dockerMs = (await dockerStarted) - begin;
    execFileSync('docker', ['kill', label], { stdio: 'ignore' });
    if (run < 0) continue;
    viaSlipway.push(slipwayMs);
    viaDocker.push(dockerMs);
  }
} finally {
  starts.close();
  await slipway.stop();
  const left = execFileSync(
    'docker',
    ['ps', '-aq', '--filter', 'label=com.amazonaws.ecs.task-definition-family=bench-run-task'],
    { encoding: 'utf8' },
  )
    .split('\n')
    .filter(Boolean);
  if (left.length) execFileSync('docker', ['rm', '-f', ...left], { stdio: 'ignore' });
  await removeData(dataDir);
}
const row = (name: string, times: readonly number[]) => [
  name,
  median(times).toFixed(0),
  percentile(times, 0.9).toFixed(0),
  Math.min(...times).toFixed(0),
  Math.max(...times).toFixed(0),
];
printTable([
  [`${runs} runs, ms`, 'p50', 'p90', 'min', 'max'],
  row('RunTask → running', viaSlipway),
  row('docker run -d', viaDocker),
]);
console.log(`ratio of medians: ${(median(viaSlipway) / median(viaDocker)).toFixed(2)}`);
