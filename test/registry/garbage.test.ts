/**
 * Pushes that share layers, mounts, deletions of images and repositories, pulls, restarts and the collector, all at once
 * and in an order that a seed says. Afterwards every image pulls whole and nothing is kept that nobody needs; meanwhile no
 * push loses a layer of which it was told within the grace.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '#images/digest.ts';
import { privateRegistry } from '#images/image-name.ts';
import { deleteRepository, findRepository } from '#images/repositories.ts';
import { maxLeaseMs } from '#registry/blob-store/leases.ts';
import { isReferenced, rules } from '#registry/garbage/rules.ts';
import { images, repositoryBlobs } from '#store/tables/ecr.ts';
import { type Answer, createWorld, graceMs, type World, type WorldOptions } from './garbage-world.ts';

const repositoryNames = ['app', 'web', 'jobs'];
const registry = privateRegistry({ account: '123456789012', region: 'us-east-1' });
/** A row that is younger is not written again before somebody is told of it. */
const freshMs = 60_000;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';

interface Run {
  readonly world: World;
  readonly layers: readonly Buffer[];
  /** Counts repositories' deaths, restarts, and runs without a grace: what excuses a push. */
  readonly generation: Map<string, number>;
  restarts: number;
  forced: number;
  pushed: number;
  refused: number;
}

/** Odd while it happens. */
const isRestarted = (run: Pick<Run, 'restarts'>, before: number) => run.restarts !== before || before % 2 === 1;

const pick = <T>(run: Run, all: readonly T[]): T => all[Math.floor(run.world.unit() * all.length)]!;
const chance = (run: Run, of: number) => run.world.unit() < of;

async function bringBlob(run: Run, repository: string, bytes: Buffer): Promise<string | undefined> {
  const { request } = run.world;
  const digest = digestOf(bytes);
  if ((await request('HEAD', `/v2/${repository}/blobs/${digest}`)).status === 200) return undefined;
  const from = chance(run, 0.5) ? `?mount=${digest}&from=${pick(run, repositoryNames)}` : '';
  const start = await request('POST', `/v2/${repository}/blobs/uploads/${from}`);
  const failed = ({ status, body }: Answer) => (status < 300 ? undefined : `${status} ${body}`);
  if (start.status !== 202) return failed(start);
  let location = String(start.headers['Location']);
  if (chance(run, 0.5)) {
    const half = await request('PATCH', location, bytes.subarray(0, bytes.length / 2));
    if (half.status !== 202) return failed(half);
    location = String(half.headers['Location']);
    return failed(await request('PUT', `${location}?digest=${digest}`, bytes.subarray(bytes.length / 2)));
  }
  return failed(await request('PUT', `${location}?digest=${digest}`, bytes));
}

async function push(run: Run): Promise<void> {
  const { world } = run;
  const repository = pick(run, repositoryNames);
  // One of twenty images, so that the same one is in several repositories and comes again after it was deleted.
  const which = Math.floor(world.unit() * 20);
  const config = Buffer.from(JSON.stringify({ which }));
  const layers = Array.from(
    { length: 1 + (which % 3) },
    (_, at) => run.layers[(which * 7 + at * 3) % run.layers.length]!,
  );
  const before = { generation: run.generation.get(repository), restarts: run.restarts, forced: run.forced };
  const toldAt = world.clock.now();
  for (const blob of [config, ...layers]) {
    const failed = await bringBlob(run, repository, blob);
    if (failed !== undefined) {
      const isGone = failed.includes('NAME_UNKNOWN') || run.generation.get(repository) !== before.generation;
      assert.ok(isGone || isRestarted(run, before.restarts), failed);
      return;
    }
    if (chance(run, 0.4)) world.clock.advance(Math.floor(world.unit() * graceMs * 0.1));
  }
  const describeBlob = (bytes: Buffer) => ({
    mediaType: 'application/octet-stream',
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = { schemaVersion: 2, mediaType, config: describeBlob(config), layers: layers.map(describeBlob) };
  const tag = chance(run, 0.7) ? `t${Math.floor(world.unit() * 5)}` : undefined;
  const bytes = Buffer.from(JSON.stringify(manifest));
  const { status, body } = await world.request(
    'PUT',
    `/v2/${repository}/manifests/${tag ?? digestOf(bytes)}`,
    bytes,
    mediaType,
  );
  if (status === 201) {
    run.pushed += 1;
    return;
  }
  run.refused += 1;
  const excused =
    world.clock.now() - toldAt > graceMs - freshMs ||
    isRestarted(run, before.restarts) ||
    isRestarted({ restarts: run.forced }, before.forced) ||
    run.generation.get(repository) !== before.generation ||
    String(body).includes('NAME_UNKNOWN');
  assert.ok(excused, `a push within the grace was refused: ${status} ${body}`);
}

async function pull(run: Run): Promise<void> {
  const { world } = run;
  const all = [...world.view.all(images)];
  if (all.length === 0) return;
  const { restarts } = run;
  const image = pick(run, all);
  const name = image.repositoryArn.split('repository/')[1]!;
  const read = async (path: string) => {
    const { status, body } = await world.request('GET', `/v2/${name}/${path}`);
    if (status === 200) return assert.equal(digestOf(body), path.split('/')[1]);
    const isStill = world.store.get(images, image.key) !== undefined;
    assert.ok(!isStill || isRestarted(run, restarts), `${path} of an image that is there: ${status} ${body}`);
  };
  await read(`manifests/${image.digest}`);
  for (const { digest } of [image.config!, ...image.layers]) await read(`blobs/${digest}`);
}

async function remove(run: Run): Promise<void> {
  const { world } = run;
  if (chance(run, 0.05)) {
    const name = pick(run, repositoryNames);
    const repository = findRepository(world.store, registry, name);
    if (!repository) return;
    world.store.transact((tx) => deleteRepository(tx, repository));
    run.generation.set(name, (run.generation.get(name) ?? 0) + 1);
    return;
  }
  const all = [...world.store.all(images)];
  if (all.length === 0) return;
  const { repositoryArn, digest } = pick(run, all);
  await world.request('DELETE', `/v2/${repositoryArn.split('repository/')[1]}/manifests/${digest}`);
}

async function disturb(run: Run, withForce: boolean): Promise<void> {
  const { world } = run;
  const what = world.unit();
  if (what < 0.35) await world.collector.tick();
  else if (what < 0.5) world.clock.advance(Math.floor(world.unit() * graceMs * 0.5));
  else if (what < 0.7) await world.collector.run({ dryRun: chance(run, 0.3) });
  else if (what < 0.82 && withForce) {
    run.forced += 1;
    await world.collector.run({ dryRun: false, graceMs: 0 });
    run.forced += 1;
  } else if (what < 0.9) world.restartCollector();
  else if (what < 0.95) {
    run.restarts += 1;
    await world.restartProcess();
    run.restarts += 1;
  }
}

async function settle({ world }: Run): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    world.clock.advance(Math.max(graceMs, maxLeaseMs) + 1_000);
    await world.collector.tick();
    await world.collector.run({ dryRun: false });
  }
}

async function check({ world }: Run): Promise<void> {
  const { store } = world;
  for (const image of store.all(images)) {
    const name = image.repositoryArn.split('repository/')[1]!;
    const paths = [image.config!, ...image.layers].map(({ digest }) => `blobs/${digest}`);
    for (const path of [`manifests/${image.digest}`, ...paths]) {
      const { status, body } = await world.request('GET', `/v2/${name}/${path}`);
      assert.equal(status, 200, `${path} is lost: ${body}`);
      assert.equal(digestOf(body), path.split('/')[1]);
    }
  }
  for await (const { digest } of world.blobs.list())
    assert.ok(isReferenced(store, digest), `${digest} is kept for nobody`);
  for (const row of store.all(repositoryBlobs)) {
    assert.ok(!rules.isLinkUnused(store, row, 0, Number.MAX_SAFE_INTEGER), `${row.key} is linked for nobody`);
  }
}

async function simulate(options: WorldOptions & { readonly withForce?: boolean; readonly pushes?: number }) {
  const world = await createWorld(options);
  const layers = Array.from({ length: 10 }, (_, i) =>
    Buffer.alloc(i % 3 === 0 ? 70_000 + i : 3_000 + i, `layer ${i} of ${options.seed}`),
  );
  const run: Run = { world, layers, generation: new Map(), restarts: 0, forced: 0, pushed: 0, refused: 0 };
  const { pushes = 160 } = options;
  let left = pushes;
  let failure: unknown;
  const work = async (act: () => Promise<void>) => {
    while (left > 0 && failure === undefined) {
      const restarts = run.restarts;
      try {
        await act();
      } catch (error) {
        if (error instanceof assert.AssertionError || !isRestarted(run, restarts)) failure ??= error;
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  const pusher = () =>
    work(async () => {
      left -= 1;
      await push(run);
    });
  try {
    await Promise.all([
      pusher(),
      pusher(),
      pusher(),
      pusher(),
      work(() => pull(run)),
      work(() => (chance(run, 0.3) ? remove(run) : Promise.resolve())),
      work(() => (chance(run, 0.3) ? disturb(run, options.withForce ?? false) : Promise.resolve())),
    ]);
    if (failure !== undefined) throw failure;
    await settle(run);
    // Without what it has in memory.
    await world.restartProcess();
    await check(run);
    return run;
  } finally {
    await world.close();
  }
}

const seeds = process.env['SLIPWAY_SEED'] ? [Number(process.env['SLIPWAY_SEED'])] : [1, 2, 3, 4, 5, 6];
const again = (seed: number) => `repeat with SLIPWAY_SEED=${seed} node --test test/registry/garbage.test.ts`;

describe('garbage collection while everything goes on', () => {
  for (const seed of seeds) {
    for (const withForce of [false, true]) {
      it(`keeps what is needed and only that, seed ${seed}${withForce ? ', also without a grace' : ''}`, async (t) => {
        try {
          const { pushed, refused } = await simulate({ seed, withForce });
          assert.ok(pushed > 25, `only ${pushed} pushes went through`);
          t.diagnostic(`${pushed} pushes, ${refused} refused for a good reason`);
        } catch (error) {
          throw new Error(again(seed), { cause: error });
        }
      });
    }
  }
});

/** Whether one of some seeds tells that the rule is broken. */
async function isCaught(broken: Pick<WorldOptions, 'rules' | 'lease'>, withForce = false): Promise<boolean> {
  for (let seed = 1; seed <= 12; seed += 1) {
    try {
      await simulate({ seed, withForce, ...broken });
    } catch {
      return true;
    }
  }
  return false;
}

describe('the test itself', () => {
  it('notices a collector that forgets the grace', async () => {
    const isLinkUnused: typeof rules.isLinkUnused = (view, row, grace, now) =>
      rules.isLinkUnused(view, row, Math.min(grace, 0), now);
    assert.ok(await isCaught({ rules: { ...rules, isLinkUnused } }));
  });

  it('notices a collector that forgets manifests', async () => {
    const forgetful: typeof isReferenced = (view, digest) => view.count(repositoryBlobs, 'byDigest', digest) > 0;
    assert.ok(await isCaught({ rules: { ...rules, isReferenced: forgetful } }));
  });

  it('notices a store without leases', async () => {
    const lease: WorldOptions['lease'] = (blobs) => ({
      ...blobs,
      async propose(digests) {
        const found = await Promise.all(digests.map((digest) => blobs.open(digest)));
        for (const source of found) await source?.close();
        const accepted = digests.flatMap((digest, at) =>
          found[at] ? [{ digest, sizeBytes: found[at].sizeBytes }] : [],
        );
        return { accepted, leased: [] };
      },
      async collect(digests) {
        for (const digest of digests) await blobs.delete(digest);
        return { removed: [], failed: 0 };
      },
    });
    assert.ok(await isCaught({ lease }));
  });
});
