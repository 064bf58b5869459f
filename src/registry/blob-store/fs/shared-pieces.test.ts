import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { FileSource } from './file-source.ts';
import { OpenFiles } from './open-files.ts';

const sizeBytes = 5 * 2 ** 20 + 12_345;

test('readers of the same files at the same time get the right bytes, whoever gives up between', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-pieces-'));
  const contents = [randomBytes(sizeBytes), randomBytes(sizeBytes)];
  const paths = contents.map((_, at) => join(directory, String(at)));
  await Promise.all(paths.map((path, at) => writeFile(path, contents[at]!)));
  const files = new OpenFiles();
  const reader = fc.record({
    file: fc.constantFrom(0, 1),
    start: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: sizeBytes - 1 })),
    length: fc.oneof(fc.constant(sizeBytes), fc.integer({ min: 1, max: sizeBytes })),
    givesUpAfter: fc.option(fc.integer({ min: 0, max: 4 })),
    isSlow: fc.boolean(),
  });
  const read = async ({ file, start, length, givesUpAfter, isSlow }: Parameters<typeof run>[0][number]) => {
    const source = new FileSource((await files.acquire(paths[file]!))!, files);
    const end = Math.min(sizeBytes, start + length);
    let position = start;
    let pieces = 0;
    for await (const piece of source.stream(start, end)) {
      if (isSlow) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(piece.equals(contents[file]!.subarray(position, position + piece.length)));
      position += piece.length;
      if (pieces++ === givesUpAfter) break;
    }
    if (givesUpAfter === null) assert.equal(position, end);
    await source.close();
  };
  const run = (
    readers: readonly { file: number; start: number; length: number; givesUpAfter: number | null; isSlow: boolean }[],
  ) => Promise.all(readers.map(read));
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(reader, { maxLength: 12 }), async (readers) => void (await run(readers))),
      {
        numRuns: 60,
      },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
