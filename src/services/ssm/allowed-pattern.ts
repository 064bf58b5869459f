/** AllowedPattern: a client's regular expression, run with a limit, because some never end. */
import { runInNewContext } from 'node:vm';
import { invalidAllowedPattern, patternMismatch } from './errors.ts';

/** Longer: one request may hold everybody up so long; shorter: patterns that are only slow fail on a busy machine. */
const LIMIT_MS = 200;

/** The whole value must match. A pattern that comes to no end on the value has not matched it. */
export function checkAllowedPattern(pattern: string | undefined, value: string): void {
  if (!pattern) return;
  const source = `^(?:${pattern})$`;
  try {
    new RegExp(source, 's');
  } catch {
    throw invalidAllowedPattern(pattern);
  }
  let matches = false;
  try {
    matches = runInNewContext("new RegExp(source, 's').test(value)", { source, value }, { timeout: LIMIT_MS });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
  }
  if (!matches) throw patternMismatch(pattern);
}
