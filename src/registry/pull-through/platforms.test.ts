import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sameChildren } from './platforms.ts';

const index = (...entries: object[]) => Buffer.from(JSON.stringify({ manifests: entries }));
const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };

it('finds the images for the same platforms', () => {
  const older = index({ digest: 'a', platform: amd64 }, { digest: 'b', platform: arm64 }, { digest: 'c' });
  const newer = index({ digest: 'x', platform: arm64 }, { digest: 'y', platform: amd64 }, { digest: 'z' });
  assert.deepEqual(sameChildren(older, newer, new Set(['a'])), ['y']);
  assert.deepEqual(sameChildren(older, newer, new Set(['a', 'b'])), ['x', 'y']);
  assert.deepEqual(sameChildren(older, newer, new Set(['c'])), [], 'what says no platform stands for nothing');
  assert.deepEqual(sameChildren(older, newer, new Set()), []);
});

it('tells attestations from the images that they are about', () => {
  const unknown = { os: 'unknown', architecture: 'unknown' };
  const attestation = { 'vnd.docker.reference.type': 'attestation-manifest' };
  const older = index({ digest: 'a', platform: unknown, annotations: attestation });
  const newer = index({ digest: 'x', platform: unknown }, { digest: 'y', platform: unknown, annotations: attestation });
  assert.deepEqual(sameChildren(older, newer, new Set(['a'])), ['y']);
});
