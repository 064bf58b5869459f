/** What the conformance suite of the OCI distribution specification asks about blobs, for both digest algorithms. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type Blob,
  blobOf,
  type Client,
  pushBlob,
  randomBlob,
  startTestRegistry,
  type TestRegistry,
} from './client.ts';

const name = 'conformance/repo1';
const other = 'conformance/repo2';

let registry: TestRegistry;
let client: Client;

before(async () => {
  registry = await startTestRegistry();
  client = registry.client;
});
after(() => registry.close());

const urlOf = (blob: Blob, repository = name) => `/v2/${repository}/blobs/${blob.digest}`;

async function assertThere(blob: Blob, repository = name): Promise<void> {
  const head = await client('HEAD', urlOf(blob, repository));
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-length'], String(blob.bytes.length));
  assert.equal(head.headers['docker-content-digest'], blob.digest);
  assert.equal(head.body.length, 0);
  const get = await client('GET', urlOf(blob, repository));
  assert.equal(get.status, 200);
  assert.equal(get.headers['content-length'], String(blob.bytes.length));
  assert.equal(get.headers['docker-content-digest'], blob.digest);
  assert.ok(get.body.equals(blob.bytes));
}

async function assertDeletable(blob: Blob, repository = name): Promise<void> {
  assert.equal((await client('DELETE', urlOf(blob, repository))).status, 202);
  assert.equal((await client('HEAD', urlOf(blob, repository))).status, 404);
  assert.equal((await client('DELETE', urlOf(blob, repository))).status, 404);
}

async function begin(): Promise<string> {
  const start = await client('POST', `/v2/${name}/blobs/uploads/`);
  assert.equal(start.status, 202);
  assert.ok(start.headers.location);
  assert.match(start.headers.range as string, /^0-/);
  return start.headers.location;
}

const withDigest = (location: string, digest: string) => `${location}?digest=${encodeURIComponent(digest)}`;

/** In three chunks; answers that of the last request. */
async function pushChunked(
  blob: Blob,
  bytes: Buffer,
  options: { readonly putLast: boolean; readonly outOfOrder: boolean },
): Promise<number> {
  let location = await begin();
  const size = Math.ceil(bytes.length / 3);
  for (let start = 0; start < bytes.length; start += size) {
    const end = Math.min(start + size, bytes.length);
    const isLast = options.putLast && end === bytes.length;
    const send = (from: number, to: number, put: boolean) =>
      client(put ? 'PUT' : 'PATCH', put ? withDigest(location, blob.digest) : location, {
        body: bytes.subarray(from, to),
        headers: { 'content-range': `${from}-${to - 1}`, 'content-type': 'application/octet-stream' },
      });
    if (options.outOfOrder) {
      const wrong = end < bytes.length ? end : 0;
      const refused = await send(wrong, Math.min(wrong + size, bytes.length), isLast);
      assert.equal(refused.status, 416);
      const stand = await client('GET', location);
      assert.equal(stand.status, 204);
      assert.equal(stand.headers.range, `0-${Math.max(0, start - 1)}`);
      location = stand.headers.location!;
    }
    const answer = await send(start, end, isLast);
    if (isLast) return answer.status;
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.range, `0-${end - 1}`);
    location = answer.headers.location!;
  }
  return (await client('PUT', withDigest(location, blob.digest))).status;
}

for (const algorithm of ['sha256', 'sha512'] as const) {
  describe(`blobs by ${algorithm}`, () => {
    const newBlob = (size = 512) => randomBlob(size, algorithm);

    it('answers 404 for what nobody has pushed', async () => {
      const answer = await client('GET', urlOf(newBlob()));
      assert.equal(answer.status, 404);
    });

    it('takes a blob with one POST', async () => {
      const blob = newBlob();
      const path = `/v2/${name}/blobs/uploads/?digest=${encodeURIComponent(blob.digest)}`;
      const answer = await client('POST', path, { body: blob.bytes });
      assert.equal(answer.status, 201);
      assert.equal(answer.headers['docker-content-digest'], blob.digest);
      assert.ok((await client('GET', answer.headers.location!)).body.equals(blob.bytes));
      await assertThere(blob);
      await assertDeletable(blob);
    });

    it('takes a blob with POST and PUT, again after a deletion', async () => {
      const blob = newBlob();
      for (let turn = 0; turn < 2; turn++) {
        const answer = await pushBlob(client, name, blob);
        assert.equal(answer.status, 201);
        assert.ok((await client('GET', answer.headers.location!)).body.equals(blob.bytes));
        await assertThere(blob);
        await assertDeletable(blob);
      }
    });

    for (const size of [512, 3067, 300_000, 3_500_000]) {
      for (const putLast of [false, true]) {
        for (const outOfOrder of [false, true]) {
          const how = `${putLast ? ', the last one with PUT' : ''}${outOfOrder ? ', refusing those out of order' : ''}`;
          it(`takes ${size} bytes in chunks${how}`, async () => {
            const blob = newBlob(size);
            assert.equal(await pushChunked(blob, blob.bytes, { putLast, outOfOrder }), 201);
            await assertThere(blob);
            await assertDeletable(blob);
          });
        }
      }
    }

    it('takes a blob as a stream without a length', async () => {
      for (const size of [512, 200_000, 2_500_000]) {
        const blob = newBlob(size);
        const location = await begin();
        const patched = await client('PATCH', location, { body: blob.bytes, chunked: true });
        assert.equal(patched.status, 202);
        const done = await client('PUT', withDigest(patched.headers.location!, blob.digest));
        assert.equal(done.status, 201);
        await assertThere(blob);
        await assertDeletable(blob);
      }
    });

    it('gives an upload up', async () => {
      const location = await begin();
      assert.equal((await client('DELETE', location)).status, 204);
      assert.equal((await client('GET', location)).status, 404);
      const late = await client('PATCH', location, { body: 'x' });
      assert.equal(late.status, 404);
      assert.equal(late.json().errors[0].code, 'BLOB_UPLOAD_UNKNOWN');
    });

    it('mounts from the repository that is named, and from any', async () => {
      for (const from of [`&from=${other}`, '']) {
        const blob = newBlob();
        await pushBlob(client, other, blob);
        const path = `/v2/${name}/blobs/uploads/?mount=${encodeURIComponent(blob.digest)}${from}`;
        const mounted = await client('POST', path);
        assert.equal(mounted.status, 201);
        assert.ok((await client('GET', mounted.headers.location!)).body.equals(blob.bytes));
        await assertThere(blob);
        await assertDeletable(blob);
        await assertDeletable(blob, other);
      }
    });

    it('begins an upload where there is nothing to mount', async () => {
      const blob = newBlob();
      const path = `/v2/${name}/blobs/uploads/?mount=${encodeURIComponent(blob.digest)}&from=${other}`;
      const answer = await client('POST', path);
      assert.equal(answer.status, 202);
      const done = await client('PUT', withDigest(answer.headers.location!, blob.digest), { body: blob.bytes });
      assert.equal(done.status, 201);
      await assertThere(blob);
      await assertDeletable(blob);
    });

    it('answers ranges', async () => {
      for (const size of [2048, 100_000]) {
        const blob = newBlob(size);
        await pushBlob(client, name, blob);
        const cases: [string, number, number][] = [
          ['500-1499', 500, 1500],
          ['500-', 500, size],
          ['-500', size - 500, size],
          [`2000-${size + 2952}`, 2000, size],
        ];
        for (const [range, start, end] of cases) {
          const answer = await client('GET', urlOf(blob), { headers: { range: `bytes=${range}` } });
          assert.equal(answer.status, 206, range);
          assert.equal(answer.headers['content-range'], `bytes ${start}-${end - 1}/${size}`);
          assert.equal(answer.headers['content-length'], String(end - start));
          assert.ok(answer.body.equals(blob.bytes.subarray(start, end)));
        }
        for (const range of ['500-0', `${size + 1}-${size + 5000}`]) {
          const answer = await client('GET', urlOf(blob), { headers: { range: `bytes=${range}` } });
          assert.equal(answer.status, 416, range);
        }
        await assertDeletable(blob);
      }
    });

    it('takes the empty blob and the empty document', async () => {
      for (const text of ['', '{}']) {
        const blob = blobOf(text, algorithm);
        const path = `/v2/${name}/blobs/uploads/?digest=${encodeURIComponent(blob.digest)}`;
        assert.equal((await client('POST', path, { body: blob.bytes })).status, 201);
        await assertThere(blob);
        await assertDeletable(blob);
        assert.equal((await pushBlob(client, name, blob)).status, 201);
        await assertThere(blob);
        await assertDeletable(blob);
      }
    });

    it('refuses bytes that are not those of the digest, however they come', async () => {
      const blob = newBlob(3067);
      const wrong = Buffer.concat([blob.bytes, Buffer.from('oh no')]);
      const path = `/v2/${name}/blobs/uploads/?digest=${encodeURIComponent(blob.digest)}`;
      const posted = await client('POST', path, { body: wrong });
      assert.equal(posted.status, 400);
      assert.equal(posted.json().errors[0].code, 'DIGEST_INVALID');
      assert.equal((await pushBlob(client, name, { ...blob, bytes: wrong })).status, 400);
      for (const putLast of [false, true]) {
        assert.equal(await pushChunked(blob, wrong, { putLast, outOfOrder: false }), 400);
      }
      const patched = await client('PATCH', await begin(), { body: wrong, chunked: true });
      const finished = await client('PUT', withDigest(patched.headers.location!, blob.digest));
      assert.equal(finished.status, 400);
      assert.equal((await client('HEAD', urlOf(blob))).status, 404);
    });
  });
}

describe('blobs', () => {
  it('refuses digests that are none', async () => {
    for (const digest of ['sha256:short', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'nothing']) {
      const path = `/v2/${name}/blobs/uploads/?digest=${encodeURIComponent(digest)}`;
      assert.equal((await client('POST', path, { body: 'x' })).json().errors[0].code, 'DIGEST_INVALID');
      const put = await client('PUT', withDigest(await begin(), digest), { body: 'x' });
      assert.equal(put.status, 400);
      assert.equal(put.json().errors[0].code, 'DIGEST_INVALID');
    }
    const without = await client('PUT', await begin(), { body: 'x' });
    assert.equal(without.json().errors[0].code, 'DIGEST_INVALID');
  });

  it('answers conditional requests', async () => {
    const blob = randomBlob(100);
    await pushBlob(client, name, blob);
    const { etag } = (await client('GET', urlOf(blob))).headers;
    assert.equal(etag, `"${blob.digest}"`);
    const same = await client('GET', urlOf(blob), { headers: { 'if-none-match': etag! } });
    assert.equal(same.status, 304);
    assert.equal(same.body.length, 0);
    const changed = await client('GET', urlOf(blob), { headers: { 'if-none-match': '"sha256:other"' } });
    assert.equal(changed.status, 200);
    const range = { range: 'bytes=0-9' };
    const matched = await client('GET', urlOf(blob), { headers: { ...range, 'if-range': etag! } });
    assert.equal(matched.status, 206);
    const unmatched = await client('GET', urlOf(blob), { headers: { ...range, 'if-range': '"other"' } });
    assert.equal(unmatched.status, 200);
  });

  it('goes on only with uploads of the same repository', async () => {
    const location = (await begin()).replace(name, other);
    await pushBlob(client, other, randomBlob(10));
    assert.equal((await client('PATCH', location, { body: 'x' })).status, 404);
  });
});
