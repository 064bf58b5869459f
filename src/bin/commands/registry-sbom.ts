/** The bill of materials of an image, made here from its layers through the public APIs; on wish attached to the image. */
import { writeFileSync } from 'node:fs';
import {
  BatchGetImageCommand,
  DescribeImagesCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
  ImageAlreadyExistsException,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { ConfigError } from '#control-plane/config.ts';
import { version } from '#control-plane/version.ts';
import { manifestMediaTypes, ociManifestType, type ParsedManifest, parseManifest } from '#images/parse-manifest.ts';
import type { Descriptor } from '#model/ecr.ts';
import { takeInventory } from '#scanning/engines/slipway.ts';
import { type SbomFormat, sbomMediaTypes, toSbom } from '#scanning/sbom.ts';
import { clientConfig, findConnection } from '../connection.ts';
import { type ImageArgument, parseImageArgument } from '../image-argument.ts';
import { print } from '../output.ts';
import { type RepositoryId, uploadBlob } from '../upload-blob.ts';

interface Options {
  readonly data?: string;
  readonly format: SbomFormat;
  readonly output?: string;
  readonly attach?: boolean;
  /** `linux/amd64`, `linux/arm64/v8` */
  readonly platform?: string;
}

interface Found {
  readonly digest: string;
  readonly manifestBytes: Buffer;
  readonly parsed: ParsedManifest;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ppc64: 'ppc64le' };
const ownPlatform = () => `linux/${architectures[process.arch] ?? process.arch}`;

async function getManifest(
  ecr: ECRClient,
  repository: RepositoryId,
  imageId: ImageArgument['imageId'],
): Promise<Found> {
  const acceptedMediaTypes = [...manifestMediaTypes];
  const answer = await ecr.send(new BatchGetImageCommand({ ...repository, imageIds: [imageId], acceptedMediaTypes }));
  const [image] = answer.images ?? [];
  if (!image?.imageManifest) {
    throw new ConfigError(
      answer.failures?.[0]?.failureReason ?? `there is no such image in ${repository.repositoryName}`,
    );
  }
  const manifestBytes = Buffer.from(image.imageManifest);
  const parsed = parseManifest(manifestBytes, image.imageManifestMediaType);
  if ('problem' in parsed) throw new ConfigError(parsed.message);
  return { digest: image.imageId!.imageDigest!, manifestBytes, parsed };
}

interface PlatformEntry {
  readonly digest: string;
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
}

/** The image of an index for a platform: the one that was asked for, else that of this machine. */
function choosePlatform(index: Buffer, platform: string | undefined): string {
  const { manifests } = JSON.parse(index.toString()) as { readonly manifests: readonly PlatformEntry[] };
  const wanted = platform ?? ownPlatform();
  const nameOf = ({ platform: its }: PlatformEntry) =>
    [its?.os, its?.architecture, its?.variant].filter((part) => part !== undefined).join('/');
  const found =
    manifests.find((one) => nameOf(one) === wanted) ?? manifests.find((one) => nameOf(one).startsWith(`${wanted}/`));
  if (found) return found.digest;
  const names = manifests.map(nameOf).filter((name) => name !== '' && !name.startsWith('unknown'));
  throw new ConfigError(`the image has nothing for ${wanted}; choose with --platform: ${names.join(', ')}`);
}

async function findImage(
  ecr: ECRClient,
  repository: RepositoryId,
  image: ImageArgument,
  options: Options,
): Promise<Found> {
  const found = await getManifest(ecr, repository, image.imageId);
  if (found.parsed.kind !== 'index') return found;
  const imageDigest = choosePlatform(found.manifestBytes, options.platform);
  return getManifest(ecr, repository, { imageDigest });
}

async function makeSbom(ecr: ECRClient, repository: RepositoryId, found: Found, format: SbomFormat): Promise<Buffer> {
  const { digest, parsed } = found;
  if (!parsed.config) throw new ConfigError('the image has no config: it is an artifact, not something that runs');
  const toBlob = async (descriptor: Descriptor) => {
    // What lies with its publisher is not in the registry; it is told as a gap.
    if (!parsed.requiredBlobs.includes(descriptor.digest)) return { ...descriptor, url: '' };
    const layer = { ...repository, layerDigest: descriptor.digest };
    const { downloadUrl } = await ecr.send(new GetDownloadUrlForLayerCommand(layer));
    return { ...descriptor, url: downloadUrl! };
  };
  const described = await ecr.send(new DescribeImagesCommand({ ...repository, imageIds: [{ imageDigest: digest }] }));
  const { registryId = '', imagePushedAt } = described.imageDetails![0]!;
  const target = {
    name: `${repository.repositoryName}@${digest}`,
    manifest: { digest, mediaType: parsed.mediaType, sizeBytes: found.manifestBytes.length, url: '' },
    config: { ...parsed.config, url: '' },
    layers: await Promise.all(parsed.layers.map(toBlob)),
  };
  const inventory = await takeInventory(target, new AbortController().signal);
  for (const gap of inventory.gaps) process.stderr.write(`left out: ${gap}\n`);
  const document = toSbom(format, inventory, {
    name: `${registryId}/${repository.repositoryName}`,
    digest,
    createdAt: imagePushedAt?.getTime() ?? 0,
    toolVersion: version,
  });
  return Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
}

const emptyConfig = Buffer.from('{}');
const emptyType = 'application/vnd.oci.empty.v1+json';

/** As an artifact whose subject is the image, which lists of referrers then answer. Answers its digest. */
async function attach(ecr: ECRClient, repository: RepositoryId, found: Found, sbom: Buffer, format: SbomFormat) {
  const artifactType = sbomMediaTypes[format];
  const manifest = {
    schemaVersion: 2,
    mediaType: ociManifestType,
    artifactType,
    config: { mediaType: emptyType, digest: await uploadBlob(ecr, repository, emptyConfig), size: emptyConfig.length },
    layers: [{ mediaType: artifactType, digest: await uploadBlob(ecr, repository, sbom), size: sbom.length }],
    subject: { mediaType: found.parsed.mediaType, digest: found.digest, size: found.manifestBytes.length },
  };
  const imageManifest = JSON.stringify(manifest);
  try {
    const input = { ...repository, imageManifest, imageManifestMediaType: ociManifestType };
    const { image } = await ecr.send(new PutImageCommand(input));
    return image!.imageId!.imageDigest!;
  } catch (error) {
    if (error instanceof ImageAlreadyExistsException) return undefined;
    throw error;
  }
}

export async function runRegistrySbom(name: string, options: Options): Promise<void> {
  const image = parseImageArgument(name);
  const config = clientConfig(findConnection(options));
  const ecr = new ECRClient({ ...config, region: image.region ?? config.region });
  const repository: RepositoryId = {
    repositoryName: image.repositoryName,
    ...(image.account !== undefined && { registryId: image.account }),
  };
  try {
    const found = await findImage(ecr, repository, image, options);
    const sbom = await makeSbom(ecr, repository, found, options.format);
    if (options.output !== undefined) writeFileSync(options.output, sbom);
    else if (!options.attach) process.stdout.write(sbom);
    if (!options.attach) return;
    const digest = await attach(ecr, repository, found, sbom, options.format);
    print(digest === undefined ? 'It is attached already.' : `Attached to ${found.digest} as ${digest}`);
  } finally {
    ecr.destroy();
  }
}
