/**
 * What a name means to a caller, and whether the caller may. The questions are those of the ECR API, put to the same
 * engine, with the policies of repository and registry; names that do not exist are told only to those who may ask.
 *
 * Decisions are kept per caller for a second at most (conditions may ask for the time), and only while no table of IAM
 * and no repository has changed.
 */
import { createAuthorize } from '#auth/authorize.ts';
import { isRepositoryName, parseRepositoryPath } from '#images/image-name.ts';
import { findRepository, registryOf } from '#images/repositories.ts';
import type { Clock } from '#lib/clock.ts';
import { uuid } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import { scopeKey } from '#model/arn.ts';
import { type Registry, type RepositoryRow, repositoryArn } from '#model/ecr.ts';
import type { Permission, ResourcePolicy } from '#protocol/authorize.ts';
import type { ReplicaView } from '#store/replica-view.ts';
import { registries, repositories } from '#store/tables/ecr.ts';
import type { Caller, Callers } from './callers.ts';
import { unauthorized } from './challenge.ts';
import { RegistryError, type RegistryRequest } from './request.ts';

/** A repository as a request names it, be it there or not. */
export interface Target {
  /** As in the path, which is what answers repeat. */
  readonly path: string;
  readonly registry: Registry;
  readonly name: string;
  readonly arn: string;
  readonly repository: RepositoryRow | undefined;
}

/** Operations of the ECR API without their prefix. */
export type EcrAction =
  | 'BatchCheckLayerAvailability'
  | 'BatchImportUpstreamImage'
  | 'BatchDeleteImage'
  | 'BatchGetImage'
  | 'CompleteLayerUpload'
  | 'CreateRepository'
  | 'DescribeImages'
  | 'DescribeRepositories'
  | 'GetDownloadUrlForLayer'
  | 'InitiateLayerUpload'
  | 'ListImageReferrers'
  | 'ListImages'
  | 'PutImage'
  | 'ReplicateImage'
  | 'UploadLayerPart';

export interface Access {
  identify(request: RegistryRequest): Caller;
  /** Throws NAME_INVALID, NAME_UNKNOWN for an alias that nobody has, and 401 where only a caller's account says more. */
  resolve(request: RegistryRequest, caller: Caller, path: string): Target;
  /** Throws 401 or 403 unless the caller may do one of `actions` there. */
  requireAny(request: RegistryRequest, caller: Caller, target: Target, actions: readonly EcrAction[]): void;
  may(request: RegistryRequest, caller: Caller, target: Target, action: EcrAction): boolean;
  /** The caller's own private registry. */
  ownRegistry(request: RegistryRequest, caller: Caller): Registry;
}

const decisionLifetimeMs = 1_000;
/** Of all callers together. Higher: more memory for who asks about ever other things; lower: it is decided again. */
const maxDecisions = 10_000;
/** Longer names of clients are no reason to keep anything. */
const maxKeptAgentLength = 256;

const publicPulls: ReadonlySet<EcrAction> = new Set<EcrAction>([
  'BatchCheckLayerAvailability',
  'BatchGetImage',
  'DescribeImages',
  'GetDownloadUrlForLayer',
  'ListImageReferrers',
  'ListImages',
]);

/** What registry policies are made for. */
const ofRegistry: ReadonlySet<EcrAction> = new Set<EcrAction>([
  'BatchImportUpstreamImage',
  'CreateRepository',
  'ReplicateImage',
]);

export const unknownRepository = (target: Pick<Target, 'name' | 'registry'>): RegistryError =>
  new RegistryError(
    404,
    'NAME_UNKNOWN',
    `The repository with name '${target.name}' does not exist in the registry with id '${target.registry.account}'`,
  );

/** Both documents as one: a denial of either denies, and either may allow. */
function joinPolicies(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [first, second] = [JSON.parse(a), JSON.parse(b)];
  const statements = [first.Statement, second.Statement].flat();
  return JSON.stringify({ Version: first.Version ?? '2012-10-17', Statement: statements });
}

export function createAccess(deps: {
  readonly view: ReplicaView;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly random: Random;
  /** Where names without a region are. */
  readonly region: string;
}): Access {
  const { view, callers, clock, random, region } = deps;
  const authorize = createAuthorize({ view, clock });
  let decidedAt = -1;
  let decided = new Set<Caller>();
  let kept = 0;
  let joined = new WeakMap<RepositoryRow, string | undefined>();

  const forgetDecisions = () => {
    for (const caller of decided) caller.decisions.clear();
    decided = new Set();
    kept = 0;
  };

  const forgetWhenChanged = () => {
    const now = Math.max(view.tableRevision(repositories), view.tableRevision(registries));
    if (now === decidedAt) return;
    decidedAt = now;
    forgetDecisions();
    joined = new WeakMap();
  };

  /** Of some actions a registry's policy always speaks, of the others unless its scope was set back to V1. */
  const registryPolicy = (registry: Registry, action?: EcrAction): string | undefined => {
    const row = registry.kind === 'private' ? view.get(registries, scopeKey(registry)) : undefined;
    const speaks = row?.settings?.REGISTRY_POLICY_SCOPE !== 'V1' || (action !== undefined && ofRegistry.has(action));
    return speaks ? row?.policyText : undefined;
  };

  const policyOf = ({ registry, repository }: Target, action: EcrAction): ResourcePolicy | undefined => {
    let document: string | undefined;
    if (ofRegistry.has(action)) document = joinPolicies(repository?.policyText, registryPolicy(registry, action));
    else if (!repository) document = registryPolicy(registry);
    else if (joined.has(repository)) document = joined.get(repository);
    else {
      document = joinPolicies(repository.policyText, registryPolicy(registry));
      joined.set(repository, document);
    }
    return document === undefined ? undefined : { name: 'repository policy', document };
  };

  const decide = (request: RegistryRequest, caller: Caller, target: Target, action: EcrAction) => {
    const { registry, repository, arn } = target;
    const isPublic = registry.kind === 'public';
    if (isPublic && publicPulls.has(action)) return { allowed: true, message: '' };
    const { principal } = caller;
    if (!principal) return { allowed: false, message: 'authentication required' };
    const permission: Permission = {
      action: `${isPublic ? 'ecr-public' : 'ecr'}:${action}`,
      resource: arn,
      resourcePolicy: policyOf(target, action),
      resourceTags: repository?.tags,
    };
    const decision = authorize({
      requestId: uuid(random),
      region: registry.region,
      sourceIp: request.remoteAddress,
      userAgent: request.userAgent,
      secure: request.secure,
      principal,
      permissions: [permission],
    });
    return decision.allowed ? { allowed: true, message: '' } : { allowed: false, message: decision.message };
  };

  const ask = (request: RegistryRequest, caller: Caller, target: Target, action: EcrAction) => {
    forgetWhenChanged();
    const key = `${action} ${target.arn} ${request.remoteAddress} ${request.secure} ${request.userAgent}`;
    const now = clock.now();
    const known = caller.decisions.get(key);
    if (known && known.until > now) return known;
    const decision = { ...decide(request, caller, target, action), until: now + decisionLifetimeMs };
    if (request.userAgent.length > maxKeptAgentLength) return decision;
    if (kept >= maxDecisions) forgetDecisions();
    kept += 1;
    caller.decisions.set(key, decision);
    decided.add(caller);
    return decision;
  };

  const ownRegistry = (request: RegistryRequest, caller: Caller): Registry => {
    if (!caller.principal) throw unauthorized(request);
    return { kind: 'private', account: caller.principal.account, region };
  };

  return {
    identify: (request) => callers.find(request),
    ownRegistry,
    resolve(request, caller, path) {
      const address = parseRepositoryPath(request.host, path);
      if (!address || !isRepositoryName(address.name)) {
        throw new RegistryError(400, 'NAME_INVALID', `invalid repository name: '${path}'`);
      }
      const { principal } = caller;
      const registry = registryOf(view, address, principal && { account: principal.account, region });
      if (!registry) {
        if (address.kind === 'implied') throw unauthorized(request);
        throw new RegistryError(404, 'NAME_UNKNOWN', `there is no public registry for '${path}'`);
      }
      const { name } = address;
      return {
        path,
        registry,
        name,
        arn: repositoryArn(registry, name),
        repository: findRepository(view, registry, name),
      };
    },
    requireAny(request, caller, target, actions) {
      let refusal = '';
      for (const action of actions) {
        const decision = ask(request, caller, target, action);
        if (decision.allowed) return;
        refusal ||= decision.message;
      }
      if (!caller.principal) throw unauthorized(request);
      throw new RegistryError(403, 'DENIED', refusal);
    },
    may: (request, caller, target, action) => ask(request, caller, target, action).allowed,
  };
}
