import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readFindings, writeFindings } from './findings-file.ts';
import type { Finding } from './report.ts';

const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
after(() => rm(folder, { recursive: true }));

const finding = (number: number): Finding => ({
  id: `CVE-2024-${number}`,
  advisoryId: `CVE-2024-${number}`,
  severity: 'LOW',
  title: 'a title',
  description: 'a description that is the same for all of them '.repeat(10),
  uri: '',
  references: [],
  packages: [],
  firstObservedAt: number,
});
const head = { packageCount: 7, architecture: 'amd64' };

test('pages of any size, at any place', async () => {
  const path = join(folder, 'many');
  const all = Array.from({ length: 1234 }, (_, index) => finding(index));
  await writeFindings(path, head, all);
  assert.ok((await stat(path)).size < JSON.stringify(all).length / 5);
  for (const [from, limit] of [
    [0, 1],
    [0, 100],
    [0, 101],
    [99, 2],
    [100, 100],
    [950, 1000],
    [1233, 5],
    [0, Number.MAX_SAFE_INTEGER],
  ] as const) {
    const page = await readFindings(path, from, limit);
    assert.deepEqual(page.findings, all.slice(from, from + limit), `${limit} from ${from}`);
    assert.equal(page.count, all.length);
    assert.deepEqual(page.head, head);
  }
  assert.deepEqual((await readFindings(path, 5_000, 10)).findings, []);
});

test('none at all', async () => {
  const path = join(folder, 'none');
  await writeFindings(path, head, []);
  assert.deepEqual(await readFindings(path, 0, 100), { head, findings: [], count: 0 });
});

test('a file that is damaged or gone is an error', async () => {
  const path = join(folder, 'cut');
  await writeFindings(path, head, [finding(1)]);
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length - 3));
  await assert.rejects(readFindings(path, 0, 1));
  await writeFile(path, '');
  await assert.rejects(readFindings(path, 0, 1));
  await assert.rejects(readFindings(join(folder, 'gone'), 0, 1));
});
