/**
 * Manifests, read and checked once: OCI image manifest and index, Docker schema 2 manifest and list, the OCI artifact
 * manifest of 1.1's release candidates, and every manifest with `subject` or `artifactType`. Pure; what is wrong with
 * a manifest is a value.
 *
 * https://github.com/opencontainers/image-spec/blob/main/manifest.md, …/image-index.md
 * https://github.com/distribution/distribution/blob/main/docs/content/spec/manifest-v2-2.md
 */
import type { Descriptor } from '#model/ecr.ts';
import { isDigest } from './digest.ts';

export const ociManifestType = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndexType = 'application/vnd.oci.image.index.v1+json';
export const ociArtifactType = 'application/vnd.oci.artifact.manifest.v1+json';
export const dockerManifestType = 'application/vnd.docker.distribution.manifest.v2+json';
export const dockerListType = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** Every type of manifest that is taken. */
export const manifestMediaTypes: readonly string[] = [
  ociManifestType,
  ociIndexType,
  ociArtifactType,
  dockerManifestType,
  dockerListType,
];

/** Larger manifests are refused, as by ECR. Higher: more memory per push; lower: large indexes are turned away. */
export const maxManifestBytes = 4 * 1024 * 1024;

export interface ParsedManifest {
  readonly kind: 'image' | 'index' | 'artifact';
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly children: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Instead of them, where only a row is at hand that does not have them. */
  readonly hasLargeAnnotations?: true;
  /** Digests of blobs that must be in the repository: config and layers, without those that clients fetch elsewhere. */
  readonly requiredBlobs: readonly string[];
}

export interface ManifestProblem {
  readonly problem: 'NOT_JSON' | 'UNSUPPORTED_MEDIA_TYPE' | 'MEDIA_TYPE_MISMATCH' | 'INVALID' | 'TOO_LARGE';
  readonly message: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

/** Layers of these types lie with their publisher; a registry need not hold them. */
const isForeign = (mediaType: string) =>
  mediaType.includes('.nondistributable.') || mediaType === 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';

class Invalid extends Error {}

/** Media types have 127 characters on either side of the slash, and rows of images keep them in memory. */
const maxTypeLength = 512;

function toDescriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw new Invalid(`${where} is not a descriptor`);
  const { digest, mediaType, size } = value;
  if (typeof mediaType !== 'string' || mediaType === '') throw new Invalid(`${where} has no mediaType`);
  if (mediaType.length > maxTypeLength) throw new Invalid(`${where} has a mediaType that is too long`);
  if (!isDigest(digest)) throw new Invalid(`${where} has no valid digest`);
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw new Invalid(`${where} has no valid size`);
  return { digest, mediaType, sizeBytes: size as number };
}

function toDescriptors(value: unknown, where: string): Descriptor[] {
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) throw new Invalid(`${where} is not a list`);
  return value.map((one, index) => toDescriptor(one, `${where}[${index}]`));
}

function toAnnotations(value: unknown): Record<string, string> | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value) || !Object.values(value).every((one) => typeof one === 'string')) {
    throw new Invalid('annotations is not a map of strings');
  }
  return value as Record<string, string>;
}

function toArtifactType(value: unknown): string | undefined {
  if (isAbsent(value) || value === '') return undefined;
  if (typeof value !== 'string') throw new Invalid('artifactType is not a string');
  if (value.length > maxTypeLength) throw new Invalid('artifactType is too long');
  return value;
}

/** The type that the document shows by its members, where it says none. */
function impliedType(manifest: JsonObject): string | undefined {
  if (Array.isArray(manifest['manifests'])) return ociIndexType;
  if (isObject(manifest['config'])) return ociManifestType;
  return undefined;
}

function typeOf(manifest: JsonObject, given: string | undefined): string | ManifestProblem {
  const own = manifest['mediaType'];
  if (!isAbsent(own) && typeof own !== 'string') return { problem: 'INVALID', message: 'mediaType is not a string' };
  if (manifest['schemaVersion'] === 1) {
    return { problem: 'UNSUPPORTED_MEDIA_TYPE', message: 'manifests of schema version 1 are not supported' };
  }
  if (own && given && own !== given) {
    return {
      problem: 'MEDIA_TYPE_MISMATCH',
      message: `the manifest says that it is ${own}, the request says ${given}`,
    };
  }
  const mediaType = given ?? own ?? impliedType(manifest);
  if (mediaType === undefined) return { problem: 'INVALID', message: 'the manifest does not say what it is' };
  if (!manifestMediaTypes.includes(mediaType)) {
    return { problem: 'UNSUPPORTED_MEDIA_TYPE', message: `manifests of type ${mediaType} are not supported` };
  }
  return mediaType;
}

function kindOf(mediaType: string): ParsedManifest['kind'] {
  if (mediaType === ociIndexType || mediaType === dockerListType) return 'index';
  return mediaType === ociArtifactType ? 'artifact' : 'image';
}

function read(manifest: JsonObject, mediaType: string): ParsedManifest {
  const kind = kindOf(mediaType);
  if (kind !== 'artifact' && manifest['schemaVersion'] !== 2) throw new Invalid('schemaVersion is not 2');
  if (kind === 'index' && !Array.isArray(manifest['manifests'])) throw new Invalid('manifests is not a list');
  if (kind === 'index' && (manifest['config'] || manifest['layers'])) throw new Invalid('an index has no layers');
  if (kind === 'image' && manifest['manifests']) throw new Invalid('an image manifest has no manifests');
  const config = kind === 'image' ? toDescriptor(manifest['config'], 'config') : undefined;
  const layersName = kind === 'artifact' ? 'blobs' : 'layers';
  const layers = kind === 'index' ? [] : toDescriptors(manifest[layersName], layersName);
  const subject = isAbsent(manifest['subject']) ? undefined : toDescriptor(manifest['subject'], 'subject');
  const annotations = toAnnotations(manifest['annotations']);
  const artifactType = toArtifactType(manifest['artifactType']);
  const required = [...(config ? [config] : []), ...layers.filter((layer) => !isForeign(layer.mediaType))];
  return {
    kind,
    mediaType,
    ...(artifactType !== undefined && { artifactType }),
    ...(config && { config }),
    layers,
    children: kind === 'index' ? toDescriptors(manifest['manifests'], 'manifests') : [],
    ...(subject && { subject }),
    ...(annotations && { annotations }),
    requiredBlobs: [...new Set(required.map((blob) => blob.digest))],
  };
}

/**
 * `mediaType` is what the client says that it is (Content-Type without its parameters, imageManifestMediaType); without
 * one, and for types that say nothing, the document decides.
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string): ParsedManifest | ManifestProblem {
  if (bytes.byteLength > maxManifestBytes) {
    return { problem: 'TOO_LARGE', message: `the manifest is larger than ${maxManifestBytes} bytes` };
  }
  let manifest: unknown;
  try {
    manifest = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { problem: 'NOT_JSON', message: 'the manifest is not JSON' };
  }
  if (!isObject(manifest)) return { problem: 'INVALID', message: 'the manifest is not an object' };
  const saysNothing = mediaType === '' || mediaType === 'application/json' || mediaType === 'application/octet-stream';
  const type = typeOf(manifest, saysNothing ? undefined : mediaType);
  if (typeof type !== 'string') return type;
  try {
    return read(manifest, type);
  } catch (error) {
    if (error instanceof Invalid) return { problem: 'INVALID', message: error.message };
    throw error;
  }
}

/** What the referrers API and DescribeImages call the type of an artifact: its own, else the type of its config. */
export const effectiveArtifactType = (manifest: {
  readonly artifactType?: string;
  readonly config?: Descriptor;
}): string | undefined => manifest.artifactType ?? manifest.config?.mediaType;

/** The annotations in a manifest's bytes, which were checked when it came. */
export function annotationsOf(bytes: Uint8Array): Record<string, string> | undefined {
  return JSON.parse(new TextDecoder().decode(bytes)).annotations;
}
