import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { analyse } from './analyse.ts';

type Compress = (bytes: Buffer) => Buffer;
const plain: Compress = (bytes) => bytes;

async function layer(digest: string, files: Record<string, string | Buffer>, compress: Compress = gzipSync) {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  const bytes = compress(Buffer.concat(chunks));
  return { digest, open: async () => Readable.from([bytes]) };
}

const debian = 'ID=debian\nVERSION_ID="12"\n';
const status = (...names: string[]) =>
  names.map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1.0-1\n`).join('\n');
const namesOf = (inventory: Awaited<ReturnType<typeof analyse>>) =>
  inventory.packages.map((one) => `${one.layerDigest} ${one.ecosystem} ${one.name}`).sort();

/** One header of an RPM database, as the database holds it. */
function rpmHeader(values: readonly (readonly [tag: number, value: string | number])[]): Buffer {
  const data: Buffer[] = [];
  const index = Buffer.alloc(values.length * 16);
  let offset = 0;
  for (const [i, [tag, value]] of values.entries()) {
    const bytes = Buffer.alloc(typeof value === 'number' ? 4 : value.length + 1);
    if (typeof value === 'number') bytes.writeUInt32BE(value);
    else bytes.write(value);
    index.writeUInt32BE(tag, i * 16);
    index.writeUInt32BE(typeof value === 'number' ? 4 : 6, i * 16 + 4);
    index.writeUInt32BE(offset, i * 16 + 8);
    index.writeUInt32BE(1, i * 16 + 12);
    data.push(bytes);
    offset += bytes.length;
  }
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(values.length, 0);
  lengths.writeUInt32BE(offset, 4);
  return Buffer.concat([lengths, index, ...data]);
}

function rpmDatabase(headers: readonly Buffer[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  try {
    const database = new DatabaseSync(join(folder, 'db'));
    database.exec('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)');
    for (const header of headers) database.prepare('INSERT INTO Packages (blob) VALUES (?)').run(header);
    database.close();
    return readFileSync(join(folder, 'db'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('what is installed in an image', () => {
  for (const [name, compress] of [
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
    ['plain', plain],
  ] as const) {
    test(`a layer in ${name}`, async () => {
      const files = { 'etc/os-release': debian, './var/lib/dpkg/status': status('libc6', 'bash') };
      const inventory = await analyse([await layer('a', files, compress as Compress)]);
      assert.deepEqual(namesOf(inventory), ['a Debian:12 bash', 'a Debian:12 libc6']);
      assert.equal(inventory.distribution?.versionId, '12');
    });
  }

  test('a layer changes what those below say', async () => {
    const module = (name: string) => `{"name":"${name}","version":"1.0.0"}`;
    const inventory = await analyse([
      await layer('a', {
        'etc/os-release': debian,
        'var/lib/dpkg/status': status('libc6'),
        'app/node_modules/left/package.json': module('left'),
        'app/node_modules/right/package.json': module('right'),
        'srv/node_modules/old/package.json': module('old'),
      }),
      await layer('b', {
        'var/lib/dpkg/status': status('libc6', 'curl'),
        'app/node_modules/.wh.left': '',
        'srv/.wh..wh..opq': '',
        'srv/node_modules/new/package.json': module('new'),
      }),
    ]);
    assert.deepEqual(namesOf(inventory), ['a npm right', 'b Debian:12 curl', 'b Debian:12 libc6', 'b npm new']);
  });

  test('what a layer removes is of the layers below, wherever it says so', async () => {
    const module = (name: string) => `{"name":"${name}","version":"1.0.0"}`;
    const inventory = await analyse([
      await layer('a', { 'srv/node_modules/old/package.json': module('old') }),
      await layer('b', {
        'srv/node_modules/new/package.json': module('new'),
        'srv/.wh..wh..opq': '',
        '.wh.srv': '',
      }),
    ]);
    assert.deepEqual(namesOf(inventory), ['b npm new']);
  });

  test('a link in the place of a directory hides it', async () => {
    const archive = pack();
    archive.entry({ name: 'app/node_modules', type: 'symlink', linkname: '/elsewhere' });
    archive.finalize();
    const bytes = Buffer.concat(await Array.fromAsync(archive as AsyncIterable<Buffer>));
    const inventory = await analyse([
      await layer('a', { 'app/node_modules/left/package.json': '{"name":"left","version":"1.0.0"}' }),
      { digest: 'b', open: async () => Readable.from([bytes]) },
    ]);
    assert.deepEqual(inventory.packages, []);
  });

  test('an RPM database in SQLite', async () => {
    const bash = rpmHeader([
      [1000, 'bash'],
      [1001, '5.1.8'],
      [1002, '6.el9'],
      [1003, 1],
      [1022, 'x86_64'],
      [1044, 'bash-5.1.8-6.el9.src.rpm'],
    ]);
    const key = rpmHeader([
      [1000, 'gpg-pubkey'],
      [1001, '1'],
      [1002, '2'],
    ]);
    const files = {
      'etc/os-release': 'ID=rocky\nVERSION_ID=9.3\n',
      'var/lib/rpm/rpmdb.sqlite': rpmDatabase([bash, key]),
    };
    const { packages } = await analyse([await layer('a', files)]);
    assert.deepEqual(
      packages.map(({ ecosystem, name, version, source }) => [ecosystem, name, version, source?.name]),
      [['Rocky Linux:9', 'bash', '1:5.1.8-6.el9', 'bash']],
    );
  });

  test('what cannot be read is said', async () => {
    const { packages, gaps } = await analyse([await layer('a', { 'var/lib/rpm/Packages': 'old' })]);
    assert.deepEqual(packages, []);
    assert.match(gaps[0]!, /Berkeley DB/);
  });

  test('a damaged layer is an error', async () => {
    const broken = { digest: 'a', open: async () => Readable.from([gzipSync(Buffer.alloc(9_000, 1)).subarray(0, 30)]) };
    await assert.rejects(analyse([broken]));
  });
});
