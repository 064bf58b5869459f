import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Advisory } from './advisory.ts';
import { importAdvisories, openAdvisoryDatabase } from './advisory-database.ts';
import type { InstalledPackage } from './analyse.ts';
import { findVulnerabilities } from './find-vulnerabilities.ts';

const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
after(() => rm(folder, { recursive: true }));

const installed = (ecosystem: string, name: string, version: string, more: Partial<InstalledPackage> = {}) => ({
  ecosystem,
  name,
  version,
  path: 'some/file',
  purl: `pkg:x/${name}@${version}`,
  layerDigest: 'sha256:a',
  ...more,
});

const advisory = (
  id: string,
  ecosystem: string,
  name: string,
  fixed: string,
  more: Partial<Advisory> = {},
): Advisory => ({
  id,
  affected: [
    { package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }] },
  ],
  ...more,
});

let databases = 0;
async function databaseOf(...advisories: Advisory[]) {
  const directory = join(folder, `in-${databases++}`);
  await mkdir(join(directory, 'deeper'), { recursive: true });
  for (const one of advisories) await writeFile(join(directory, 'deeper', `${one.id}.json`), JSON.stringify(one));
  const path = join(folder, `db-${databases}`);
  await importAdvisories({ directory, path, now: 7 });
  const database = openAdvisoryDatabase(path)!;
  after(() => database.close());
  return database;
}

describe('vulnerabilities of what is installed', () => {
  test('distributions are asked by source package and its version', async () => {
    const database = await databaseOf(
      advisory('DEBIAN-CVE-2023-1', 'Debian:12', 'glibc', '2.36-9+deb12u4', { upstream: ['CVE-2023-1'] }),
      advisory('DEBIAN-CVE-2023-2', 'Debian:11', 'glibc', '9'),
    );
    const source = { name: 'glibc', version: '2.36-9+deb12u3' };
    const libraries = ['libc6', 'libc-bin'].map((name) => installed('Debian:12', name, '2.36-9+deb12u3', { source }));
    const [found, ...rest] = findVulnerabilities(libraries, database);
    assert.equal(rest.length, 0);
    assert.equal(found?.id, 'CVE-2023-1');
    assert.deepEqual(
      found?.packages.map(({ name, fixedInVersion }) => [name, fixedInVersion]),
      [
        ['libc6', '2.36-9+deb12u4'],
        ['libc-bin', '2.36-9+deb12u4'],
      ],
    );
  });

  test('two advisories of one CVE are one; the worst comes first; withdrawn ones say nothing', async () => {
    const critical = { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' };
    const database = await databaseOf(
      advisory('GHSA-1', 'npm', 'left', '2.0.0', { aliases: ['CVE-2024-9'], database_specific: { severity: 'LOW' } }),
      advisory('OSV-1', 'npm', 'left', '2.0.0', { aliases: ['CVE-2024-9'] }),
      advisory('GHSA-2', 'npm', 'left', '1.5.0', { severity: [critical] }),
      advisory('GHSA-3', 'npm', 'left', '2.0.0', { withdrawn: '2024-01-01T00:00:00Z' }),
    );
    assert.equal(database.advisoryCount, 3);
    assert.equal(database.updatedAt, 7);
    const found = findVulnerabilities([installed('npm', 'left', '1.0.0')], database);
    assert.deepEqual(
      found.map(({ id, severity }) => [id, severity]),
      [
        ['GHSA-2', 'CRITICAL'],
        ['CVE-2024-9', 'LOW'],
      ],
    );
    assert.deepEqual(findVulnerabilities([installed('npm', 'left', '2.0.0')], database), []);
    assert.deepEqual(findVulnerabilities([installed('PyPI', 'left', '1.0.0')], database), []);
  });

  test("Red Hat's repositories", async () => {
    const database = await databaseOf(
      advisory('RHSA-1', 'Red Hat:enterprise_linux:9::baseos', 'bash', '0:5.1.8-9.el9'),
    );
    const found = findVulnerabilities([installed('Red Hat:enterprise_linux:9', 'bash', '5.1.8-6.el9')], database);
    assert.equal(found.length, 1);
  });

  test('a damaged or empty import leaves the old database', async () => {
    const path = join(folder, 'kept');
    assert.equal(openAdvisoryDatabase(path), undefined);
    const directory = join(folder, 'broken');
    await mkdir(directory);
    await assert.rejects(importAdvisories({ directory, path, now: 1 }), /no advisories/);
    await writeFile(join(directory, 'a.json'), '{');
    await assert.rejects(importAdvisories({ directory, path, now: 1 }), /not JSON/);
    await writeFile(join(directory, 'a.json'), JSON.stringify(advisory('A', 'npm', 'a', '1')));
    await importAdvisories({ directory, path, now: 2 });
    await writeFile(join(directory, 'b.zip'), 'no zip');
    await assert.rejects(importAdvisories({ directory, path, now: 3 }));
    const database = openAdvisoryDatabase(path)!;
    assert.equal(database.updatedAt, 2);
    database.close();
  });
});
