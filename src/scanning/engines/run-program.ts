/** Runs another scanner: a program of the operator's, found on PATH, that prints one JSON document. */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ScanFailure } from '../report.ts';

/** Absolute; undefined when no directory of `path` has it. */
export async function findProgram(name: string, path: string | undefined): Promise<string | undefined> {
  for (const directory of (path ?? '').split(delimiter)) {
    if (directory === '') continue;
    const file = join(directory, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}

const wantedVariables =
  /^(?:PATH|HOME|USER|TMPDIR|LANG|XDG_\w+|SSL_CERT_\w+|(?:HTTPS?|NO|ALL)_PROXY|(?:https?|no|all)_proxy|DOCKER_CONFIG|TRIVY_\w+|GRYPE_\w+)$/;

/**
 * What a scanner gets to see of our environment: no credentials but its own. Trivy locks its cache on disk, so that a
 * second one beside it fails; it is asked to keep it in memory, unless the operator says otherwise.
 */
const environment = () => ({
  TRIVY_CACHE_BACKEND: 'memory',
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => wantedVariables.test(name))),
});

/** A report that is larger is no report. */
const maxOutputBytes = 512 * 1024 * 1024;
const keptErrorBytes = 4_000;

/** The document that the program prints. Rejects with ScanFailure; the end of what it says goes into the message. */
export function runForJson(
  program: string,
  words: readonly string[],
  options: { readonly signal: AbortSignal; readonly directory?: string },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
      signal: options.signal,
      killSignal: 'SIGKILL',
      ...(options.directory !== undefined && { cwd: options.directory }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutputBytes) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-keptErrorBytes);
    });
    child.once('error', (error) =>
      reject(new ScanFailure('TRANSIENT', `${program}: ${error.message}`, { cause: error })),
    );
    child.once('close', (code, signal) => {
      if (code !== 0) {
        const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
        const lastLines = said.trim().split('\n').slice(-3).join(' ');
        return reject(new ScanFailure('TRANSIENT', `${program} ${how}: ${lastLines || 'it said nothing'}`));
      }
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString()));
      } catch (error) {
        reject(new ScanFailure('FAILED', `${program} has not printed JSON`, { cause: error }));
      }
    });
  });
}
