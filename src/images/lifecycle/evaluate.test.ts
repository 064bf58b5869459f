import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluateLifecycle, type LifecycleImage } from './evaluate.ts';
import type { LifecycleRule } from './policy.ts';

const dayMs = 24 * 3_600_000;
const nowMs = 1_000 * dayMs;

const image = (digest: string, ageDays: number, more: Partial<LifecycleImage> = {}): LifecycleImage => ({
  digest,
  tags: [],
  pushedAt: nowMs - ageDays * dayMs,
  isArchived: false,
  children: [],
  ...more,
});
const rule = (more: Partial<LifecycleRule> = {}): LifecycleRule => ({
  priority: 1,
  tagStatus: 'any',
  tagPatterns: [],
  storageClass: 'standard',
  countType: 'imageCountMoreThan',
  countNumber: 1,
  action: 'EXPIRE',
  ...more,
});
const run = (rules: LifecycleRule[], images: LifecycleImage[], inUse: string[] = []) =>
  evaluateLifecycle(rules, images, nowMs, new Set(inUse)).map((one) => one.image.digest);

test('the newest are kept, the oldest go first', () => {
  assert.deepEqual(run([rule({ countNumber: 2 })], [image('a', 1), image('b', 4), image('c', 3), image('d', 2)]), [
    'b',
    'c',
  ]);
});

test('age, counted from the last restoration', () => {
  const byAge = rule({ countType: 'sinceImagePushed', countNumber: 10 });
  const images = [image('old', 10), image('young', 9), image('restored', 50, { activatedAt: nowMs - dayMs })];
  assert.deepEqual(run([byAge], images), ['old']);
});

test('the last pull, or the push where there was none', () => {
  const byPull = rule({ countType: 'sinceImagePulled', countNumber: 10, action: 'TRANSITION' });
  const images = [
    image('never', 20),
    image('new', 5),
    image('pulled', 20, { lastPulledAt: nowMs - dayMs }),
    image('long ago', 30, { lastPulledAt: nowMs - 15 * dayMs }),
    image('restored', 40, { lastPulledAt: nowMs - 30 * dayMs, activatedAt: nowMs - dayMs }),
  ];
  assert.deepEqual(run([byPull], images), ['long ago', 'never']);
});

test('archived images answer to their own rules only', () => {
  const rules = [
    rule({ countType: 'sinceImagePushed', countNumber: 1 }),
    rule({ priority: 2, storageClass: 'archive', countType: 'sinceImageTransitioned', countNumber: 90 }),
  ];
  const archived = (digest: string, days: number) =>
    image(digest, 200, { isArchived: true, archivedAt: nowMs - days * dayMs });
  assert.deepEqual(run(rules, [archived('a', 91), archived('b', 89)]), ['a']);
});

test('tags: every pattern needs one of them', () => {
  const both = rule({ tagStatus: 'tagged', tagPatterns: ['v*', '*prod'], countType: 'sinceImagePushed' });
  const images = [image('both', 5, { tags: ['v1', 'is-prod'] }), image('one', 5, { tags: ['v1'] }), image('none', 5)];
  assert.deepEqual(run([both], images), ['both']);
  assert.deepEqual(run([rule({ tagStatus: 'untagged', countType: 'sinceImagePushed' })], images), ['none']);
});

test('a rule with a lower number shields what it matches, and others still count it', () => {
  const rules = [
    rule({ priority: 1, tagStatus: 'tagged', tagPatterns: ['prod*'], countNumber: 5 }),
    rule({ priority: 2, tagStatus: 'any', countNumber: 2 }),
  ];
  const images = [
    image('p1', 9, { tags: ['prod1'] }),
    image('x1', 8),
    image('p2', 2, { tags: ['prod2'] }),
    image('x2', 1),
  ];
  assert.deepEqual(run(rules, images), ['x1']);
});

test('children go with their index, and not before', () => {
  const children = ['c1', 'c2'];
  const images = [image('c1', 50), image('c2', 50), image('i', 40, { children, tags: ['v1'] }), image('n', 1)];
  const untagged = rule({ tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 7 });
  assert.deepEqual(run([untagged], images), []);
  assert.deepEqual(run([rule()], images), ['i', 'c1', 'c2']);
});

test('a child stays for another index, and for a tag of its own', () => {
  const images = [
    image('shared', 50),
    image('named', 50, { tags: ['keep'] }),
    image('old', 40, { children: ['shared', 'named'] }),
    image('new', 1, { children: ['shared'] }),
  ];
  assert.deepEqual(run([rule()], images), ['old']);
});

test('referrers go with their subject, and theirs with them', () => {
  const images = [
    image('subject', 40),
    image('signature', 1, { subjectDigest: 'subject' }),
    image('of the signature', 1, { subjectDigest: 'signature' }),
    image('kept', 2),
  ];
  assert.deepEqual(run([rule({ countNumber: 1 })], images), ['subject', 'signature', 'of the signature']);
  assert.deepEqual(
    run([rule({ countType: 'sinceImagePushed', countNumber: 30 })], [image('lost', 31, { subjectDigest: 'gone' })]),
    ['lost'],
  );
});

test('what is in use stays, with the index above it', () => {
  const images = [
    image('child', 50),
    image('index', 50, { children: ['child'], tags: ['v1'] }),
    image('used', 40),
    image('free', 30),
    image('newest', 1),
  ];
  assert.deepEqual(run([rule()], images, ['child', 'used']), ['free']);
});

const digests = ['a', 'b', 'c', 'd', 'e', 'f'];
const anyImage = (digest: string, at: number) =>
  fc.record({
    digest: fc.constant(digest),
    tags: fc.uniqueArray(fc.constantFrom('v1', 'v2', 'prod'), { maxLength: 2 }),
    pushedAt: fc.integer({ min: 0, max: 30 }).map((days) => nowMs - days * dayMs),
    isArchived: fc.constant(false),
    children: fc.uniqueArray(fc.constantFrom(...digests.slice(0, at), 'elsewhere'), { maxLength: 3 }),
  });
const anyImages = fc.tuple(...digests.map(anyImage));
const anyRule = (priority: number) =>
  fc.record({
    priority: fc.constant(priority),
    tagStatus: fc.constantFrom<LifecycleRule['tagStatus']>('tagged', 'untagged', 'any'),
    tagPatterns: fc.constant(['v*']),
    storageClass: fc.constant<'standard'>('standard'),
    countType: fc.constantFrom<LifecycleRule['countType']>('imageCountMoreThan', 'sinceImagePushed'),
    countNumber: fc.integer({ min: 1, max: 20 }),
    action: fc.constant<'EXPIRE'>('EXPIRE'),
  });
const anyRules = fc.tuple(anyRule(1), anyRule(2), anyRule(3)).map((rules) => rules as LifecycleRule[]);

test('property: no index is left without an image that it lists', () => {
  fc.assert(
    fc.property(anyRules, anyImages, fc.subarray(digests), (rules, images, inUse) => {
      const gone = new Set(run(rules, images, inUse));
      for (const one of images) {
        if (gone.has(one.digest)) continue;
        for (const child of one.children) assert.ok(!gone.has(child), `${one.digest} lists ${child}`);
      }
      for (const digest of inUse) assert.ok(!gone.has(digest), 'in use');
    }),
  );
});

test('property: each image is acted on at most once', () => {
  fc.assert(
    fc.property(anyRules, anyImages, (rules, images) => {
      const gone = run(rules, images);
      assert.equal(new Set(gone).size, gone.length);
    }),
  );
});
