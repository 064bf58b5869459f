/**
 * Makes 169.254.170.2:80, where AWS's clients look for metadata and credentials, lead to this agent, and 169.254.170.2:4566
 * to its API endpoint: two rules each in the kernel's nat table, marked by a comment. Containers outlive the agent, so
 * the rules do too; the next start takes them over. Rules that somebody else made are never touched.
 */
import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { promisify } from 'node:util';

export const LINK_LOCAL_ADDRESS = '169.254.170.2';
/** Where containers find AWS's APIs at the address; as on the machine of a control plane. */
export const LINK_LOCAL_API_PORT = 4566;
const METADATA_PORT = 80;
const COMMENT = 'slipway-agent-task-metadata';

export type RunCommand = (command: string, args: readonly string[]) => Promise<string>;

export const runCommand: RunCommand = async (command, args) => {
  const { stdout } = await promisify(execFile)(command, [...args], { timeout: 10_000 });
  return stdout;
};

export interface LinkLocalOptions {
  /** The host's address on the container bridge, where the server listens; absent without a bridge. */
  readonly gateway?: string;
  readonly port: number;
  /** Where the API endpoint listens, if there is one. */
  readonly apiPort?: number;
  readonly run: RunCommand;
  /** Whether the agent that a port leads to still answers. */
  readonly isAlive: (port: number) => Promise<boolean>;
}

const match = (port: number) => ['-d', `${LINK_LOCAL_ADDRESS}/32`, '-p', 'tcp', '-m', 'tcp', '--dport', String(port)];
const comment = ['-m', 'comment', '--comment', COMMENT];

/** Rules of the nat table that speak of the address, as iptables prints them. */
async function presentRules(run: RunCommand): Promise<string[]> {
  const rules = await Promise.all(
    ['PREROUTING', 'OUTPUT'].map((chain) => run('iptables', ['-w', '5', '-t', 'nat', '-S', chain])),
  );
  return rules.flatMap((text) => text.split('\n')).filter((rule) => rule.includes(LINK_LOCAL_ADDRESS));
}

async function deleteRules(run: RunCommand, rules: readonly string[]): Promise<void> {
  for (const rule of rules) {
    const [, ...rest] = rule.trim().split(/\s+/);
    await run('iptables', ['-w', '5', '-t', 'nat', '-D', ...rest.map((word) => word.replaceAll('"', ''))]);
  }
}

/**
 * Why the rules could not be made, or undefined when they stand. `gateway` receives what comes from bridge containers,
 * the loopback address what comes from the host's own network.
 */
export async function claimLinkLocal(options: LinkLocalOptions): Promise<string | undefined> {
  const { run, gateway, port, apiPort } = options;
  try {
    const rules = await presentRules(run);
    const foreign = rules.filter((rule) => !rule.includes(COMMENT));
    if (foreign.length > 0) return `another agent's rule is in place: ${foreign[0]}`;
    const metadataRules = rules.filter((rule) => rule.includes(` --dport ${METADATA_PORT} `));
    const ports = metadataRules.map((rule) => Number(/(?:--to-ports |:)(\d+)\s*$/.exec(rule)?.[1]));
    for (const other of new Set(ports)) {
      if (other > 0 && other !== port && (await options.isAlive(other))) return 'another Slipway agent serves it';
    }
    await deleteRules(run, rules);
    const lead = async (from: number, to: number) => {
      const insert = (chain: string, target: readonly string[]) =>
        run('iptables', ['-w', '5', '-t', 'nat', '-I', chain, '1', ...match(from), ...comment, ...target]);
      if (gateway) await insert('PREROUTING', ['-j', 'DNAT', '--to-destination', `${gateway}:${to}`]);
      await insert('OUTPUT', ['-j', 'REDIRECT', '--to-ports', String(to)]);
    };
    await lead(METADATA_PORT, port);
    if (apiPort !== undefined) await lead(LINK_LOCAL_API_PORT, apiPort);
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}

/** Takes our rules away; for when no container needs them any more. */
export async function releaseLinkLocal(run: RunCommand): Promise<void> {
  const rules = await presentRules(run);
  await deleteRules(
    run,
    rules.filter((rule) => rule.includes(COMMENT)),
  );
}

/** Whether a Slipway agent's metadata server answers on the loopback address. */
export function answersAsAgent(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({ host: '127.0.0.1', port, path: '/', timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.headers.server === 'slipway-agent');
    });
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(false));
    probe.end();
  });
}
