/** What every blob store has to do. `openStore` opens the same storage again and again; `fill` makes the disk full. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type BlobError, type BlobSource, type BlobStore, digestOf } from './blob-store.ts';

export interface BlobStoreFixture {
  readonly name: string;
  /** New storage; `open` opens it, also again after a close. */
  make(): Promise<{
    open(): Promise<BlobStore>;
    /** No further byte can be written, until `fill(false)`. */
    fill(full: boolean): void;
    /** Ends it as a crash would, as far as that can be had in one process. */
    remove(): Promise<void>;
  }>;
}

async function* pieces(bytes: Buffer, size = 60_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* broken(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
  throw new Error('the client has gone');
}

async function readAll(source: BlobSource, start = 0, end = source.sizeBytes): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of source.stream(start, end)) all.push(Buffer.from(piece));
  await source.close();
  return Buffer.concat(all);
}

const because = (reason: BlobError['reason']) => (error: BlobError) => error.reason === reason;

/** Around every limit inside: small and large blobs, one and several pieces. */
const sizes = [0, 1, 65_535, 65_536, 65_537, 2 ** 20, 2 ** 20 + 1, 3_300_000];

export function testBlobStore(fixture: BlobStoreFixture): void {
  describe(`blob store: ${fixture.name}`, () => {
    let storage: Awaited<ReturnType<BlobStoreFixture['make']>>;
    let store: BlobStore;

    beforeEach(async () => {
      storage = await fixture.make();
      store = await storage.open();
    });
    afterEach(async () => {
      await store.close();
      await storage.remove();
    });

    const reopen = async () => {
      await store.close();
      store = await storage.open();
    };
    const assertBlob = async (bytes: Buffer, digest: string) => {
      assert.deepEqual(await store.stat(digest), { digest, sizeBytes: bytes.length });
      assert.ok((await readAll((await store.open(digest))!)).equals(bytes));
      assert.ok((await store.read(digest, bytes.length))!.equals(bytes));
    };

    it('keeps what is written, of every size and by either algorithm, over a restart', async () => {
      const all = sizes.flatMap((size) => {
        const bytes = randomBytes(size);
        return (['sha256', 'sha512'] as const).map((algorithm) => ({ bytes, digest: digestOf(bytes, algorithm) }));
      });
      await Promise.all(all.map(({ bytes, digest }) => store.write(bytes, digest)));
      for (const { bytes, digest } of all) await assertBlob(bytes, digest);
      await reopen();
      for (const { bytes, digest } of all) await assertBlob(bytes, digest);
      const listed: string[] = [];
      for await (const { digest } of store.list()) listed.push(digest);
      assert.deepEqual(listed.sort(), all.map(({ digest }) => digest).sort());
    });

    it('knows nothing of what was never written', async () => {
      const digest = digestOf(Buffer.from('never'));
      assert.equal(await store.stat(digest), undefined);
      assert.equal(await store.open(digest), undefined);
      assert.equal(await store.read(digest, 10), undefined);
      await store.delete(digest);
    });

    it('reads parts', async () => {
      for (const size of sizes.slice(1)) {
        const bytes = randomBytes(size);
        const digest = digestOf(bytes);
        await store.write(bytes, digest);
        const parts = [
          [0, 1],
          [size - 1, size],
          [Math.floor(size / 3), Math.ceil((2 * size) / 3)],
        ];
        for (const [start, end] of parts) {
          const part = await readAll((await store.open(digest))!, start!, end!);
          assert.ok(part.equals(bytes.subarray(start, end)));
        }
      }
    });

    it('refuses to read more than it was asked for, and bytes of another digest', async () => {
      const bytes = randomBytes(100);
      const digest = digestOf(bytes);
      await store.write(bytes, digest);
      await assert.rejects(store.read(digest, 99), because('too large'));
      await assert.rejects(store.write(randomBytes(100), digestOf(randomBytes(5))), because('digest'));
    });

    it('takes uploads in any number of parts', async () => {
      for (const size of sizes) {
        for (const parts of [1, 2, 3]) {
          const bytes = randomBytes(size);
          const digest = digestOf(bytes);
          const id = await store.startUpload();
          const step = Math.ceil(size / parts) || 1;
          for (let at = 0; at < size; at += step) {
            const end = Math.min(at + step, size);
            assert.equal(await store.append(id, at, pieces(bytes.subarray(at, end))), end);
          }
          assert.deepEqual(await store.finish(id, digest), { digest, sizeBytes: size });
          await assertBlob(bytes, digest);
          assert.equal(await store.upload(id), undefined);
        }
      }
      assert.deepEqual(await store.uploads(), []);
    });

    it('takes the last part with the end, by either algorithm', async () => {
      for (const size of sizes) {
        for (const algorithm of ['sha256', 'sha512'] as const) {
          const bytes = randomBytes(size);
          const digest = digestOf(bytes, algorithm);
          const id = await store.startUpload();
          const half = Math.floor(size / 2);
          if (half > 0) await store.append(id, undefined, pieces(bytes.subarray(0, half)));
          await store.finish(id, digest, { offset: half, chunks: pieces(bytes.subarray(half)) });
          await assertBlob(bytes, digest);
        }
      }
    });

    it('refuses parts out of order, and says where the upload stands', async () => {
      const id = await store.startUpload();
      await store.append(id, 0, pieces(randomBytes(1000)));
      for (const offset of [0, 999, 1001]) {
        await assert.rejects(
          store.append(id, offset, pieces(randomBytes(10))),
          (error: BlobError) => error.reason === 'offset' && error.sizeBytes === 1000,
        );
      }
      assert.equal((await store.upload(id))?.sizeBytes, 1000);
    });

    it('goes on with an upload after a restart, and after a client that went away', async () => {
      for (const size of [1000, 3_000_000]) {
        const bytes = randomBytes(2 * size);
        const id = await store.startUpload();
        await assert.rejects(store.append(id, 0, broken(bytes.subarray(0, size))), /gone/);
        assert.equal((await store.upload(id))?.sizeBytes, size);
        await reopen();
        assert.equal((await store.upload(id))?.sizeBytes, size);
        await store.append(id, size, pieces(bytes.subarray(size)));
        await store.finish(id, digestOf(bytes));
        await assertBlob(bytes, digestOf(bytes));
      }
    });

    it('drops uploads with wrong bytes, and those that are given up', async () => {
      for (const size of [10, 200_000]) {
        const bad = await store.startUpload();
        await store.append(bad, 0, pieces(randomBytes(size)));
        await assert.rejects(store.finish(bad, digestOf(Buffer.from('other'))), because('digest'));
        const given = await store.startUpload();
        await store.append(given, 0, pieces(randomBytes(size)));
        assert.equal(await store.abort(given), true);
        assert.equal(await store.abort(given), false);
        for (const id of [bad, given]) {
          await assert.rejects(store.append(id, undefined, pieces(randomBytes(1))), because('unknown upload'));
          await assert.rejects(store.finish(id, digestOf(randomBytes(1))), because('unknown upload'));
        }
      }
      await reopen();
      assert.deepEqual(await store.uploads(), []);
    });

    it('stores the same bytes once, whoever brings them at the same time', async () => {
      for (const size of [100, 500_000]) {
        const bytes = randomBytes(size);
        const digest = digestOf(bytes);
        const ids = await Promise.all(Array.from({ length: 8 }, () => store.startUpload()));
        await Promise.all(ids.map((id) => store.finish(id, digest, { offset: 0, chunks: pieces(bytes) })));
        await assertBlob(bytes, digest);
        let count = 0;
        for await (const blob of store.list()) if (blob.digest === digest) count += 1;
        assert.equal(count, 1);
      }
    });

    it('deletes, while somebody reads, and takes the same bytes again', async () => {
      for (const size of [100, 2_500_000]) {
        const bytes = randomBytes(size);
        const digest = digestOf(bytes);
        await store.write(bytes, digest);
        const source = (await store.open(digest))!;
        await store.delete(digest);
        assert.equal(await store.stat(digest), undefined);
        assert.ok((await readAll(source)).equals(bytes));
        await reopen();
        assert.equal(await store.open(digest), undefined);
        await store.write(bytes, digest);
        await assertBlob(bytes, digest);
      }
    });

    it('says that the disk is full, loses nothing, and goes on when there is room', async () => {
      const kept = randomBytes(300_000);
      await store.write(kept, digestOf(kept));
      const small = randomBytes(100);
      const large = randomBytes(3_000_000);
      const id = await store.startUpload();
      await store.append(id, 0, pieces(large.subarray(0, 1_500_000)));
      storage.fill(true);
      await assert.rejects(store.write(small, digestOf(small)), because('disk full'));
      await assert.rejects(store.write(large, digestOf(large)), because('disk full'));
      await assert.rejects(store.append(id, undefined, pieces(large.subarray(1_500_000))), because('disk full'));
      await assertBlob(kept, digestOf(kept));
      assert.equal(await store.stat(digestOf(small)), undefined);
      storage.fill(false);
      await store.write(small, digestOf(small));
      const { sizeBytes } = (await store.upload(id))!;
      assert.ok(sizeBytes >= 1_500_000);
      await store.append(id, sizeBytes, pieces(large.subarray(sizeBytes)));
      await store.finish(id, digestOf(large));
      await reopen();
      for (const bytes of [kept, small, large]) await assertBlob(bytes, digestOf(bytes));
    });
  });
}
