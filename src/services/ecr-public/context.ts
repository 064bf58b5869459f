/** What every operation of ECR Public is given, and how a handler is typed from the SDK's own command types. */
import type { BlobGateway } from '#images/blob-gateway.ts';
import type { Registry } from '#model/ecr.ts';
import type { Principal, RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';

export interface EcrPublicDeps {
  readonly blobs: BlobGateway;
  readonly issueToken: (principal: Principal, registry: Registry) => { token: string; expiresAt: number };
  /** What stands before `/<alias>/<name>` where it is not the address at which the client reached us. */
  readonly registryHost?: (registry: Registry) => string | undefined;
}

export type PublicContext = RequestContext<EcrPublicDeps, Session>;

export type PublicOperation<Input, Output> = (
  ctx: PublicContext,
  input: Input,
) => Omit<Output, '$metadata'> | Promise<Omit<Output, '$metadata'>>;
