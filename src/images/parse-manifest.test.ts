import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  dockerListType,
  dockerManifestType,
  effectiveArtifactType,
  maxManifestBytes,
  ociArtifactType,
  ociIndexType,
  ociManifestType,
  type ParsedManifest,
  parseManifest,
} from './parse-manifest.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const blob = (letter: string, mediaType = 'application/x', size = 1) => ({ mediaType, digest: digest(letter), size });
const parse = (value: unknown, mediaType?: string) => parseManifest(Buffer.from(JSON.stringify(value)), mediaType);

function good(value: unknown, mediaType?: string): ParsedManifest {
  const parsed = parse(value, mediaType);
  if ('problem' in parsed) assert.fail(`${parsed.problem}: ${parsed.message}`);
  return parsed;
}
function problem(value: unknown, mediaType?: string): string {
  const parsed = parse(value, mediaType);
  return 'problem' in parsed ? parsed.problem : 'none';
}

const image = { schemaVersion: 2, mediaType: ociManifestType, config: blob('a'), layers: [blob('b', 'l', 5)] };

test('image manifests of OCI and Docker', () => {
  for (const mediaType of [ociManifestType, dockerManifestType]) {
    const parsed = good({ ...image, mediaType });
    assert.equal(parsed.kind, 'image');
    assert.equal(parsed.mediaType, mediaType);
    assert.deepEqual(parsed.layers, [{ digest: digest('b'), mediaType: 'l', sizeBytes: 5 }]);
    assert.deepEqual(parsed.requiredBlobs, [digest('a'), digest('b')]);
  }
});

test('indexes of OCI and lists of Docker', () => {
  for (const mediaType of [ociIndexType, dockerListType]) {
    const parsed = good({ schemaVersion: 2, mediaType, manifests: [blob('c'), blob('d')] });
    assert.equal(parsed.kind, 'index');
    assert.deepEqual(
      parsed.children.map((child) => child.digest),
      [digest('c'), digest('d')],
    );
    assert.deepEqual(parsed.requiredBlobs, []);
  }
});

test('artifacts: of their own kind, by artifactType, with a subject', () => {
  const old = good({ mediaType: ociArtifactType, artifactType: 'a/b', blobs: [blob('e')], subject: blob('f') });
  assert.equal(old.kind, 'artifact');
  assert.deepEqual(old.requiredBlobs, [digest('e')]);
  const parsed = good({ ...image, artifactType: 'a/b', subject: blob('f'), annotations: { k: 'v' } });
  assert.equal(parsed.subject?.digest, digest('f'));
  assert.deepEqual(parsed.annotations, { k: 'v' });
  assert.equal(effectiveArtifactType(parsed), 'a/b');
  assert.equal(effectiveArtifactType(good(image)), 'application/x');
  assert.equal(effectiveArtifactType(good({ schemaVersion: 2, mediaType: ociIndexType, manifests: [] })), undefined);
});

test('layers that lie elsewhere are not required', () => {
  const foreign = blob('b', 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip');
  assert.deepEqual(good({ ...image, layers: [foreign] }).requiredBlobs, [digest('a')]);
});

test('what a manifest is, said by the request, by itself, by its members', () => {
  const { mediaType: _, ...untyped } = image;
  assert.equal(good(untyped).mediaType, ociManifestType);
  assert.equal(good(untyped, dockerManifestType).mediaType, dockerManifestType);
  assert.equal(good({ schemaVersion: 2, manifests: [] }).mediaType, ociIndexType);
  assert.equal(good(image, 'application/json').mediaType, ociManifestType);
  assert.equal(problem(image, dockerManifestType), 'MEDIA_TYPE_MISMATCH');
  assert.equal(problem({ ...untyped, mediaType: 'text/plain' }), 'UNSUPPORTED_MEDIA_TYPE');
  assert.equal(problem({ schemaVersion: 1, name: 'x', fsLayers: [] }), 'UNSUPPORTED_MEDIA_TYPE');
  assert.equal(problem({ schemaVersion: 2 }), 'INVALID');
});

test('what is wrong', () => {
  const wrong: unknown[] = [
    [],
    'text',
    { ...image, schemaVersion: 3 },
    { ...image, config: undefined },
    { ...image, config: { ...blob('a'), digest: 'sha256:12' } },
    { ...image, config: { ...blob('a'), digest: `md5:${'0'.repeat(32)}` } },
    { ...image, layers: {} },
    { ...image, layers: [{ ...blob('b'), size: -1 }] },
    { ...image, layers: [{ ...blob('b'), size: '5' }] },
    { ...image, layers: [null] },
    { ...image, manifests: [blob('c')] },
    { ...image, annotations: { k: 1 } },
    { ...image, artifactType: 1 },
    { ...image, subject: 'x' },
    { schemaVersion: 2, mediaType: ociIndexType, manifests: [], layers: [blob('b')] },
    { schemaVersion: 2, mediaType: ociIndexType },
  ];
  for (const value of wrong) assert.equal(problem(value), 'INVALID', JSON.stringify(value));
  const notJson = parseManifest(Buffer.from('{'));
  assert.equal('problem' in notJson && notJson.problem, 'NOT_JSON');
  const notText = parseManifest(Buffer.from([0x22, 0xff, 0x22]));
  assert.equal('problem' in notText && notText.problem, 'NOT_JSON');
  const large = parseManifest(Buffer.alloc(maxManifestBytes + 1, ' '));
  assert.equal('problem' in large && large.problem, 'TOO_LARGE');
});

test('never throws', () => {
  const keys = ['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'subject', 'annotations', 'blobs'];
  const document = fc.dictionary(
    fc.constantFrom(...keys),
    fc.oneof(fc.jsonValue(), fc.constant(blob('a')), fc.constant(2)),
  );
  fc.assert(
    fc.property(
      document,
      fc.option(fc.constantFrom(ociManifestType, ociIndexType, ociArtifactType)),
      (value, type) => void parse(value, type ?? undefined),
    ),
  );
});
