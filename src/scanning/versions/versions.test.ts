import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compareAlpine } from './alpine.ts';
import { compareDebian } from './debian.ts';
import { compareMaven } from './maven.ts';
import { comparePython } from './python.ts';
import { compareRpm } from './rpm.ts';
import { compareSemver } from './semver.ts';

/** Each list is in ascending order; the examples are those of the orders' own specifications. */
const orders: [string, (a: string, b: string) => number, string[][]][] = [
  [
    'Debian',
    compareDebian,
    [
      ['1.0~~', '1.0~~a', '1.0~', '1.0', '1.0-1', '1.0-1+b1', '1.0a', '1.0+dfsg-1', '1.1', '1.10', '1:0.1'],
      ['2.36-9+deb12u3', '2.36-9+deb12u4', '2.36-9+deb12u10'],
    ],
  ],
  [
    'RPM',
    compareRpm,
    [
      ['1.0~rc1-1', '1.0-1', '1.0^git1-1', '1.0.1-1', '1.1-1', '1.10-1', '1:0.1-1'],
      ['1.0-1.el9', '1.0-1.el9_1', '1.0-2.el9'],
      ['1.a', '1.1'],
    ],
  ],
  [
    'Alpine',
    compareAlpine,
    [
      [
        '1.0_alpha',
        '1.0_alpha2',
        '1.0_beta',
        '1.0_pre',
        '1.0_rc1',
        '1.0',
        '1.0-r1',
        '1.0_p1',
        '1.0a',
        '1.0.1',
        '1.1',
        '1.10',
      ],
      ['3.0.12-r4', '3.0.12-r5', '3.0.12-r10'],
    ],
  ],
  [
    'semver',
    compareSemver,
    [
      [
        '1.0.0-alpha',
        '1.0.0-alpha.1',
        '1.0.0-alpha.beta',
        '1.0.0-beta',
        '1.0.0-beta.2',
        '1.0.0-beta.11',
        '1.0.0-rc.1',
        '1.0.0',
        'v1.0.1',
        '1.10.0',
      ],
    ],
  ],
  [
    'Python',
    comparePython,
    [
      [
        '1.0.dev456',
        '1.0a1',
        '1.0a2.dev456',
        '1.0a12.dev456',
        '1.0a12',
        '1.0b1.dev456',
        '1.0b2',
        '1.0b2.post345.dev456',
        '1.0b2.post345',
        '1.0rc1.dev456',
        '1.0rc1',
        '1.0',
        '1.0+abc.5',
        '1.0+abc.7',
        '1.0+5',
        '1.0.post456.dev34',
        '1.0.post456',
        '1.1.dev1',
        '1!0.1',
      ],
    ],
  ],
  [
    'Maven',
    compareMaven,
    [
      ['1-alpha-1', '1-beta', '1-milestone', '1-rc', '1-snapshot', '1', '1-sp', '1-abc', '1-1', '1.1', '1.2', '1.10'],
      ['2.14.1', '2.15.0', '2.16.0-rc1', '2.16.0'],
    ],
  ],
];

for (const [name, compare, lists] of orders) {
  describe(`the order of ${name} versions`, () => {
    for (const list of lists) {
      test(list.join(' < '), () => {
        for (let i = 0; i < list.length; i++) {
          assert.equal(compare(list[i]!, list[i]!), 0);
          for (let j = i + 1; j < list.length; j++) {
            assert.ok(compare(list[i]!, list[j]!) < 0, `${list[i]} < ${list[j]}`);
            assert.ok(compare(list[j]!, list[i]!) > 0, `${list[j]} > ${list[i]}`);
          }
        }
      });
    }

    test('is antisymmetric and takes any text', () => {
      const version = fc.stringMatching(/^[0-9a-z.~^:_+-]{1,12}$/);
      fc.assert(fc.property(version, version, (a, b) => Math.sign(compare(a, b)) + Math.sign(compare(b, a)) === 0));
    });
  });
}

test('equal ones', () => {
  assert.equal(comparePython('1.0', '1.0.0'), 0);
  assert.equal(comparePython('1.0-1', '1.0.post1'), 0);
  assert.equal(compareMaven('1.0.0', '1'), 0);
  assert.equal(compareMaven('1-a1', '1-alpha-1'), 0);
  assert.equal(compareMaven('1.final', '1-ga'), 0);
  assert.equal(compareSemver('v1.2', '1.2.0+build'), 0);
  assert.equal(compareDebian('0:1.0', '1.0-0'), 0);
  assert.equal(compareRpm('1.0', '1.0-3'), 0);
});
