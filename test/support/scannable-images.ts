/** Images with something in them that a scanner can find, and advisories about it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Advisory } from '#scanning/advisory.ts';
import { importAdvisories } from '#scanning/advisory-database.ts';
import { scanDatabaseDirectory, scanDatabaseFile } from '#scanning/directories.ts';
import { configType, layerType, type MadeImage, manifestType, sha256 } from './images.ts';

export async function makeLayer(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mtime: new Date(0) }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

const described = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: sha256(bytes), size: bytes.length });

export function imageOf(layers: readonly Buffer[], diffIds: readonly string[] = []): MadeImage {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    author: 'somebody',
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: described(configBytes, configType),
    layers: layers.map((layer) => described(layer, layerType)),
  });
  return { manifest, digest: sha256(manifest), blobs: [configBytes, ...layers] };
}

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly source?: string;
}

export function debianFiles(packages: readonly DebianPackage[]): Record<string, string> {
  const paragraphs = packages.map(
    ({ name, version, source }) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\n${source ? `Source: ${source}\n` : ''}Version: ${version}\n`,
  );
  return {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    'var/lib/dpkg/status': paragraphs.join('\n'),
  };
}

export const debianImage = async (packages: readonly DebianPackage[]): Promise<MadeImage> =>
  imageOf([await makeLayer(debianFiles(packages))]);

export function alpineFiles(packages: readonly { readonly name: string; readonly version: string }[]) {
  return {
    'etc/os-release': 'ID=alpine\nVERSION_ID=3.19.1\n',
    'lib/apk/db/installed': packages.map(({ name, version }) => `P:${name}\nV:${version}\nA:x86_64\n`).join('\n'),
  };
}

export const critical = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
export const medium = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N';

export const advisoryOf = (
  id: string,
  ecosystem: string,
  name: string,
  fixed: string | undefined,
  vector?: string,
): Advisory => ({
  id,
  summary: `something is wrong with ${name}`,
  details: `A longer text about ${name}.`,
  published: '2024-01-02T03:04:05Z',
  modified: '2024-02-03T04:05:06Z',
  ...(vector !== undefined && { severity: [{ type: 'CVSS_V3', score: vector }] }),
  affected: [
    {
      package: { ecosystem, name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])] }],
    },
  ],
  references: [{ type: 'ADVISORY', url: `https://example.com/${id}` }],
});

/** Writes them as OSV exports them, one file each. */
export async function writeAdvisories(directory: string, advisories: readonly Advisory[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const one of advisories) await writeFile(join(directory, `${one.id}.json`), JSON.stringify(one));
}

/** Makes the database of a data directory anew, as `slipway scan-db update` does. */
export async function installAdvisories(
  dataDir: string,
  advisories: readonly Advisory[],
  updatedAt: number,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-osv-'));
  try {
    await writeAdvisories(directory, advisories);
    await mkdir(scanDatabaseDirectory(dataDir), { recursive: true });
    await importAdvisories({ directory, path: scanDatabaseFile(dataDir), now: updatedAt });
  } finally {
    await rm(directory, { recursive: true });
  }
}
