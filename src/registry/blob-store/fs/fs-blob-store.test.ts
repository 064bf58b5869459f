import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FakeClock, systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { testBlobStore } from '../blob-store.suite.ts';
import { digestOf } from '../blob-store.ts';
import { removeExpired, uploadLifetimeMs } from '../expire-uploads.ts';
import { openFsBlobStore } from './fs-blob-store.ts';

const temporary = () => mkdtemp(join(tmpdir(), 'slipway-blobs-'));
const open = (directory: string, clock = systemClock) =>
  openFsBlobStore({ directory, clock, random: systemRandom, logger: silentLogger });

testBlobStore({
  name: 'file system',
  async make() {
    const directory = await temporary();
    let full = false;
    const reserve = () => {
      if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    return {
      open: () =>
        openFsBlobStore({ directory, clock: systemClock, random: systemRandom, logger: silentLogger, reserve }),
      fill: (on) => {
        full = on;
      },
      remove: () => rm(directory, { recursive: true, force: true }),
    };
  },
});

describe('file system', () => {
  it('cuts a torn record off the end of the log, and keeps all before it', async () => {
    const directory = await temporary();
    try {
      const blobs = Array.from({ length: 20 }, (_, i) => randomBytes(i * 100));
      const store = await open(directory);
      for (const bytes of blobs) await store.write(bytes, digestOf(bytes));
      await store.close();
      const log = join(directory, 'small/00000001.log');
      const whole = await readFile(log);
      for (const cut of [1, 50, 1000, 1900]) {
        await writeFile(log, whole.subarray(0, whole.length - cut));
        const torn = await open(directory);
        for (const bytes of blobs.slice(0, 18)) {
          assert.ok((await torn.read(digestOf(bytes), bytes.length))!.equals(bytes));
        }
        assert.equal(await torn.stat(digestOf(blobs[19]!)), undefined);
        await torn.write(blobs[19]!, digestOf(blobs[19]!));
        await torn.close();
        const again = await open(directory);
        assert.ok((await again.read(digestOf(blobs[19]!), 5000))!.equals(blobs[19]!));
        await again.close();
      }
      await writeFile(log, whole);
      await appendFile(log, randomBytes(300));
      const garbage = await open(directory);
      for (const bytes of blobs) assert.ok(await garbage.stat(digestOf(bytes)));
      await garbage.close();
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('shows no blob of an upload that was not finished, and removes the upload when it has expired', async () => {
    const directory = await temporary();
    const clock = new FakeClock(systemClock.now());
    try {
      const store = await open(directory, clock);
      const id = await store.startUpload();
      await store.append(
        id,
        0,
        (async function* () {
          yield randomBytes(200_000);
        })(),
      );
      await store.close();
      const again = await open(directory, clock);
      assert.deepEqual(await Array.fromAsync(again.list()), []);
      assert.equal(await removeExpired(again, clock.now()), 0);
      clock.advance(uploadLifetimeMs + 1000);
      assert.equal(await removeExpired(again, clock.now()), 1);
      assert.deepEqual(await readdir(join(directory, 'uploads')), []);
      await again.close();
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
