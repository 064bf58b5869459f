import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeZip } from '../../test/support/zip.ts';
import { importAdvisories, openAdvisoryDatabase } from './advisory-database.ts';

const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
after(() => rm(folder, { recursive: true }));

const advisory = (id: string, ecosystem: string, name: string) =>
  JSON.stringify({ id, affected: [{ package: { ecosystem, name }, versions: ['1.0.0'] }] });

for (const compress of [false, true]) {
  test(`an export as OSV publishes it: a ${compress ? 'deflated' : 'stored'} archive`, async () => {
    const directory = await mkdtemp(join(folder, 'zip-'));
    const files = {
      'GHSA-1.json': advisory('GHSA-1', 'npm', 'left'),
      'GHSA-2.json': advisory('GHSA-2', 'npm', 'right'),
      'readme.txt': 'no advisory',
    };
    await writeFile(join(directory, 'all.zip'), makeZip(files, compress));
    await writeFile(join(directory, 'one.json'), advisory('RHSA-1', 'Red Hat:enterprise_linux:9::baseos', 'bash'));
    const path = join(directory, 'db');
    assert.deepEqual(await importAdvisories({ directory, path, now: 1 }), { advisoryCount: 3, packageCount: 3 });
    const database = openAdvisoryDatabase(path)!;
    assert.deepEqual(
      database.find('npm', 'left').map((one) => one.id),
      ['GHSA-1'],
    );
    assert.ok(database.covers('npm') && database.covers('Red Hat:enterprise_linux:9'));
    assert.ok(!database.covers('PyPI') && !database.covers('Red Hat:enterprise_linux:8') && !database.covers('np'));
    assert.deepEqual(database.ecosystems(), [
      { name: 'Red Hat', packageCount: 1 },
      { name: 'npm', packageCount: 2 },
    ]);
    database.close();
  });
}

test('an advisory that is in two exports is one', async () => {
  const directory = await mkdtemp(join(folder, 'twice-'));
  const both = JSON.stringify({
    id: 'GHSA-1',
    affected: ['npm', 'PyPI'].map((ecosystem) => ({ package: { ecosystem, name: 'left' }, versions: ['1'] })),
  });
  for (const name of ['npm.zip', 'PyPI.zip']) await writeFile(join(directory, name), makeZip({ 'GHSA-1.json': both }));
  const path = join(directory, 'db');
  await importAdvisories({ directory, path, now: 1 });
  const database = openAdvisoryDatabase(path)!;
  for (const ecosystem of ['npm', 'PyPI']) assert.equal(database.find(ecosystem, 'left').length, 1);
  database.close();
});

test('an archive that is cut short leaves the old database', async () => {
  const directory = await mkdtemp(join(folder, 'cut-'));
  const path = join(directory, 'db');
  const whole = makeZip({ 'a.json': advisory('A', 'npm', 'a'), 'b.json': advisory('B', 'npm', 'b') }, true);
  await writeFile(join(directory, 'all.zip'), whole);
  await importAdvisories({ directory, path, now: 1 });
  await writeFile(join(directory, 'all.zip'), whole.subarray(0, whole.length - 30));
  await assert.rejects(importAdvisories({ directory, path, now: 2 }));
  const database = openAdvisoryDatabase(path)!;
  assert.equal(database.updatedAt, 1);
  database.close();
});
