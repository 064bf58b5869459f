/**
 * The control plane's end of what goes to other registries: where the operator has put a destination, with which
 * credentials, and the call to the registry process that sends the bytes.
 *
 * A target is `<registryId>` or `<registryId>/<region>` with a URL; `{account}`, `{region}` in its path are those of the
 * destination, so that `https://other:4566/{account}.{region}` names another Slipway's registries. Credentials are in the
 * secret `ecr-replication/<registryId>` of the source's account and region; without it none are sent.
 */
import type { RemoteReplication } from '#images/replication/remote.ts';
import type { UpstreamGateway } from '#images/upstream-gateway.ts';
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import { parseArn } from '#model/arn.ts';
import { destinationKey, type ReplicationDestination } from '#model/replication.ts';
import type { Store } from '#store/store.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { OutboundHandlers } from './outbound.ts';
import type { Remote } from './process/rpc.ts';
import { findSecret, readCredentials } from './upstream-credentials.ts';

/** URL by `<registryId>` or `<registryId>/<region>`. */
export type ReplicationTargets = Readonly<Record<string, string>>;

function baseOf(targets: ReplicationTargets, destination: ReplicationDestination): string | undefined {
  const url = targets[destinationKey(destination)] ?? targets[destination.registryId];
  return url?.replaceAll('{account}', destination.registryId).replaceAll('{region}', destination.region);
}

interface Deps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly targets: ReplicationTargets;
  /** The last revision that the registry process hears of. */
  readonly seenRevision: () => number;
  /** Waits a while for a process that is starting. */
  readonly remote: () => Promise<Remote<OutboundHandlers> | undefined>;
}

const starting = () => new Error('the registry is starting; try again in a moment');

export function createRemoteReplication(deps: Deps): RemoteReplication {
  const { store, vault, clock, targets } = deps;
  return {
    isRemote: (destination) => baseOf(targets, destination) !== undefined,
    async push({ repositoryArn, digest, tags, destination }) {
      const { account = '', region = '' } = parseArn(repositoryArn) ?? {};
      const repository = store.get(repositories, repositoryArn);
      if (!repository) {
        return { done: false, failureCode: 'RepositoryNotFound', reason: 'the repository is gone', mayPass: false };
      }
      const secret = `ecr-replication/${destination.registryId}`;
      const scope = { account, region };
      const read = findSecret(store, scope, secret)
        ? readCredentials({ view: store, vault, clock }, scope, secret, undefined)
        : undefined;
      if (read && 'refused' in read) {
        return { done: false, failureCode: 'SecretNotAccessible', reason: read.refused, mayPass: true };
      }
      const remote = await deps.remote();
      if (!remote) throw starting();
      return remote.pushAway({
        repositoryArn,
        digest,
        tags,
        base: baseOf(targets, destination)!,
        repositoryName: repository.name,
        source: `${account}/${region}`,
        revision: deps.seenRevision(),
        ...(read && { credentials: read }),
      });
    },
  };
}

export const createUpstreamGateway = (deps: Pick<Deps, 'remote' | 'seenRevision'>): UpstreamGateway => ({
  async importImage(image) {
    const remote = await deps.remote();
    if (!remote) return { failed: { problem: 'unavailable', message: starting().message } };
    return remote.importImage({ ...image, revision: deps.seenRevision() });
  },
  async check(ruleKey) {
    const remote = await deps.remote();
    if (!remote) throw starting();
    const { failure } = await remote.checkUpstream({ ruleKey, revision: deps.seenRevision() });
    return failure === undefined ? {} : { failure };
  },
});
