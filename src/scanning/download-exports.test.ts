import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Downloaded, downloadExports, downloadedEcosystems } from './download-exports.ts';

const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
const files = new Map<string, { readonly etag: string; readonly body: string; readonly cut?: boolean }>();
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url!);
  const file = files.get(request.url!);
  if (!file) response.writeHead(404).end();
  else if (request.headers['if-none-match'] === file.etag) response.writeHead(304).end();
  else {
    response.writeHead(200, { etag: file.etag, 'content-length': file.body.length });
    if (file.cut) response.write(file.body.slice(0, 2), () => response.destroy());
    else response.end(file.body);
  }
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket/`;
after(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

async function download(...ecosystems: string[]): Promise<Downloaded[]> {
  const done: Downloaded[] = [];
  await downloadExports({ ecosystems, source, directory: folder, onDone: (one) => done.push(one) });
  return done;
}

test('only what has changed is downloaded again', async () => {
  files.set('/bucket/Rocky%20Linux/all.zip', { etag: '"1"', body: 'first' });
  files.set('/bucket/npm/all.zip', { etag: '"1"', body: 'npm' });
  assert.deepEqual(await download('Rocky Linux', 'npm'), [
    { ecosystem: 'Rocky Linux', outcome: 'new' },
    { ecosystem: 'npm', outcome: 'new' },
  ]);
  assert.deepEqual(await downloadedEcosystems(folder), ['Rocky Linux', 'npm']);
  files.set('/bucket/npm/all.zip', { etag: '"2"', body: 'newer' });
  assert.deepEqual(
    (await download('Rocky Linux', 'npm')).map((one) => one.outcome),
    ['unchanged', 'new'],
  );
  assert.equal(await readFile(join(folder, 'npm.zip'), 'utf8'), 'newer');
  assert.equal(asked.length, 4);
});

test('what cannot be had is said, and what was there stays', async () => {
  await assert.rejects(download('Nothing'), /there is no export of "Nothing"/);
  files.set('/bucket/npm/all.zip', { etag: '"3"', body: 'cut short', cut: true });
  await assert.rejects(download('npm'), /cannot be downloaded/);
  assert.equal(await readFile(join(folder, 'npm.zip'), 'utf8'), 'newer');
  assert.ok(!(await readdir(folder)).some((name) => name.endsWith('.part')));
});
