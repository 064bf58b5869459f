import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Affected, isAffected, ratingOf } from './advisory.ts';
import { baseScore } from './cvss.ts';

const range = (...events: object[]): Affected => ({ ranges: [{ type: 'ECOSYSTEM', events }] }) as Affected;

describe('whether an advisory speaks of a version', () => {
  const glibc = range({ introduced: '0' }, { fixed: '2.36-9+deb12u4' });
  const twice = range({ fixed: '2.3.1' }, { introduced: '2.0.0' }, { introduced: '0' }, { fixed: '1.9.4' });
  const cases: [string, Affected, string, string, object | undefined][] = [
    ['before the fix', glibc, 'Debian:12', '2.36-9+deb12u3', { fixedInVersion: '2.36-9+deb12u4' }],
    ['the fix', glibc, 'Debian:12', '2.36-9+deb12u4', undefined],
    ['the first branch', twice, 'npm', '1.9.3', { fixedInVersion: '1.9.4' }],
    ['between two branches', twice, 'npm', '1.9.9', undefined],
    ['the second branch', twice, 'npm', '2.0.0', { fixedInVersion: '2.3.1' }],
    ['after it', twice, 'npm', '3.0.0', undefined],
    ['the last affected', range({ introduced: '1' }, { last_affected: '1.5' }), 'PyPI', '1.5.0', {}],
    ['after the last affected', range({ introduced: '1' }, { last_affected: '1.5' }), 'PyPI', '1.5.1', undefined],
    ['never fixed', range({ introduced: '1' }), 'Go', '9.0.0', {}],
    ['before it came', range({ introduced: '1' }), 'Go', '0.9.0', undefined],
    ['by name', { versions: ['0.1'] }, 'Hackage', '0.1', {}],
    ['not by name', { versions: ['0.1'] }, 'Hackage', '0.2', undefined],
  ];
  for (const [name, affected, ecosystem, version, expected] of cases) {
    test(name, () => assert.deepEqual(isAffected(affected, ecosystem, version), expected));
  }
});

test('scores of CVSS 3', () => {
  assert.equal(baseScore('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H'), 10);
  assert.equal(baseScore('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'), 9.8);
  assert.equal(baseScore('CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N'), 6.1);
  assert.equal(baseScore('CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:N'), 0);
  assert.equal(baseScore('CVSS:4.0/AV:N/AC:L'), undefined);
});

test('severity: the distribution, then the score, then the database', () => {
  const vector = { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' };
  assert.equal(
    ratingOf({ id: 'a', severity: [vector] }, { ecosystem_specific: { urgency: 'unimportant' } }).severity,
    'INFORMATIONAL',
  );
  assert.deepEqual(ratingOf({ id: 'a', severity: [vector] }, {}), {
    severity: 'CRITICAL',
    vector: vector.score,
    score: 9.8,
  });
  assert.equal(ratingOf({ id: 'a', database_specific: { severity: 'MODERATE' } }, {}).severity, 'MEDIUM');
  assert.equal(ratingOf({ id: 'a' }, {}).severity, 'UNDEFINED');
});
