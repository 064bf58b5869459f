/** What every operation of ECR is given, and how a handler is typed from the SDK's own command types. */
import type { BlobGateway } from '#images/blob-gateway.ts';
import type { UpstreamGateway } from '#images/upstream-gateway.ts';
import type { UsageCounter } from '#images/usage.ts';
import type { Vault } from '#keys/vault.ts';
import type { Registry } from '#model/ecr.ts';
import type { Principal, RequestContext } from '#protocol/service.ts';
import type { FindingsReader } from '#scanning/scanning.ts';
import type { Session } from '#store/store.ts';
import type { EcrLimits } from './quotas.ts';

export interface EcrDeps {
  readonly blobs: BlobGateway;
  readonly vault: Vault;
  /** A password for the registry, in the name of the caller and for the registry of its account and region. */
  readonly issueToken: (principal: Principal, registry: Registry) => { token: string; expiresAt: number };
  /**
   * What stands before `/<name>` in repositoryUri, where it is not the address at which the client reached us:
   * `<account>.dkr.ecr.<region>.amazonaws.com` on a machine that trusts Slipway under that name, or a domain of its own.
   */
  readonly registryHost?: (registry: Registry) => string | undefined;
  readonly findings: FindingsReader;
  readonly upstreams: UpstreamGateway;
  readonly usage: UsageCounter;
  /** Quotas that hold. */
  readonly limits: EcrLimits;
}

export type EcrContext = RequestContext<EcrDeps, Session>;

export type EcrOperation<Input, Output> = (
  ctx: EcrContext,
  input: Input,
) => Omit<Output, '$metadata'> | Promise<Omit<Output, '$metadata'>>;
