import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import type { ScannerChoice } from '#model/image-scan.ts';
import { advisoryOf, writeAdvisories } from '../../test/support/scannable-images.ts';
import { importAdvisories } from './advisory-database.ts';
import { createChooser, toSource } from './choose-engine.ts';

const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
after(() => rm(folder, { recursive: true }));

const databasePath = join(folder, 'osv.sqlite');
const clock = new FakeClock();
const chooser = (scanner: ScannerChoice, path = folder) => createChooser({ scanner, databasePath, path, clock });

async function install(name: string, answer: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
}

test('what there is decides, in this order', async () => {
  const auto = chooser('auto');
  const none = await auto();
  assert.ok(none.engine === undefined && /scan-db update/.test(none.reason));
  assert.deepEqual(toSource(none), { key: 'current', identity: '' });

  await install('grype', '{"built":"2026-01-02T00:00:00Z"}');
  const grype = await auto();
  assert.deepEqual(grype, { engine: 'grype', program: join(folder, 'grype'), updatedAt: Date.UTC(2026, 0, 2) });
  await install('trivy', '{"VulnerabilityDB":{"UpdatedAt":"2026-01-01T00:00:00Z"}}');
  assert.equal((await auto()).engine, 'trivy');
  assert.equal((await chooser('slipway')()).engine, undefined);

  await writeAdvisories(join(folder, 'in'), [advisoryOf('A', 'npm', 'a', '1.0.0')]);
  await importAdvisories({ directory: join(folder, 'in'), path: databasePath, now: 7 });
  assert.deepEqual(await auto(), { engine: 'slipway', updatedAt: 7 });
  await importAdvisories({ directory: join(folder, 'in'), path: databasePath, now: 8 });
  assert.deepEqual(toSource(await auto()), { key: 'current', engine: 'slipway', updatedAt: 8, identity: 'slipway 8' });
  assert.equal((await chooser('grype')()).engine, 'grype');
});

test('a scanner that is not there is not replaced by another', async () => {
  const missing = await chooser('trivy', '')();
  assert.ok(missing.engine === undefined && /^Trivy is to scan/.test(missing.reason));
});

test('a scanner without a database of its own yet still scans', async () => {
  const path = await mkdtemp(join(folder, 'path-'));
  await writeFile(join(path, 'trivy'), '#!/bin/sh\necho \'{"Version":"0.60.0"}\'\n', { mode: 0o755 });
  const choice = await chooser('trivy', path)();
  assert.deepEqual(toSource(choice), { key: 'current', engine: 'trivy', identity: 'trivy unknown' });
});

test('a database that cannot be read is said', async () => {
  await rm(databasePath);
  await writeFile(databasePath, 'no database at all, and long enough to be looked at as one'.repeat(20));
  const choice = await chooser('slipway')();
  assert.ok(choice.engine === undefined && /cannot be read/.test(choice.reason));
});
