/** How both services refuse an input that lacks required members: the first of them, in the words of its other constraints. */

import type { ServiceError } from '#protocol/service.ts';
import { invalidAt } from './errors.ts';

export const missingMembers = (_operation: string, paths: readonly string[]): ServiceError =>
  invalidAt(paths[0]!, 'Member must not be null');
