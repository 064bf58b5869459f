/** What of a token's claims becomes condition keys, session tags and a source identity. */

import { sts } from '#policy/actions/sts.ts';
import type { ContextValue } from '#policy/context.ts';
import { idpRejectedClaim } from '../errors.ts';
import type { WebIdentity } from './token.ts';

const everyIssuer = ['sub', 'aud', 'amr'];

/** Claims of issuers whose further ones AWS knows: those of Google, GitHub, GitLab … in its table of actions. */
function claimsOf(url: string): readonly string[] {
  const prefix = `${url}:`;
  const known = sts.actions['AssumeRoleWithWebIdentity']?.keys ?? [];
  return [...everyIssuer, ...known.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))];
}

function toValue(claim: unknown): ContextValue | undefined {
  if (typeof claim === 'string') return claim;
  if (typeof claim === 'number' || typeof claim === 'boolean') return String(claim);
  if (Array.isArray(claim)) return claim.filter((one) => typeof one === 'string');
  return undefined;
}

/** `<url>:sub`, `<url>:aud` and so on; `url` is the provider's, without scheme. */
export function claimKeys(url: string, { claims, audience, subject }: WebIdentity): Record<string, ContextValue> {
  const keys: Record<string, ContextValue> = {};
  for (const name of claimsOf(url)) {
    const value = toValue(claims[name]);
    if (value !== undefined) keys[`${url}:${name}`] = value;
  }
  return { ...keys, [`${url}:sub`]: subject, [`${url}:aud`]: audience };
}

const tagsClaim = 'https://aws.amazon.com/tags';
const sourceIdentityClaim = 'https://aws.amazon.com/source_identity';

/** Session tags that the issuer sets: `{ principal_tags: { key: [value] }, transitive_tag_keys: [key] }`. */
export function claimedTags({ claims }: WebIdentity) {
  const claim = claims[tagsClaim];
  if (claim === undefined) return {};
  const { principal_tags: tags = {}, transitive_tag_keys: transitive = [] } = Object(claim) as Record<string, unknown>;
  const isKeys = Array.isArray(transitive) && transitive.every((key) => typeof key === 'string');
  const Tags = Object.entries(Object(tags) as Record<string, unknown>).map(([Key, value]) => ({
    Key,
    Value: Array.isArray(value) && value.length === 1 ? value[0] : value,
  }));
  if (!isKeys || Tags.some(({ Value }) => typeof Value !== 'string')) {
    throw idpRejectedClaim(`The claim ${tagsClaim} does not have the form that it must have`);
  }
  return { Tags: Tags as { Key: string; Value: string }[], TransitiveTagKeys: transitive as string[] };
}

export function claimedSourceIdentity({ claims }: WebIdentity): string | undefined {
  const claim = claims[sourceIdentityClaim];
  if (claim === undefined) return undefined;
  if (typeof claim !== 'string' || !/^[\w+=,.@-]{2,64}$/.test(claim)) {
    throw idpRejectedClaim(`The claim ${sourceIdentityClaim} is not a source identity`);
  }
  return claim;
}
