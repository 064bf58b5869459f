import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Body } from './body.ts';

const bytesOf = (size: number) => randomBytes(size);

function frame(bytes: Buffer, sizes: readonly number[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const chunk = bytes.subarray(at, at + (sizes[i % sizes.length] ?? 1000));
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
    at += chunk.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Feeds `wire` to a body as a socket would, `reads` at a time, the first `prefix` bytes by `prepend`; answers what a reader gets. */
async function transfer(options: {
  readonly wire: Buffer;
  readonly length: number | undefined;
  readonly reads: readonly number[];
  readonly prefix: number;
}): Promise<{ readonly bytes: Buffer; readonly body: Body; readonly unread: number }> {
  const { wire, reads } = options;
  let paused = false;
  let at = 0;
  const body = new Body({
    length: options.length,
    begin: () => {},
    resume: () => {
      paused = false;
    },
  });
  const prefix = wire.subarray(0, Math.min(options.prefix, wire.length));
  if (!body.done) at = body.prepend(prefix);
  paused = body.isFull;
  const pieces: Buffer[] = [];
  const reading = (async () => {
    for await (const piece of body) pieces.push(Buffer.from(piece));
  })();
  reading.catch(() => {});
  for (let turn = 0; !body.done && at < wire.length && turn < 100_000; turn++) {
    if (!paused) {
      const space = body.space();
      assert.ok(space.length > 0);
      const count = Math.min(space.length, reads[turn % reads.length]!, wire.length - at);
      wire.copy(space, 0, at, at + count);
      at += count;
      paused = !body.received(count, space);
    }
    await undefined;
  }
  if (!body.done) body.fail(new Error('cut off'));
  await reading;
  return { bytes: Buffer.concat(pieces), body, unread: wire.length - at };
}

describe('body', () => {
  const reads = fc.array(fc.constantFrom(1, 7, 1000, 65_536, 2_000_000), { minLength: 1, maxLength: 5 });
  const size = fc.constantFrom(0, 1, 100, 65_536, 1_048_575, 1_048_576, 1_048_577, 3_300_000);
  /** Byte by byte only where there are few. */
  const patient = (size: number, all: readonly number[]) =>
    size > 1000 ? all.map((one) => Math.max(one, 9_000)) : all;

  it('hands out exactly the bytes of a body with a length', async () => {
    await fc.assert(
      fc.asyncProperty(size, reads, fc.nat({ max: 20_000 }), async (length, sizes, prefix) => {
        const sent = bytesOf(length);
        const wire = Buffer.concat([sent, Buffer.from('GET /next')]);
        const result = await transfer({ wire, length, reads: patient(length, sizes), prefix });
        assert.ok(result.bytes.equals(sent));
        assert.equal(result.unread, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('takes the frames out of a body in chunks, however they are cut, and keeps what comes behind', async () => {
    const chunks = fc.array(fc.constantFrom(1, 15, 16, 4096, 32_768, 1_500_000), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(size, chunks, reads, fc.nat({ max: 20_000 }), async (length, frames, sizes, prefix) => {
        const sent = bytesOf(length);
        const framed = frame(sent, patient(length, frames));
        const wire = Buffer.concat([framed, Buffer.from('GET /next')]);
        const result = await transfer({ wire, length: undefined, reads: patient(length, sizes), prefix });
        assert.ok(result.bytes.equals(sent));
        assert.equal((result.body.rest?.length ?? 0) + result.unread, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('hands out what has come before the client went away, then fails', async () => {
    const sent = bytesOf(2_500_000);
    const failing = transfer({ wire: sent, length: 3_000_000, reads: [100_000], prefix: 0 });
    await assert.rejects(failing, /cut off/);
  });

  it('refuses what is not in chunks', async () => {
    for (const wire of [
      'nonsense\r\n',
      '5\nabcde\r\n',
      '5;a=b\nabcde\r\n',
      '5\r\nabcde\n0\r\n\r\n',
      '5\r\nabcdefgh\r\n',
      `${'1'.repeat(2000)}\r\n`,
    ]) {
      const failing = transfer({ wire: Buffer.from(wire), length: undefined, reads: [3], prefix: 0 });
      await assert.rejects(failing, /chunk/);
    }
  });
});
