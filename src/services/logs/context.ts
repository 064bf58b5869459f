/** What every CloudWatch Logs operation is given, and how a handler is typed from the SDK's own command types. */
import type { RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';
import type { EventStorage } from './event-storage/event-storage.ts';

export interface LogsDeps {
  readonly events: EventStorage;
}

export type LogsContext = RequestContext<LogsDeps, Session>;

export type LogsOperation<Input, Output> = (
  ctx: LogsContext,
  input: Input,
) => Omit<Output, '$metadata'> | Promise<Omit<Output, '$metadata'>>;
