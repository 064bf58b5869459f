/**
 * Refuses images without a signature that the operator's policy asks for. Signatures are looked for where cosign puts them: in
 * the same repository, under the tag `sha256-<hex>.sig` or as referrers of the image. What an index lists is as good
 * as the index.
 *
 * Signatures themselves, and artifacts that no machine can run, are nobody's to refuse. Cosign reads an image before it
 * signs it: it may, in the name of somebody who may push there.
 */
import { findImage, findTag, parentsOf } from '#images/delete-image.ts';
import { effectiveArtifactType } from '#images/parse-manifest.ts';
import { findReferrers } from '#images/referrers.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { ImageRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import type { BlobStore } from '../blob-store/blob-store.ts';
import { RegistryError } from '../request.ts';
import type { RepositoryContext } from '../routes/context.ts';
import {
  bundleType,
  isGoodBundle,
  isGoodPayload,
  payloadType,
  signatureAnnotation,
  signatureArtifactType,
} from './cosign.ts';
import { readSignaturePolicy, ruleFor, type SignaturePolicy, type SignatureRule } from './policy.ts';

/** Payloads and bundles are some kilobytes. */
const maxSignatureBytes = 2 ** 20;
/** Of one image: somebody who may push could have us check any number. */
const maxSignatures = 100;
const maxKept = 10_000;
/** Indexes in indexes, at most. */
const maxDepth = 4;

type Verdict = 'good' | 'missing' | 'invalid';

export interface SignatureGate {
  /** Undefined when nothing is asked for; rejects with RegistryError. */
  check(context: RepositoryContext, image: ImageRow): Promise<void> | undefined;
  /** Of an image that is not in the repository yet. Throws RegistryError. */
  checkForeign(context: RepositoryContext, digest: string): void;
  close(): void;
}

const layerOfImage = /^application\/vnd\.(?:oci\.image\.layer\.|docker\.image\.rootfs\.)/;

/** A machine could run it, or choose of it what to run. */
function isRunnable({ children, layers, artifactType, config }: ImageRow): boolean {
  if (children.length > 0 || layers.some(({ mediaType }) => layerOfImage.test(mediaType))) return true;
  return layers.length === 0 && artifactType === undefined && config?.mediaType.includes('.image.') === true;
}

interface SignatureLayer {
  readonly mediaType?: string;
  readonly digest?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function candidates(view: View, { repositoryArn, digest }: ImageRow): ImageRow[] {
  const tagged = findTag(view, repositoryArn, `${digest.replace(':', '-')}.sig`);
  const byTag = tagged && findImage(view, repositoryArn, tagged.digest);
  const referrers = findReferrers(view, repositoryArn, digest).filter((row) => {
    const type = effectiveArtifactType(row) ?? '';
    return type === signatureArtifactType || bundleType.test(type);
  });
  return [...(byTag ? [byTag] : []), ...referrers].slice(0, maxSignatures);
}

async function isGoodSignature(
  blobs: BlobStore,
  rule: SignatureRule,
  digest: string,
  signature: ImageRow,
): Promise<boolean> {
  const manifest = await blobs.read(signature.digest, maxSignatureBytes);
  if (!manifest) return false;
  const layers: readonly SignatureLayer[] = JSON.parse(manifest.toString()).layers ?? [];
  for (const { mediaType = '', digest: layer, annotations } of layers.slice(0, maxSignatures)) {
    const own = signature.layers.find((one) => one.digest === layer);
    if (!own || own.sizeBytes > maxSignatureBytes) continue;
    const bytes = await blobs.read(own.digest, maxSignatureBytes);
    const signed = annotations?.[signatureAnnotation];
    if (!bytes) continue;
    if (mediaType === payloadType && typeof signed === 'string' && isGoodPayload(rule, digest, bytes, signed))
      return true;
    if (bundleType.test(mediaType) && isGoodBundle(rule, digest, bytes)) return true;
  }
  return false;
}

export function createSignatureGate(deps: {
  readonly file: string;
  readonly view: View;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
}): SignatureGate {
  const { file, view, blobs } = deps;
  let policy = readSignaturePolicy(file);
  let verdicts = new Map<string, Promise<Verdict>>();
  const following = followPolicy(deps, (read) => {
    policy = read;
    verdicts = new Map();
  });

  const judgeAlone = async (rule: SignatureRule, image: ImageRow, signatures: readonly ImageRow[]) => {
    for (const one of signatures) if (await isGoodSignature(blobs, rule, image.digest, one)) return 'good';
    return signatures.length > 0 ? 'invalid' : 'missing';
  };
  /** Bytes never change under a digest: the same signatures have the same verdict as long as the policy does. */
  const judgeOnce = (rule: SignatureRule, image: ImageRow): Promise<Verdict> => {
    const signatures = candidates(view, image);
    const key = [image.key, ...signatures.map((one) => one.digest)].join(' ');
    let verdict = verdicts.get(key);
    if (!verdict) {
      verdict = judgeAlone(rule, image, signatures);
      verdict.catch(() => verdicts.delete(key));
      if (verdicts.size >= maxKept) verdicts.clear();
      verdicts.set(key, verdict);
    }
    return verdict;
  };
  const judge = async (rule: SignatureRule, image: ImageRow, depth = 0): Promise<Verdict> => {
    const own = await judgeOnce(rule, image);
    if (own === 'good' || depth === maxDepth) return own;
    for (const digest of parentsOf(view, image)) {
      const parent = findImage(view, image.repositoryArn, digest);
      if (parent && (await judge(rule, parent, depth + 1)) === 'good') return 'good';
    }
    return own;
  };

  const isSigner = ({ deps: { access }, request, caller, target }: RepositoryContext) =>
    request.userAgent.startsWith('cosign/') && access.may(request, caller, target, 'PutImage');

  const demand = async (rule: SignatureRule, context: RepositoryContext, image: ImageRow) => {
    const verdict = await judge(rule, image);
    if (verdict !== 'good') throw refused(context, image.digest, verdict);
  };

  return {
    check(context, image) {
      const rule = ruleFor(policy, context.target.registry, context.target.name);
      if (!rule || !isRunnable(image) || isSigner(context)) return undefined;
      return demand(rule, context, image);
    },
    checkForeign(context, digest) {
      const rule = ruleFor(policy, context.target.registry, context.target.name);
      if (rule) throw refused(context, digest, 'missing');
    },
    close: following.close,
  };
}

function refused({ target }: RepositoryContext, digest: string, verdict: Exclude<Verdict, 'good'>): RegistryError {
  const what =
    verdict === 'missing'
      ? 'has no signature'
      : 'has signatures, but none of them is a valid one by a key that the policy names';
  const message = `the signature policy of this registry refuses it: ${target.name}@${digest} ${what}`;
  return new RegistryError(403, 'DENIED', message, { detail: { signature: verdict } });
}

const lookEveryMs = 1_000;

/** Reads the policy again when one of its files has changed; one that cannot be read leaves that of before in force. */
function followPolicy(
  deps: { readonly file: string; readonly clock: Clock; readonly logger: Logger },
  take: (policy: SignaturePolicy) => void,
): { close(): void } {
  const { file, clock, logger } = deps;
  let known = JSON.stringify(describe(readSignaturePolicy(file)));
  let complaint = '';
  let timer: Timer | undefined;
  const look = () => {
    try {
      const policy = readSignaturePolicy(file);
      const now = JSON.stringify(describe(policy));
      if (now !== known) {
        take(policy);
        logger.info('the signature policy was read again', { file, rules: policy.rules.length });
      }
      known = now;
      complaint = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== complaint)
        logger.error('the signature policy cannot be read; that of before holds', { reason: message });
      complaint = message;
    }
    timer = clock.after(lookEveryMs, look);
  };
  timer = clock.after(lookEveryMs, look);
  return { close: () => timer?.cancel() };
}

const describe = ({ rules }: SignaturePolicy) =>
  rules.map(({ keys, ...rest }) => ({ ...rest, keys: keys.map((key) => key.export({ format: 'jwk' })) }));
