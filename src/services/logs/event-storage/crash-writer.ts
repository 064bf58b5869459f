/** The process that crash.test.ts kills: puts events into several streams and says which were acknowledged. */
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { DiskEventStorage } from './disk-event-storage.ts';

const [directory, first] = process.argv.slice(2) as [string, string];
const storage = await DiskEventStorage.open({
  directory,
  clock: systemClock,
  logger: silentLogger,
  checkpointBytes: 4096,
});
const groupId = 'a'.repeat(32);

async function write(stream: number): Promise<void> {
  const streamId = String(stream).padStart(32, '0');
  for (let n = Number(first); ; n++) {
    const events = Array.from({ length: 1 + (n % 3) }, (_, i) => ({ timestamp: n, message: `${n}.${i}` }));
    await storage.append({ groupId, streamId }, events, 1);
    process.stdout.write(`${stream} ${n}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, stream) => write(stream)));
