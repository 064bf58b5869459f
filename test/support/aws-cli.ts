/** The unmodified AWS CLI, in every version that this machine has. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { SavedCredentials } from '#control-plane/up/data-directory.ts';

export interface AwsCli {
  /** `aws-cli/1.45.11` */
  readonly version: string;
  /** Runs a command; answers its parsed output (undefined when it printed nothing), or throws with what it said. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any command
  json(...argv: string[]): any;
  /** Runs a command that is expected to fail; answers its exit code and what it said. */
  fail(...argv: string[]): { readonly status: number | null; readonly stderr: string };
  text(...argv: string[]): string;
  start(...argv: string[]): ChildProcess;
}

interface Found {
  readonly program: string;
  readonly version: string;
}

const pathDirectories = () => [...(process.env['PATH'] ?? '').split(':'), '/usr/local/bin', '/usr/bin'];

/** One program per major version. */
export function findAwsClis(): Found[] {
  const found = new Map<string, Found>();
  const seen = new Set<string>();
  for (const directory of pathDirectories()) {
    const program = path.join(directory, 'aws');
    if (!existsSync(program) || seen.has(realpathSync(program))) continue;
    seen.add(realpathSync(program));
    const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 30_000 });
    const version = /aws-cli\/(\d+)\.\S+/.exec(`${stdout}${stderr}`);
    if (version && !found.has(version[1]!)) found.set(version[1]!, { program, version: version[0] });
  }
  return [...found.values()];
}

/** Older ones read no AWS_ENDPOINT_URL. */
function readsEndpointVariable(version: string): boolean {
  const [major = 0, minor = 0] = version.replace('aws-cli/', '').split('.').map(Number);
  return major === 1 ? minor >= 29 : minor >= 13;
}

export function awsCli({ program, version }: Found, credentials: SavedCredentials): AwsCli {
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_DEFAULT_REGION: credentials.region,
    AWS_ENDPOINT_URL: credentials.endpoint,
    AWS_PAGER: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    // Into a pipe Python writes only when its buffer is full, and `logs tail --follow` never ends.
    PYTHONUNBUFFERED: '1',
  };
  const prefix = readsEndpointVariable(version) ? [] : ['--endpoint-url', credentials.endpoint];
  const run = (argv: string[]) => spawnSync(program, [...prefix, ...argv], { encoding: 'utf8', env, timeout: 180_000 });
  const text = (...argv: string[]) => {
    const { status, stdout, stderr } = run(argv);
    if (status !== 0) throw new Error(`aws ${argv.join(' ')} ended with ${status}: ${stderr.trim()}`);
    return stdout;
  };
  return {
    version,
    text,
    json: (...argv) => {
      const stdout = text('--output', 'json', ...argv);
      return stdout.trim() === '' ? undefined : JSON.parse(stdout);
    },
    fail: (...argv) => {
      const { status, stderr } = run(argv);
      return { status, stderr };
    },
    start: (...argv) => spawn(program, [...prefix, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
  };
}
