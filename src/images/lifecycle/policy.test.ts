import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LifecycleRule, parseLifecyclePolicy } from './policy.ts';

type Json = Record<string, unknown>;
const rule = (selection: Json, action: Json = { type: 'expire' }, rulePriority: unknown = 1) => ({
  rulePriority,
  selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 1, ...selection },
  action,
});
const parse = (...rules: unknown[]) => parseLifecyclePolicy(JSON.stringify({ rules }));
const problemOf = (...rules: unknown[]) => {
  const parsed = parse(...rules);
  return 'problem' in parsed ? parsed.problem : 'none';
};
const since = (days = 1, type = 'sinceImagePushed') => ({ countType: type, countUnit: 'days', countNumber: days });
const archive = { type: 'transition', targetStorageClass: 'archive' };

test('a whole policy, in the order of priorities', () => {
  const parsed = parse(
    rule({ storageClass: 'archive', ...since(90, 'sinceImageTransitioned') }, { type: 'expire' }, 9),
    rule({ ...since(30, 'sinceImagePulled') }, archive, 8),
    { ...rule({ tagStatus: 'tagged', tagPrefixList: ['prod', 'v'] }, undefined, 2), description: 'text' },
    rule({ tagStatus: 'tagged', tagPatternList: ['*dev*'], ...since(3) }, undefined, 3),
    rule({ tagStatus: 'untagged', ...since(1) }, undefined, 1),
  );
  assert.ok(!('problem' in parsed));
  const summary = parsed.map((one: LifecycleRule) => [one.priority, one.tagStatus, one.tagPatterns.join(), one.action]);
  assert.deepEqual(summary, [
    [1, 'untagged', '', 'EXPIRE'],
    [2, 'tagged', 'prod*,v*', 'EXPIRE'],
    [3, 'tagged', '*dev*', 'EXPIRE'],
    [8, 'any', '', 'TRANSITION'],
    [9, 'any', '', 'EXPIRE'],
  ]);
});

test('texts that are no policies', () => {
  for (const text of ['', 'nonsense', '[]', '"x"', 'null', '1']) {
    assert.deepEqual(parseLifecyclePolicy(text), { problem: 'Could not map policyString into LifecyclePolicy.' }, text);
  }
  assert.deepEqual(parseLifecyclePolicy('{}'), { problem: 'object has missing required properties (["rules"])' });
});

test('members', () => {
  const cases: [string, unknown][] = [
    ['instance type (string) does not match any allowed primitive type (allowed: ["object"])', 'rule'],
    ['object has missing required properties (["action","selection"])', { rulePriority: 1 }],
    ['object instance has properties which are not allowed by the schema: (["x"])', { ...rule({}), x: 1 }],
    ['numeric instance is lower than the required minimum (minimum: 1, found: 0)', rule({ countNumber: 0 })],
    [
      'instance type (string) does not match any allowed primitive type (allowed: ["integer"])',
      rule({}, undefined, '1'),
    ],
    [
      'instance type (number) does not match any allowed primitive type (allowed: ["integer"])',
      rule({ countNumber: 1.5 }),
    ],
    [
      'instance value ("some") not found in enum (possible values: ["tagged","untagged","any"])',
      rule({ tagStatus: 'some' }),
    ],
    ['instance failed to match exactly one schema (matched 0 out of 2)', rule({ countUnit: 'days' })],
    ['instance failed to match exactly one schema (matched 0 out of 2)', rule({ countType: 'sinceImagePushed' })],
    [
      'instance failed to match exactly one schema (matched 0 out of 2)',
      rule({}, { type: 'expire', targetStorageClass: null }),
    ],
    ['instance failed to match exactly one schema (matched 0 out of 2)', rule({}, { type: 'transition' })],
    [
      'instance value ("hours") not found in enum (possible values: ["days"])',
      rule({ ...since(), countUnit: 'hours' }),
    ],
    ['Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.', rule({ tagStatus: 'tagged' })],
    [
      'Only one of tagPrefixList and tagPatternList can be specified.',
      rule({ tagStatus: 'tagged', tagPrefixList: ['a'], tagPatternList: ['a'] }),
    ],
    [
      'tagPrefixList and tagPatternList must not be specified when tagStatus=UNTAGGED.',
      rule({ tagStatus: 'untagged', tagPrefixList: ['a'] }),
    ],
    [
      'array is too short: must have at least 1 elements but instance has 0 elements',
      rule({ tagStatus: 'tagged', tagPrefixList: [] }),
    ],
    [
      'A tag pattern can have at most 4 wildcards: *1*2*3*4*',
      rule({ tagStatus: 'tagged', tagPatternList: ['*1*2*3*4*'] }),
    ],
    [
      'Only action type transition is supported when countType=sinceImagePulled.',
      rule({ ...since(1, 'sinceImagePulled') }),
    ],
    [
      'storageClass must be archive when countType=sinceImageTransitioned.',
      rule({ ...since(90, 'sinceImageTransitioned') }),
    ],
    [
      'numeric instance is lower than the required minimum (minimum: 90, found: 89)',
      rule({ ...since(89, 'sinceImageTransitioned'), storageClass: 'archive' }),
    ],
    ['storageClass must be standard when countType=sinceImagePushed.', rule({ ...since(), storageClass: 'archive' })],
  ];
  for (const [expected, one] of cases) assert.equal(problemOf(one), expected, JSON.stringify(one));
});

test('rules together', () => {
  const untagged = (priority: number) => rule({ tagStatus: 'untagged' }, undefined, priority);
  const tagged = (priority: number) => rule({ tagStatus: 'tagged', tagPrefixList: ['a', 'b'] }, undefined, priority);
  assert.equal(problemOf(untagged(1), untagged(2)), 'Only one rule can select Untagged images per storage class.');
  assert.equal(problemOf(untagged(1), tagged(1)), 'Rule priorities must be unique.');
  assert.equal(
    problemOf(rule({}, undefined, 1), untagged(2)),
    'Rule for tagStatus=ANY must have the lowest priority per storage class',
  );
  assert.equal(
    problemOf(tagged(1), tagged(2)),
    'Rules must have unique sets of tag prefixes and patterns per storage class.',
  );
  assert.equal(problemOf(), 'array is too short: must have at least 1 elements but instance has 0 elements');
  const many = Array.from({ length: 51 }, (_, n) =>
    rule({ tagStatus: 'tagged', tagPrefixList: [`p${n}`] }, undefined, n + 1),
  );
  assert.equal(problemOf(...many), 'A lifecycle policy can have at most 50 rules.');
});

test('expiring by the last pull, where it is switched on', () => {
  const text = JSON.stringify({ rules: [rule({ ...since(1, 'sinceImagePulled') })] });
  assert.ok('problem' in parseLifecyclePolicy(text));
  assert.ok(!('problem' in parseLifecyclePolicy(text, { expireByLastPull: true })));
});
