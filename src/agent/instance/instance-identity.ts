/**
 * Which instance this machine is, and the key that proves it: `instance.json` in the agent's data directory, readable by
 * its owner only. A machine without one joins, with the access key of somebody who may let it in; that key is used once
 * and not kept.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentCredentials } from '../link/signing.ts';
import { callSlipway, type SlipwayTarget } from './slipway-call.ts';

export interface InstanceIdentity {
  readonly instanceId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const fileOf = (dataDirectory: string) => join(dataDirectory, 'instance.json');

/** The identity of an earlier start. */
export async function readIdentity(dataDirectory: string): Promise<InstanceIdentity | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(dataDirectory), 'utf8')) as InstanceIdentity;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function saveIdentity(dataDirectory: string, identity: InstanceIdentity): Promise<void> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const file = fileOf(dataDirectory);
  await writeFile(`${file}.new`, JSON.stringify(identity), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Joins; when this resolves the identity is on disk. `instanceProfile`: name or ARN, ecsInstanceRole by default. */
export async function joinAsInstance(
  target: SlipwayTarget,
  dataDirectory: string,
  by: AgentCredentials,
  instanceProfile: string | undefined,
): Promise<InstanceIdentity> {
  const input = instanceProfile ? { instanceProfile } : {};
  const answer = await callSlipway<InstanceIdentity>(target, by, 'JoinInstance', input);
  const { instanceId, accessKeyId, secretAccessKey } = answer;
  const identity = { instanceId, accessKeyId, secretAccessKey };
  await saveIdentity(dataDirectory, identity);
  return identity;
}
