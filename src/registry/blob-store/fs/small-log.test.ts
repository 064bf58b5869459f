/** Compaction: what is deleted gives its space back, and no crash in between loses or revives a blob. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { seededRandom } from '#lib/random.ts';
import { SmallLog } from './small-log.ts';

const segmentBytes = 20_000;
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const blob = (number: number, size = 500) => Buffer.alloc(size, `${number} `);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-small-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const openLog = (at = directory) => SmallLog.open({ directory: at, segmentBytes });

async function sizeOf(at: string): Promise<number> {
  let all = 0;
  for (const name of await readdir(at)) all += (await stat(join(at, name))).size;
  return all;
}

async function assertHolds(log: SmallLog, there: ReadonlyMap<string, Buffer>, gone: Iterable<string> = []) {
  for (const [digest, bytes] of there) assert.ok((await log.read(digest))?.equals(bytes), `${digest} is lost`);
  for (const digest of gone) assert.equal(await log.read(digest), undefined, `${digest} is back`);
  assert.equal(log.size, there.size);
}

describe('compaction of small blobs', () => {
  it('gives space back, keeps what lives, and does nothing while most of it does', async () => {
    let log = await openLog();
    const blobs = Array.from({ length: 300 }, (_, i) => blob(i));
    for (let at = 0; at < blobs.length; at += 20) {
      await Promise.all(blobs.slice(at, at + 20).map((bytes) => log.write(digestOf(bytes), bytes)));
    }
    assert.equal(await log.compact(), 0);
    const there = new Map(blobs.map((bytes) => [digestOf(bytes), bytes]));
    const gone = blobs.filter((_, i) => i % 5 !== 0).map(digestOf);
    for (const digest of gone) {
      await log.delete(digest);
      there.delete(digest);
    }
    const before = await sizeOf(directory);
    assert.ok((await log.compact()) > 0);
    assert.ok((await sizeOf(directory)) < before / 2);
    await assertHolds(log, there, gone);
    await log.close();
    log = await openLog();
    await assertHolds(log, there, gone);
    await log.close();
  });

  it('goes on while blobs are written, read and deleted', async () => {
    const random = seededRandom(3);
    let log = await openLog();
    const there = new Map<string, Buffer>();
    const gone = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      const work: Promise<unknown>[] = [log.compact()];
      for (const [digest, bytes] of there) {
        const what = random.unit();
        if (what < 0.4) {
          there.delete(digest);
          gone.add(digest);
          work.push(log.delete(digest));
        } else if (what < 0.5) work.push(log.read(digest).then((read) => assert.ok(read!.equals(bytes))));
      }
      for (let count = 0; count < 25; count += 1) {
        const bytes = blob(Math.floor(random.unit() * 400), 300 + Math.floor(random.unit() * 3));
        const digest = digestOf(bytes);
        if (gone.has(digest)) continue;
        there.set(digest, bytes);
        work.push(log.write(digest, bytes));
      }
      await Promise.all(work);
      // What was deleted may come again, but not at the same time.
      gone.clear();
    }
    await log.compact();
    await assertHolds(log, there);
    await log.close();
    log = await openLog();
    await assertHolds(log, there);
    await log.close();
  });

  it('survives a crash at any point', async () => {
    const log = await openLog();
    const blobs = Array.from({ length: 120 }, (_, i) => blob(i));
    for (let at = 0; at < blobs.length; at += 30) {
      await Promise.all(blobs.slice(at, at + 30).map((bytes) => log.write(digestOf(bytes), bytes)));
    }
    const there = new Map(blobs.map((bytes) => [digestOf(bytes), bytes]));
    const gone = blobs.filter((_, i) => i % 4 !== 0).map(digestOf);
    for (const digest of gone) {
      await log.delete(digest);
      there.delete(digest);
    }
    const before = await mkdtemp(join(tmpdir(), 'slipway-small-before-'));
    await cp(directory, before, { recursive: true });
    await log.compact();
    await log.close();
    try {
      const newest = (await readdir(directory)).sort().at(-1)!;
      const whole = await readFile(join(directory, newest));
      const oldBytes = await readFile(join(before, newest)).catch(() => Buffer.alloc(0));
      // The log was cut anywhere in what was appended, with none of the old files removed yet.
      for (let cut = oldBytes.length; cut <= whole.length; cut += 211) {
        const at = await mkdtemp(join(tmpdir(), 'slipway-small-cut-'));
        await cp(before, at, { recursive: true });
        for (const name of await readdir(directory)) await cp(join(directory, name), join(at, name));
        await writeFile(join(at, newest), whole.subarray(0, cut));
        const again = await openLog(at);
        await assertHolds(again, there, gone);
        await again.close();
        await rm(at, { recursive: true });
      }
      // All was appended, and some of the old files are removed, the oldest first.
      const old = (await readdir(before)).filter((name) => name !== newest).sort();
      const left = new Set(await readdir(directory));
      for (let count = 0; count <= old.length; count += 1) {
        const isRemoved = old.slice(0, count).every((name) => !left.has(name));
        if (!isRemoved) break;
        const at = await mkdtemp(join(tmpdir(), 'slipway-small-removed-'));
        for (const name of old.slice(count)) await cp(join(before, name), join(at, name));
        for (const name of left) await cp(join(directory, name), join(at, name));
        const again = await openLog(at);
        await assertHolds(again, there, gone);
        await again.close();
        await rm(at, { recursive: true });
      }
    } finally {
      await rm(before, { recursive: true, force: true });
    }
  });

  it('leaves a damaged file alone', async () => {
    let log = await openLog();
    const blobs = Array.from({ length: 120 }, (_, i) => blob(i));
    for (let at = 0; at < blobs.length; at += 30) {
      await Promise.all(blobs.slice(at, at + 30).map((bytes) => log.write(digestOf(bytes), bytes)));
    }
    await log.close();
    const [oldest] = (await readdir(directory)).sort();
    const bytes = await readFile(join(directory, oldest!));
    bytes[5_000]! ^= 1;
    await writeFile(join(directory, oldest!), bytes);
    log = await openLog();
    for (const one of blobs.slice(60)) await log.delete(digestOf(one));
    assert.equal(await log.compact(), 0);
    assert.ok((await readdir(directory)).includes(oldest!));
    await log.close();
  });
});
