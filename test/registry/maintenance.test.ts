/** Garbage collection and fsck of a running registry and of a stopped one, as an operator calls them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BatchDeleteImageCommand } from '@aws-sdk/client-ecr';
import { callSlipway } from '#bin/slipway-api.ts';
import { type DataLock, lockDataDirectory, saveCredentials } from '#control-plane/up/data-directory.ts';
import type { CheckReport } from '#registry/fsck/check.ts';
import type { GarbageReport } from '#registry/garbage/collector.ts';
import { images, imageTags, repositoryBlobs } from '#store/tables/ecr.ts';
import { launcher } from '../support/slipway-process.ts';
import {
  blobOf,
  makeImage,
  pushBlob,
  pushImage,
  randomBlob,
  startTestRegistry,
  type TestManifest,
  type TestRegistry,
} from './client.ts';

let dataDir: string;
let registry: TestRegistry;
let lock: DataLock | undefined;

const start = async () => {
  lock = lockDataDirectory(dataDir);
  registry = await startTestRegistry({ dataDir, registry: { createOnPush: true, garbage: { minLeaseMs: 0 } } });
  const { endpoint, administrator } = registry;
  const { accessKeyId, secretAccessKey, account } = administrator;
  saveCredentials(dataDir, { accessKeyId, secretAccessKey, account, region: 'us-east-1', endpoint });
};
const stop = async () => {
  await registry.close();
  lock?.release();
};

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipway-maintenance-'));
  await start();
});
after(async () => {
  await stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function slipway(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(launcher, [...args, '--data', dataDir], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

async function report<R>(code: number, ...args: string[]): Promise<R> {
  const result = await slipway('registry', ...args, '--json');
  assert.equal(result.code, code, result.err + result.out);
  return JSON.parse(result.out);
}

const image = (): TestManifest => {
  const large = [randomBlob(100_000), randomBlob(300_000)];
  const layers = large.map(({ digest, bytes }) => ({
    mediaType: 'application/octet-stream',
    digest,
    size: bytes.length,
  }));
  const made = makeImage({ layers }, { layers: 0 });
  return { ...made, blobs: [...made.blobs, ...large] };
};

const fileOf = (digest: string) => join(dataDir, 'registry/blobs/sha256', digest.slice(7, 9), digest.slice(7));

describe('slipway registry gc', () => {
  it('says what it would remove, and removes it', async () => {
    const kept = image();
    const gone = image();
    for (const one of [kept, gone]) assert.equal((await pushImage(registry.client, 'app', 'x', one)).status, 201);
    const imageIds = [{ imageDigest: gone.digest }];
    await registry.ecr().send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds }));

    const none = await report<GarbageReport>(0, 'gc');
    assert.deepEqual([none.links.unlinked, none.links.waiting], [0, 3]);
    const dry = await report<GarbageReport>(0, 'gc', '--dry-run', '--grace', '0');
    assert.equal(dry.links.unlinked, 3);
    assert.ok(dry.links.freedBytes > 400_000 && dry.links.freedBytes < 401_000);
    assert.equal((await registry.client('HEAD', `/v2/app/blobs/${gone.blobs[1]!.digest}`)).status, 200);

    const done = await report<GarbageReport>(0, 'gc', '--grace', '0');
    assert.equal(done.links.unlinked, 3);
    assert.ok(done.blobs.removed >= 3 && done.blobs.failed === 0);
    await assert.rejects(readFile(fileOf(gone.blobs[1]!.digest)), /ENOENT/);
    assert.equal((await registry.client('GET', `/v2/app/blobs/${gone.blobs[1]!.digest}`)).status, 404);
    for (const { digest, bytes } of kept.blobs) {
      assert.ok((await registry.client('GET', `/v2/app/blobs/${digest}`)).body.equals(bytes));
    }
    assert.equal((await pushImage(registry.client, 'app', 'x', gone)).status, 201);
    assert.match((await slipway('registry', 'gc')).out, /no image uses taken out of their repositories/);
  });

  it('keeps blobs of which a push was told, from that moment on', async () => {
    const layer = randomBlob(1000);
    await pushBlob(registry.client, 'told', layer);
    const [row] = [...registry.store.find(repositoryBlobs, 'byDigest', layer.digest)];
    const old = async () => {
      registry.store.transact((tx) => tx.put(repositoryBlobs, { ...row!, createdAt: 0 }));
      await registry.store.settled(registry.store.revision);
    };
    const isRenewed = () => registry.store.get(repositoryBlobs, row!.key)!.createdAt > Date.now() - 60_000;
    await old();
    assert.equal((await registry.client('HEAD', `/v2/told/blobs/${layer.digest}`)).status, 200);
    assert.ok(isRenewed());
    await old();
    assert.equal((await pushBlob(registry.client, 'told', layer)).status, 201);
    assert.ok(isRenewed());
    await old();
    await registry.client('POST', `/v2/told/blobs/uploads/?mount=${layer.digest}&from=told`);
    assert.ok(isRenewed());
    await old();
    const { BatchCheckLayerAvailabilityCommand } = await import('@aws-sdk/client-ecr');
    const check = new BatchCheckLayerAvailabilityCommand({ repositoryName: 'told', layerDigests: [layer.digest] });
    assert.equal((await registry.ecr().send(check)).layers![0]!.layerAvailability, 'AVAILABLE');
    assert.ok(isRenewed());
    await report<GarbageReport>(0, 'gc');
    assert.equal((await registry.client('HEAD', `/v2/told/blobs/${layer.digest}`)).status, 200);
  });

  it('begins to count when the last image of a layer is deleted', async () => {
    const one = makeImage();
    await pushImage(registry.client, 'count', 'x', one);
    const { digest } = one.blobs[1]!;
    const [row] = [...registry.store.find(repositoryBlobs, 'byDigest', digest)];
    registry.store.transact((tx) => tx.put(repositoryBlobs, { ...row!, createdAt: 0 }));
    await registry.client('DELETE', `/v2/count/manifests/${one.digest}`);
    assert.ok(registry.store.get(repositoryBlobs, row!.key)!.createdAt > Date.now() - 60_000);
  });

  it("is the administrator's, and nobody's of another account", async () => {
    const config = registry.clientConfig();
    const { accessKeyId, secretAccessKey } = await callSlipway(config, 'CreateAccount', {});
    const other = { ...config, credentials: { accessKeyId, secretAccessKey } };
    const denied = (error: Error) => error.name === 'AccessDeniedException';
    await assert.rejects(callSlipway(other, 'StartRegistryMaintenance', { task: 'gc' }), denied);
    const { maintenance } = await callSlipway(config, 'StartRegistryMaintenance', { task: 'gc', dryRun: true });
    const { maintenanceId } = maintenance;
    await assert.rejects(callSlipway(other, 'GetRegistryMaintenance', { maintenanceId }), denied);
    assert.equal((await callSlipway(config, 'GetRegistryMaintenance', { maintenanceId })).maintenance.task, 'gc');
    const isUnknown = (error: Error) => error.name === 'MaintenanceNotFoundException';
    await assert.rejects(callSlipway(config, 'GetRegistryMaintenance', { maintenanceId: 'x' }), isUnknown);
    for (const input of [
      { task: 'tidy' },
      { task: 'gc', repair: true },
      { task: 'fsck', dryRun: true },
      { task: 'gc', graceMinutes: -1 },
    ]) {
      const isInvalid = (error: Error) => error.name === 'InvalidParameterException';
      await assert.rejects(callSlipway(config, 'StartRegistryMaintenance', input), isInvalid);
    }
  });

  it('refuses a grace that it cannot read', async () => {
    const refused = await slipway('registry', 'gc', '--grace', 'soon');
    assert.notEqual(refused.code, 0);
    assert.match(refused.err, /--grace must be like/);
  });
});

describe('slipway registry fsck', () => {
  it('finds everything sound', async () => {
    const found = await report<CheckReport>(0, 'fsck');
    assert.equal(found.problemCount, 0);
    assert.ok(found.blobs > 5 && found.images >= 1 && found.tags >= 1);
  });

  for (const where of ['running', 'stopped'] as const) {
    it(`finds what is wrong with a ${where} registry, and repairs what can be`, async () => {
      const name = `broken-${where}`;
      const damaged = image();
      const missing = image();
      const sound = image();
      for (const [at, one] of [damaged, missing, sound].entries()) {
        assert.equal((await pushImage(registry.client, name, `t${at}`, one)).status, 201);
      }
      const { store } = registry;
      const [tag] = [...store.all(imageTags)].filter((row) => row.digest === sound.digest);
      const soundLayer = `${tag!.repositoryArn}@${sound.blobs[1]!.digest}`;
      store.transact((tx) => {
        tx.put(imageTags, { ...tag!, key: `${tag!.repositoryArn}:lost`, tag: 'lost', digest: blobOf('lost').digest });
        tx.update(repositoryBlobs, soundLayer, (row) => ({ ...row, sizeBytes: row.sizeBytes + 1 }));
        tx.delete(repositoryBlobs, `${tag!.repositoryArn}@${sound.blobs[2]!.digest}`);
      });
      await store.durable();
      await writeFile(fileOf(damaged.blobs[1]!.digest), randomBytes(100_000));
      await rm(fileOf(missing.blobs[2]!.digest));
      if (where === 'stopped') await stop();

      const kinds = ({ problems }: CheckReport) => problems.map(({ kind }) => kind).sort();
      const found = await report<CheckReport>(2, 'fsck');
      const wrong = ['CORRUPT_BLOB', 'DANGLING_TAG', 'MISSING_BLOB', 'MISSING_BLOB', 'MISSING_LAYER', 'WRONG_SIZE'];
      assert.deepEqual(kinds(found), wrong);
      assert.equal(found.repairedCount, 0);
      const repaired = await report<CheckReport>(2, 'fsck', '--repair');
      assert.ok(repaired.repairedCount >= 5);
      const left = await report<CheckReport>(2, 'fsck');
      assert.deepEqual(kinds(left), ['MISSING_LAYER', 'MISSING_LAYER']);

      if (where === 'stopped') await start();
      const { client } = registry;
      assert.equal((await client('HEAD', `/v2/${name}/blobs/${damaged.blobs[1]!.digest}`)).status, 404);
      for (const [at, one] of [damaged, missing].entries()) await pushImage(client, name, `t${at}`, one);
      for (const one of [damaged, missing, sound]) {
        for (const { digest, bytes } of one.blobs) {
          assert.ok((await client('GET', `/v2/${name}/blobs/${digest}`)).body.equals(bytes));
        }
      }
      const whole = await report<CheckReport>(0, 'fsck');
      assert.equal(whole.problemCount, 0);
      assert.match((await slipway('registry', 'fsck')).out, /all sound/);
    });
  }

  it('says which manifests are gone, until the image is pushed again', async () => {
    const one = makeImage();
    await pushImage(registry.client, 'manifests', 'x', one);
    await registry.registry.blobs.stat(one.digest);
    const segment = (await readdir(join(dataDir, 'registry/small'))).sort()[0]!;
    const log = join(dataDir, 'registry/small', segment);
    const bytes = await readFile(log);
    const at = bytes.indexOf(one.bytes);
    bytes[at + 10]! ^= 1;
    await writeFile(log, bytes);
    const found = await report<CheckReport>(2, 'fsck', '--repair');
    assert.deepEqual(
      found.problems.map(({ kind }) => kind),
      ['CORRUPT_BLOB', 'MISSING_MANIFEST'],
    );
    assert.equal([...registry.store.find(images, 'byDigest', one.digest)].length, 1);
    await pushImage(registry.client, 'manifests', 'x', one);
    assert.equal((await report<CheckReport>(0, 'fsck')).problemCount, 0);
  });
});
