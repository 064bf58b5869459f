/**
 * What the pull-through cache asks of the control plane: who it is at an upstream, and the rows of what it has cached.
 * As control.ts: bytes are on stable storage before, and what is answered is durable.
 */
import { issueRegistryToken } from '#auth/registry-token.ts';
import { ensureServiceLinkedRole } from '#auth/service-linked-roles.ts';
import { serviceSession } from '#auth/service-session.ts';
import { trustsService } from '#auth/service-trust.ts';
import type { ImageDeps, ImageLimits } from '#images/blobs.ts';
import { findTag } from '#images/delete-image.ts';
import { awsRegistryOfHost } from '#images/image-name.ts';
import { putImage } from '#images/put-image.ts';
import { ensureRepository } from '#images/repositories.ts';
import { isTagImmutable } from '#images/tag-mutability.ts';
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { Scope } from '#model/arn.ts';
import type { PullThroughCacheRuleRow } from '#model/ecr-registry.ts';
import type { RoleRow } from '#model/iam.ts';
import type { Principal } from '#protocol/service.ts';
import type { Store, Tx } from '#store/store.ts';
import { imageTags, publicRegistries, pullThroughCacheRules, repositories } from '#store/tables/ecr.ts';
import { accounts, roles } from '#store/tables/iam.ts';
import type { Credentials } from './client/tokens.ts';
import type { PutManifestInput, Written } from './control.ts';
import { readCredentials } from './upstream-credentials.ts';

export const pullThroughService = 'pullthroughcache.ecr.amazonaws.com';

export type UpstreamAccess =
  | {
      readonly credentials?: Credentials;
      /** The upstream is held here: what stands before its repositories' names at our own address. */
      readonly ownPath?: string;
    }
  | { readonly refused: string };

export type CacheManifestResult = {
  readonly refused?: string;
  /** Tags that may not move. */
  readonly immutable?: readonly string[];
};

const sessionMs = 12 * 3_600_000;

const readOnly = JSON.stringify({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Resource: '*',
  },
});

export function createUpstreamControl(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly vault: Vault;
  readonly limits?: ImageLimits;
  /** As in control.ts. */
  readonly seenRevision: () => number;
}) {
  const { store, clock, random, vault, seenRevision } = deps;
  const imageDeps: ImageDeps = { clock, ...(deps.limits && { limits: deps.limits }) };

  const write = async <T extends object>(fn: (tx: Tx) => T): Promise<Written<T>> => {
    const before = seenRevision();
    const result = store.transact(fn);
    const revision = seenRevision() === before ? 0 : seenRevision();
    await store.durable();
    return { ...result, revision };
  };

  const sessionOf = (role: RoleRow): Principal =>
    serviceSession(role, { service: pullThroughService, name: 'ecr', nowMs: clock.now(), lifetimeMs: sessionMs });

  const linkedRole = (account: string): RoleRow =>
    store.transact((tx) => ensureServiceLinkedRole(tx, { clock, random }, account, pullThroughService));

  /** The rule's own role, which must trust the cache, else the service-linked one. */
  const principalOf = (rule: PullThroughCacheRuleRow): Principal | { readonly refused: string } => {
    if (rule.customRoleArn === undefined) return sessionOf(linkedRole(rule.account));
    const role = store.get(roles, rule.customRoleArn);
    const call = {
      service: pullThroughService,
      sourceArn: `arn:aws:ecr:${rule.region}:${rule.account}:pull-through-cache-rule/${rule.prefix}`,
      sourceAccount: rule.account,
      region: rule.region,
      nowMs: clock.now(),
    };
    if (role && trustsService(role, call)) return sessionOf(role);
    return { refused: `the role ${rule.customRoleArn} cannot be assumed by ${pullThroughService}` };
  };

  /** Between regions of one account no role is needed: whoever may make the rule may read there. */
  const readerOf = (account: string): Principal => ({
    account,
    arn: `arn:aws:sts::${account}:federated-user/ecr-pull-through-cache`,
    userId: `${account}:ecr-pull-through-cache`,
    accessKeyId: '',
    session: {
      kind: 'federated-user',
      issuedAt: clock.now(),
      expiresAt: clock.now() + sessionMs,
      issuerArn: `arn:aws:iam::${account}:root`,
      issuerId: account,
      policies: [readOnly],
      service: pullThroughService,
    },
  });

  const ownAccess = (rule: PullThroughCacheRuleRow): UpstreamAccess | undefined => {
    const registry = awsRegistryOfHost(rule.upstreamRegistryUrl);
    if (registry === undefined || registry === 'public') return undefined;
    const { account, region } = registry;
    if (!store.get(accounts, account)) return undefined;
    const isSame = account === rule.account && rule.customRoleArn === undefined;
    const principal = isSame ? readerOf(account) : principalOf(rule);
    if ('refused' in principal) return principal;
    const { token } = issueRegistryToken({ vault }, principal, { account, region }, clock.now());
    return { ownPath: `${account}.${region}`, credentials: { username: 'AWS', password: token } };
  };

  const isOwnPublic = (rule: PullThroughCacheRuleRow, repository: string): boolean => {
    if (awsRegistryOfHost(rule.upstreamRegistryUrl) !== 'public') return false;
    return store.count(publicRegistries, 'byAlias', repository.split('/', 1)[0]!) > 0;
  };

  return {
    upstreamAccess: ({
      ruleKey,
      repository,
    }: {
      readonly ruleKey: string;
      readonly repository: string;
    }): UpstreamAccess => {
      const rule = store.get(pullThroughCacheRules, ruleKey);
      if (!rule) return { refused: 'there is no such pull through cache rule any more' };
      const own = ownAccess(rule);
      if (own) return own;
      if (isOwnPublic(rule, repository)) return { ownPath: 'public.ecr.aws' };
      if (rule.credentialArn === undefined) return {};
      const principal = sessionOf(linkedRole(rule.account));
      const read = readCredentials({ view: store, vault, clock }, rule, rule.credentialArn, principal);
      return 'refused' in read ? read : { credentials: read };
    },

    ensureCachedRepository: ({ scope, name }: { readonly scope: Scope; readonly name: string }) =>
      write((tx): { readonly repositoryArn: string } | { readonly refused: string } => {
        const made = ensureRepository(tx, imageDeps, { scope, name, cause: 'PULL_THROUGH_CACHE' });
        return typeof made === 'object' ? { repositoryArn: made.arn } : { refused: made };
      }),

    /** An image from the upstream; of an index the images need not be there. */
    cacheManifest: (input: PutManifestInput) =>
      write((tx): CacheManifestResult => {
        const repository = tx.get(repositories, input.repositoryArn);
        if (!repository) return { refused: 'the repository was deleted meanwhile' };
        const held = (tag: string) => findTag(tx, repository.arn, tag)?.digest;
        const immutable = input.tags.filter(
          (tag) => ![undefined, input.digest].includes(held(tag)) && isTagImmutable(repository, tag),
        );
        const tags = input.tags.filter((tag) => !immutable.includes(tag));
        const result = putImage(tx, imageDeps, { ...input, repository, tags, allowMissingChildren: true });
        if (result.refused !== undefined) return { refused: result.refused };
        for (const tag of input.tags) {
          const row = findTag(tx, repository.arn, tag);
          if (row) tx.put(imageTags, { ...row, upstreamCheckedAt: clock.now() });
        }
        return { immutable };
      }),

    /** The tag means the same at the upstream. */
    noteUpstreamCheck: (input: { readonly repositoryArn: string; readonly tag: string; readonly digest: string }) =>
      write((tx) => {
        const row = findTag(tx, input.repositoryArn, input.tag);
        if (row?.digest !== input.digest) return { done: false };
        tx.put(imageTags, { ...row, upstreamCheckedAt: clock.now() });
        return { done: true };
      }),
  };
}

export type UpstreamControl = ReturnType<typeof createUpstreamControl>;
