/** The one place where a failed command turns into words and an exit code. */
import { ConfigError } from '#control-plane/config.ts';
import { paint } from './output.ts';

function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED')
    return `the control plane does not answer: ${error.message || code}. Start it with \`slipway up\`.`;
  // The SDK's errors carry the service's own code and message; everything else is a defect, and its stack helps.
  if ('$metadata' in error) return `${error.name}: ${error.message}`;
  return error.stack ?? error.message;
}

export function reportFailure(error: unknown): void {
  process.stderr.write(`${paint.bad('slipway:')} ${words(error)}\n`);
  process.exitCode = 1;
}
