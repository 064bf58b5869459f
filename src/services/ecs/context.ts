/** What every ECS operation is given, and how a handler is typed from the SDK's own command types. */
import type { RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';

export interface EcsDeps {
  /** Base URL that agents use for ACS and TCS when it must differ from what the client addressed; normally absent. */
  readonly agentEndpoint?: string;
  /** The quotas that hold, by name (quotas.ts); what is not there is off. */
  readonly limits?: Readonly<Record<string, number>>;
}

export type EcsContext = RequestContext<EcsDeps, Session>;

/**
 * `export const RunTask: EcsOperation<RunTaskCommandInput, RunTaskCommandOutput> = (ctx, input) => …`: the file, the
 * export and the operation share one name.
 */
export type EcsOperation<Input, Output> = (
  ctx: EcsContext,
  input: Input,
) => Omit<Output, '$metadata'> | Promise<Omit<Output, '$metadata'>>;
