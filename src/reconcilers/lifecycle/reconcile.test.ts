import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkBlob } from '#images/blobs.ts';
import { digestOf } from '#images/digest.ts';
import { privateRegistry } from '#images/image-name.ts';
import { parseManifest } from '#images/parse-manifest.ts';
import { putImage } from '#images/put-image.ts';
import { createRepository } from '#images/repositories.ts';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { images, layerUploads, repositories } from '#store/tables/ecr.ts';
import { createLeftoversReconciler } from '../lifecycle-leftovers/reconcile.ts';
import { createLifecycleReconciler, nextEvaluation } from './reconcile.ts';

const dayMs = 24 * 3_600_000;
const hourMs = 3_600_000;
const policy = (countNumber: number) =>
  JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: 'any', countType: 'sinceImagePushed', countUnit: 'days', countNumber },
        action: { type: 'expire' },
      },
    ],
  });

async function world(lifecyclePolicyText?: string) {
  const clock = new FakeClock();
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const deps = { store, clock, logger: silentLogger, intervalMs: hourMs };
  const registry = privateRegistry({ account: '123456789012', region: 'us-east-1' });
  const settings = lifecyclePolicyText === undefined ? {} : { lifecyclePolicyText };
  const repository = store.transact((tx) => createRepository(tx, deps, { registry, name: 'app', settings })!);
  const push = (seed: string) =>
    store.transact((tx) => {
      const config = digestOf(Buffer.from(seed));
      linkBlob(tx, deps, { repositoryArn: repository.arn, digest: config, sizeBytes: 1 });
      const text = JSON.stringify({ schemaVersion: 2, config: { mediaType: 'c', digest: config, size: 1 } });
      const parsed = parseManifest(Buffer.from(text));
      if ('problem' in parsed) throw new Error(parsed.message);
      const digest = digestOf(Buffer.from(text));
      putImage(tx, deps, { repository, digest, manifestSizeBytes: text.length, parsed, tags: [seed] });
    });
  return { clock, store, repository, push, reconciler: createLifecycleReconciler(deps) };
}

test('when a policy is due', () => {
  assert.equal(nextEvaluation(undefined, 5, 10), undefined);
  assert.equal(nextEvaluation({}, 5, 10), undefined);
  assert.equal(nextEvaluation({ lifecyclePolicyText: 'x' }, 5, 10), 5);
  assert.equal(nextEvaluation({ lifecyclePolicyText: 'x', lifecycleEvaluatedAt: 3 }, 5, 10), 13);
});

test('evaluated once an interval, and images go when their time has come', async () => {
  const { clock, store, repository, push, reconciler } = await world(policy(2));
  push('a');
  clock.advance(dayMs);
  push('b');
  assert.equal(reconciler.reconcile(repository.arn), clock.now() + hourMs);
  assert.equal(store.get(repositories, repository.arn)!.lifecycleEvaluatedAt, clock.now());
  assert.equal(store.count(images, 'byRepository', repository.arn), 2);
  clock.advance(dayMs);
  assert.equal(reconciler.reconcile(repository.arn), clock.now() + hourMs);
  assert.equal(store.count(images, 'byRepository', repository.arn), 1);
  clock.advance(1);
  assert.equal(reconciler.reconcile(repository.arn), clock.now() - 1 + hourMs, 'not before the hour is over');
});

test('a large repository is done in parts', async () => {
  const { clock, store, repository, push, reconciler } = await world(policy(1));
  for (let n = 0; n < 5_100; n++) push(String(n));
  clock.advance(dayMs);
  assert.equal(reconciler.reconcile(repository.arn), clock.now());
  assert.equal(store.count(images, 'byRepository', repository.arn), 100);
  assert.equal(store.get(repositories, repository.arn)!.lifecycleEvaluatedAt, undefined);
  assert.equal(reconciler.reconcile(repository.arn), clock.now() + hourMs);
  assert.equal(store.count(images, 'byRepository', repository.arn), 0);
});

test('a policy wakes it, other changes of the repository do not', async () => {
  const { repository, reconciler } = await world();
  const changeTo = (after: object) => ({ table: 'repositories', key: repository.arn, before: repository, after });
  assert.deepEqual([...reconciler.wokenBy(changeTo({ ...repository, lifecyclePolicyText: 'x' }))], [repository.arn]);
  assert.deepEqual([...reconciler.wokenBy(changeTo({ ...repository, scanOnPush: true }))], []);
  assert.equal(reconciler.reconcile(repository.arn), undefined);
});

test('uploads that nobody ends go after a day', async () => {
  const { clock, store, repository } = await world();
  const leftovers = createLeftoversReconciler({ store, clock });
  store.transact((tx) =>
    tx.insert(layerUploads, {
      id: 'u',
      repositoryArn: repository.arn,
      createdAt: clock.now(),
      receivedBytes: 0,
      lastPartBytes: 0,
      hasSmallPart: false,
    }),
  );
  clock.advance(dayMs - 1);
  leftovers.reconcile('everything');
  assert.ok(store.get(layerUploads, 'u'));
  clock.advance(1);
  leftovers.reconcile('everything');
  assert.equal(store.get(layerUploads, 'u'), undefined);
});
