/** A registry on a disk that fills up. Needs root, to mount a small one; what the blob stores do is tested without. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { InitiateLayerUploadCommand, UploadLayerPartCommand } from '@aws-sdk/client-ecr';
import { basic, makeImage, pushBlob, pushImage, randomBlob, startTestRegistry } from './client.ts';

const diskMiB = 24;

/** A directory on a disk of its own; undefined, and said so, where none can be had. */
async function smallDisk(t: TestContext): Promise<{ dataDir: string; remove(): Promise<void> } | undefined> {
  const dataDir = await mkdtemp(join(tmpdir(), 'slipway-full-'));
  const directory = join(dataDir, 'registry');
  await mkdir(directory);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m`, 'tmpfs', directory], {
    encoding: 'utf8',
  });
  const remove = async () => {
    spawnSync('umount', ['-l', directory]);
    await rm(dataDir, { recursive: true, force: true });
  };
  if (mounted.status === 0) return { dataDir, remove };
  await remove();
  t.skip(`no small disk can be mounted here (needs root): ${mounted.stderr?.trim() ?? mounted.error?.message}`);
  return undefined;
}

describe('a disk that is full', () => {
  it('refuses pushes in words, loses nothing, and works again when there is room', { timeout: 60_000 }, async (t) => {
    const disk = await smallDisk(t);
    if (!disk) return;
    const { dataDir } = disk;
    const registry = await startTestRegistry({
      dataDir,
      registry: { createOnPush: true, garbage: { minLeaseMs: 0 } },
    });
    try {
      const { client } = registry;
      const kept = makeImage();
      assert.equal((await pushImage(client, 'app', 'kept', kept)).status, 201);
      const pushed = [];
      let refused: { readonly status: number; readonly code: string; readonly message: string } | undefined;
      for (let count = 0; count < 2 * diskMiB && !refused; count += 1) {
        const blob = randomBlob(2 ** 20);
        const { status, json } = await pushBlob(client, 'app', blob);
        if (status === 201) pushed.push(blob);
        else refused = { status, code: json().errors[0].code, message: json().errors[0].message };
      }
      assert.deepEqual(refused, { status: 507, code: 'UNKNOWN', message: 'there is no space left for the image' });
      assert.ok(pushed.length > diskMiB / 2);

      // To the last byte, so that the kernel says no as well.
      await writeFile(join(dataDir, 'registry/ballast'), Buffer.alloc(diskMiB * 2 ** 20)).catch(() => {});
      const part = await client('POST', '/v2/app/blobs/uploads/');
      const chunk = await client('PATCH', part.headers.location!, { body: randomBlob(3 * 2 ** 20).bytes });
      assert.equal(chunk.status, 507);
      assert.equal((await pushImage(client, 'app', 'other', makeImage())).status, 507);
      const { uploadId } = await registry.ecr().send(new InitiateLayerUploadCommand({ repositoryName: 'app' }));
      const layerPartBlob = randomBlob(3 * 2 ** 20).bytes;
      const partLastByte = layerPartBlob.length - 1;
      const upload = { repositoryName: 'app', uploadId, partFirstByte: 0, partLastByte, layerPartBlob };
      await assert.rejects(registry.ecr().send(new UploadLayerPartCommand(upload)), {
        name: 'ServerException',
        message: 'There is no space left for the image.',
      });
      for (const { digest, bytes } of [...kept.blobs, ...pushed]) {
        assert.ok((await client('GET', `/v2/app/blobs/${digest}`)).body.equals(bytes));
      }
      assert.ok((await client('GET', '/v2/app/manifests/kept')).body.equals(kept.bytes));
      assert.equal((await client('GET', '/health')).status, 200);

      // The layers that no image uses make room, even with not a byte left to write what is deleted.
      const { maintenance } = registry.registry;
      const { id } = maintenance.start({ task: 'gc', dryRun: false, graceMs: 0 });
      let job = await maintenance.get(id);
      for (; job?.status === 'RUNNING'; job = await maintenance.get(id))
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(job?.status, 'SUCCEEDED', job?.message ?? '');
      const pid = registry.registry.pid!;
      await rm(join(dataDir, 'registry/ballast'));
      const again = randomBlob(5 * 2 ** 20);
      assert.equal((await pushBlob(client, 'app', again)).status, 201);
      assert.equal((await pushImage(client, 'app', 'other', makeImage())).status, 201);

      process.kill(pid, 'SIGKILL');
      const { accessKeyId, secretAccessKey } = registry.administrator;
      const deadline = Date.now() + 20_000;
      while (registry.registry.pid === undefined || registry.registry.pid === pid) {
        assert.ok(Date.now() < deadline, 'no other registry process');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const fresh = registry.clientAs(basic(accessKeyId, secretAccessKey));
      for (const { digest, bytes } of [...kept.blobs, again]) {
        assert.ok((await fresh('GET', `/v2/app/blobs/${digest}`)).body.equals(bytes));
      }
    } finally {
      await registry.close();
      await disk.remove();
    }
  });
});
