import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inventory } from './analyse.ts';
import { toSbom } from './sbom.ts';

const one = (name: string) => ({
  ecosystem: 'npm',
  name,
  version: '1.0.0',
  path: `node_modules/${name}/package.json`,
  purl: `pkg:npm/${name}@1.0.0`,
  license: 'MIT',
  layerDigest: 'sha256:a',
});
const inventory: Inventory = {
  distribution: { id: 'alpine', versionId: '3.19.1', name: 'Alpine Linux v3.19' },
  packages: [one('right'), one('left')],
  gaps: [],
};
const subject = { name: 'registry/app', digest: 'sha256:abc', createdAt: 0, toolVersion: '0.1.0' };

test('SPDX: every package is contained in the image that the document describes', () => {
  // biome-ignore lint/suspicious/noExplicitAny: the document's own form
  const document = toSbom('spdx', inventory, subject) as any;
  assert.equal(document.creationInfo.created, '1970-01-01T00:00:00Z');
  const ids = new Set(document.packages.map((entry: { SPDXID: string }) => entry.SPDXID));
  assert.equal(ids.size, 3);
  for (const { relatedSpdxElement } of document.relationships) assert.ok(ids.has(relatedSpdxElement));
  assert.deepEqual(
    document.packages.map((entry: { name: string }) => entry.name),
    ['registry/app', 'left', 'right'],
  );
});

test('CycloneDX: the operating system and every package, each with a reference of its own', () => {
  // biome-ignore lint/suspicious/noExplicitAny: the document's own form
  const document = toSbom('cyclonedx', inventory, subject) as any;
  assert.deepEqual(
    document.components.map((entry: { name: string }) => entry.name),
    ['alpine', 'left', 'right'],
  );
  assert.equal(new Set(document.components.map((entry: Record<string, string>) => entry['bom-ref'])).size, 3);
});

test('the order in which packages were found makes no difference', () => {
  const turned = { ...inventory, packages: [...inventory.packages].reverse() };
  for (const format of ['spdx', 'cyclonedx'] as const) {
    assert.deepEqual(toSbom(format, inventory, subject), toSbom(format, turned, subject));
  }
});
