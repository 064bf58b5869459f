/**
 * The control plane that bench/api.ts measures, in a process of its own: the real SQLite journal, and task rows put into
 * the store directly. Writes one line of JSON when it listens, ends when its standard input does.
 *
 *   node bench/api-server.ts <data directory> <number of tasks>
 */
import { startControlPlane } from '#control-plane/start.ts';
import { systemClock } from '#lib/clock.ts';
import { createLogger } from '#lib/logger.ts';
import { clusterArn } from '#model/arn.ts';
import { clusters, tasks } from '#store/tables/ecs.ts';
import { sampleTask } from './sample-rows.ts';

const [dataDir, count] = process.argv.slice(2);
const logger = createLogger({ level: 'warn', sink: process.stderr, now: systemClock.now, format: 'text' });
const plane = await startControlPlane({
  host: '127.0.0.1',
  port: 0,
  dataDir: dataDir!,
  auth: 'strict',
  account: '000000000000',
  logger,
});
const scope = { account: '000000000000', region: 'us-east-1' };
plane.store.transact((tx) => {
  tx.insert(clusters, {
    ...scope,
    arn: clusterArn(scope, 'bench'),
    name: 'bench',
    status: 'ACTIVE',
    createdAt: systemClock.now(),
    settings: [],
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
    tags: [],
  });
});
// Tasks of no service and on no instance: nothing that runs by itself touches them while calls are measured.
for (let from = 0; from < Number(count); from += 1000) {
  plane.store.transact((tx) => {
    for (let n = from; n < Math.min(from + 1000, Number(count)); n++) {
      const { serviceArn: _, deploymentId: __, containerInstanceArn: ___, ...row } = sampleTask(n);
      tx.insert(tasks, row);
    }
  });
  await plane.store.durable();
}
const { accessKeyId, secretAccessKey } = plane.administrator;
process.stdout.write(`${JSON.stringify({ endpoint: plane.endpoint, accessKeyId, secretAccessKey })}\n`);
process.stdin.on('end', () => void plane.close().then(() => process.exit(0))).resume();
