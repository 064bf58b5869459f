import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { requestScan } from '#images/image-scans.ts';
import { createRepository } from '#images/repositories.ts';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import type { ImageRow } from '#model/ecr.ts';
import type { ImageScanResult, ImageScanRow } from '#model/image-scan.ts';
import { ScanFailure } from '#scanning/report.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { imageScans, images, registries, scanSources } from '#store/tables/ecr.ts';
import { Driver } from '../driver.ts';
import { createImageScansReconciler } from './reconcile.ts';

const scope = { account: '123456789012', region: 'us-east-1' };

interface Running {
  readonly request: ImageScanRow;
  readonly signal: AbortSignal;
  readonly resolve: (result: ImageScanResult) => void;
  readonly reject: (error: unknown) => void;
}

const result = (request: ImageScanRow, source = 'slipway 1'): ImageScanResult => ({
  completedAt: 1,
  engine: 'slipway',
  source,
  counts: {},
  findings: `${request.key}-${request.generation}`,
  gaps: [],
});

async function setUp(concurrency = 2) {
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const clock = new FakeClock();
  const running: Running[] = [];
  const scan = (_: ImageRow, request: ImageScanRow, signal: AbortSignal) =>
    new Promise<ImageScanResult>((resolve, reject) => running.push({ request, signal, resolve, reject }));
  const reconciler = createImageScansReconciler({ store, clock, logger: silentLogger, scanner: { scan, concurrency } });
  const driver = new Driver({ store, clock, logger: silentLogger }, [reconciler]);
  reconciler.onFree(() => driver.wake(reconciler, 'queue'));
  const registry = { kind: 'private', ...scope } as const;
  const { arn } = store.transact((tx) => createRepository(tx, { clock }, { registry, name: 'app' })!);
  const addImage = (name: string): ImageRow => {
    const digest = `sha256:${name}`;
    const config = { digest: 'sha256:c', mediaType: 'application/vnd.oci.image.config.v1+json', sizeBytes: 2 };
    const row: ImageRow = {
      key: `${arn}@${digest}`,
      repositoryArn: arn,
      digest,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      configMediaType: config.mediaType,
      config,
      manifestSizeBytes: 2,
      imageSizeBytes: 2,
      layers: [],
      children: [],
      pushedAt: 0,
      status: 'ACTIVE',
    };
    return store.transact((tx) => tx.insert(images, row));
  };
  const ask = (image: ImageRow) =>
    store.transact((tx) => requestScan(tx, { clock }, image, { scanType: 'BASIC', wanted: 'NOW' }));
  const settle = async (ms = 100) => {
    for (let i = 0; i < 4; i++) {
      await setImmediate();
      clock.advance(ms / 4);
    }
  };
  const close = async () => {
    driver.close();
    reconciler.close();
    await store.close();
  };
  return {
    store,
    clock,
    running,
    addImage,
    ask,
    settle,
    close,
    row: (image: ImageRow) => store.get(imageScans, image.key),
  };
}

test('a few at a time, the next one when one is over', async () => {
  const { running, addImage, ask, settle, close, row } = await setUp(2);
  const added = ['a', 'b', 'c'].map(addImage);
  for (const image of added) ask(image);
  await settle();
  assert.deepEqual(
    running.map(({ request }) => request.digest),
    ['sha256:a', 'sha256:b'],
  );
  running[0]!.resolve(result(running[0]!.request));
  await settle();
  assert.equal(running.length, 3);
  assert.deepEqual([row(added[0]!)?.wanted, row(added[0]!)?.result?.completedAt], [undefined, 1]);
  await close();
});

test('a scan that was asked for anew is made anew, and the older answer is not taken', async () => {
  const { store, running, addImage, ask, settle, close, row } = await setUp();
  const image = addImage('a');
  ask(image);
  await settle();
  store.transact((tx) => tx.update(imageScans, image.key, (one) => ({ ...one, wanted: undefined as never })));
  ask(image);
  await settle();
  assert.ok(running[0]!.signal.aborted);
  running[0]!.resolve(result(running[0]!.request));
  await settle();
  assert.equal(row(image)?.result, undefined);
  assert.equal(running.length, 2);
  running[1]!.resolve(result(running[1]!.request));
  await settle();
  assert.equal(row(image)?.result?.findings, `${image.key}-2`);
  await close();
});

test('a scan of an image that is deleted is called off, and frees its place', async () => {
  const { store, running, addImage, ask, settle, close } = await setUp(1);
  const [gone, next] = ['a', 'b'].map(addImage) as [ImageRow, ImageRow];
  ask(gone);
  ask(next);
  await settle();
  store.transact((tx) => {
    tx.delete(imageScans, gone.key);
    tx.delete(images, gone.key);
  });
  await settle();
  assert.ok(running[0]!.signal.aborted);
  running[0]!.reject(new Error('called off'));
  await settle();
  assert.equal(running[1]?.request.digest, next.digest);
  await close();
});

test('what may pass is tried again; what does not is over', async () => {
  const { running, addImage, ask, settle, close, row } = await setUp();
  const image = addImage('a');
  ask(image);
  await settle();
  running[0]!.reject(new Error('something nobody has foreseen'));
  await settle();
  assert.equal(running.length, 1);
  await settle(2_100);
  assert.equal(running.length, 2);
  running[1]!.reject(new ScanFailure('FAILED', 'there is no database'));
  await settle();
  assert.deepEqual(row(image)?.failure?.reason, 'there is no database');
  assert.equal(row(image)?.wanted, undefined);
  await close();
});

test('continuous: every image once, and all of them again when what scans knows more', async () => {
  const { store, running, addImage, settle, close } = await setUp(10);
  for (const name of ['a', 'b']) addImage(name);
  const source = (identity: string) =>
    store.transact((tx) => tx.put(scanSources, { key: 'current', engine: 'slipway', identity }));
  source('slipway 1');
  const repositoryFilters = [{ filter: '*', filterType: 'WILDCARD' as const }];
  const rules = [{ scanFrequency: 'CONTINUOUS_SCAN' as const, repositoryFilters }];
  store.transact((tx) => tx.put(registries, { ...scope, scanning: { scanType: 'ENHANCED', rules } }));
  await settle(400);
  assert.equal(running.length, 2);
  for (const one of running) one.resolve(result(one.request));
  await settle(120_000);
  assert.equal(running.length, 2);
  source('slipway 2');
  await settle(400);
  assert.equal(running.length, 4);
  await close();
});
