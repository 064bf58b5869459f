import assert from 'node:assert/strict';
import type { statfsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { leaveFree } from './free-space.ts';

const mebibyte = 2 ** 20;

/** A disk of blocks of 4 KiB. */
function fakeDisk(sizeMiB: number, freeMiB: number) {
  let asked = 0;
  const disk = { freeBytes: freeMiB * mebibyte, asked: () => asked };
  const ask = (() => {
    asked += 1;
    return { bavail: Math.floor(disk.freeBytes / 4096), blocks: (sizeMiB * mebibyte) / 4096, bsize: 4096 };
  }) as unknown as typeof statfsSync;
  const reserve = leaveFree('/', ask);
  const write = (bytes: number) => {
    reserve(bytes);
    disk.freeBytes -= bytes;
  };
  return { disk, write };
}

/** Mebibytes that are left when no more can be written. */
function fill({ disk, write }: ReturnType<typeof fakeDisk>): number {
  for (;;) {
    try {
      write(mebibyte);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      return disk.freeBytes / mebibyte;
    }
  }
}

describe('free space', () => {
  it('is left for state and logs', () => {
    const left = fill(fakeDisk(100_000, 2_000));
    assert.ok(left >= 256 && left <= 258, `${left} MiB are left`);
    assert.ok(fill(fakeDisk(100, 90)) >= 5);
    assert.equal(fill(fakeDisk(100_000, 100)), 100);
  });

  it('is asked for seldom while there is much, and again when some was made', () => {
    const one = fakeDisk(100_000, 4_000);
    for (let count = 0; count < 1_000; count += 1) one.write(mebibyte);
    assert.ok(one.disk.asked() < 100);
    fill(one);
    assert.throws(() => one.write(1));
    one.disk.freeBytes += 10 * mebibyte;
    one.write(mebibyte);
  });
});
