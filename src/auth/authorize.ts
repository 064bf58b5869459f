/** The answer to the pipeline's question. Every principal may do everything within its own account. */
import type { Authorize } from '#protocol/authorize.ts';

export const createAuthorize = (): Authorize => () => ({ allowed: true });
