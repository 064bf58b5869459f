/** STS's handlers by operation name. An operation that is not here answers that it is not implemented. */
import type { Handler } from '#protocol/service.ts';
import { GetCallerIdentity } from './operations/GetCallerIdentity.ts';

export const handlers: Readonly<Record<string, Handler>> = { GetCallerIdentity };
