/** A whole registry on a bucket: pushes, pulls, redirects, collection and fsck as on a file system. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { S3Storage } from '#registry/blob-store/storage.ts';
import type { CheckReport } from '#registry/fsck/check.ts';
import type { GarbageReport } from '#registry/garbage/collector.ts';
import { makeImage, pushImage, randomBlob, startTestRegistry, type TestRegistry } from './client.ts';

const S3rver = createRequire(import.meta.url)('@20minutes/s3rver');

let directory: string;
let server: http.Server;
let storage: S3Storage;

let running: TestRegistry | undefined;

async function start(more: Partial<S3Storage> = {}): Promise<TestRegistry> {
  await running?.close();
  running = await startTestRegistry({
    dataDir: join(directory, 'data'),
    registry: { createOnPush: true, storage: { ...storage, ...more }, garbage: { minLeaseMs: 0 } },
  });
  return running;
}

before(async () => {
  process.env['SLIPWAY_S3_ACCESS_KEY_ID'] = 'S3RVER';
  process.env['SLIPWAY_S3_SECRET_ACCESS_KEY'] = 'S3RVER';
  directory = await mkdtemp(join(tmpdir(), 'slipway-s3-'));
  const s3 = new S3rver({
    silent: true,
    directory: join(directory, 's3'),
    vhostBuckets: false,
    allowMismatchedSignatures: true,
    configureBuckets: [{ name: 'images' }],
  });
  await s3.configureBuckets();
  server = http.createServer(s3.callback());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  storage = { kind: 's3', bucket: 'images', prefix: 'registry', region: 'us-east-1', endpoint, pathStyle: true };
});
after(async () => {
  await running?.close();
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

async function maintain<R>(
  registry: TestRegistry,
  task: Parameters<TestRegistry['registry']['maintenance']['start']>[0],
) {
  const { maintenance } = registry.registry;
  const { id } = maintenance.start(task);
  for (;;) {
    const job = await maintenance.get(id);
    if (job?.status === 'SUCCEEDED') return job.report as R;
    assert.equal(job?.status, 'RUNNING', job?.message ?? '');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a registry on S3', () => {
  it('pushes, pulls, collects and checks, over a restart', { timeout: 60_000 }, async () => {
    let registry = await start();
    const large = randomBlob(12_000_000);
    const layer = { mediaType: 'application/octet-stream', digest: large.digest, size: large.bytes.length };
    const made = makeImage({ layers: [layer] }, { layers: 0 });
    const image = { ...made, blobs: [...made.blobs, large] };
    const gone = makeImage();
    for (const one of [image, gone]) assert.equal((await pushImage(registry.client, 'app', 'x', one)).status, 201);
    const begun = await registry.client('POST', '/v2/app/blobs/uploads/');
    const rest = randomBlob(10_000_000);
    const half = await registry.client('PATCH', begun.headers.location!, { body: rest.bytes.subarray(0, 9_000_000) });
    assert.equal(half.status, 202);

    registry = await start();
    const { client } = registry;
    const last = rest.bytes.subarray(9_000_000);
    assert.equal((await client('GET', half.headers.location!)).headers.range, '0-8999999');
    assert.equal((await client('PUT', `${half.headers.location}?digest=${rest.digest}`, { body: last })).status, 201);
    assert.ok((await client('GET', `/v2/app/blobs/${rest.digest}`)).body.equals(rest.bytes));
    assert.ok((await client('GET', `/v2/app/blobs/${large.digest}`)).body.equals(large.bytes));
    const part = await client('GET', `/v2/app/blobs/${large.digest}`, { headers: { range: 'bytes=7000000-7000009' } });
    assert.deepEqual([part.status, part.body], [206, large.bytes.subarray(7_000_000, 7_000_010)]);

    await client('DELETE', `/v2/app/manifests/${gone.digest}`);
    const collected = await maintain<GarbageReport>(registry, { task: 'gc', dryRun: false, graceMs: 0 });
    assert.deepEqual([collected.links.unlinked, collected.blobs.removed], [4, 5]);
    const checked = await maintain<CheckReport>(registry, { task: 'fsck', repair: false });
    assert.deepEqual([checked.problemCount, checked.blobs, checked.orphans.count], [0, 3, 0]);
    assert.deepEqual(await readdir(join(directory, 'data/registry')).then((all) => all.includes('blobs')), false);
  });

  it('sends pulls to the bucket where it was told so', async () => {
    const registry = await start({ redirect: {} });
    const image = makeImage();
    await pushImage(registry.client, 'sent', 'x', image);
    const { digest, bytes } = image.blobs[1]!;
    const answer = await registry.client('GET', `/v2/sent/blobs/${digest}`);
    assert.equal(answer.status, 307);
    const followed = await fetch(answer.headers.location!);
    assert.ok(Buffer.from(await followed.arrayBuffer()).equals(bytes));
    assert.equal((await registry.client('HEAD', `/v2/sent/blobs/${digest}`)).status, 200);
  });

  it('says that the bucket is away', { timeout: 60_000 }, async () => {
    const registry = await start();
    const image = makeImage();
    await pushImage(registry.client, 'away', 'x', image);
    server.closeAllConnections();
    server.close();
    const pull = await registry.client('GET', `/v2/away/blobs/${image.blobs[1]!.digest}`);
    assert.deepEqual([pull.status, pull.json().errors[0].code], [503, 'UNAVAILABLE']);
    assert.equal((await pushImage(registry.client, 'away', 'y', makeImage())).status, 503);
    assert.equal((await registry.client('GET', '/health')).status, 200);
  });
});
