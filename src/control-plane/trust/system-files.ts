/**
 * The files of this machine that `slipway registry trust` changes, and how they become again what they were: a marked block in
 * the hosts file, and a certificate beside Docker's others for each name.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface SystemFiles {
  readonly hostsFile: string;
  /** Docker, podman and skopeo look here for the authorities of a registry. */
  readonly certsDirectory: string;
}

export const systemFiles: SystemFiles = { hostsFile: '/etc/hosts', certsDirectory: '/etc/docker/certs.d' };

const begin = '# BEGIN Slipway registry';
const end = '# END Slipway registry';
/** All files of that ending in the directory of a name count; under this one it is nobody else's. */
const certificateName = 'slipway-ca.crt';

const block = new RegExp(`\\n?${begin}: (.*)\\n(?:(?!${end}).*\\n)*${end}\\n?`);

/** The data directory whose names the hosts file has. */
export const hostsOwner = ({ hostsFile }: SystemFiles): string | undefined =>
  block.exec(readFileSync(hostsFile, 'utf8'))?.[1];

/** In place: where the hosts file is mounted it cannot be replaced. */
function changeHosts(hostsFile: string, change: (text: string) => string): void {
  const before = readFileSync(hostsFile, 'utf8');
  const after = change(before);
  if (after !== before) writeFileSync(hostsFile, after);
}

export function addHosts({ hostsFile }: SystemFiles, owner: string, names: readonly string[]): void {
  const lines = names.map((name) => `127.0.0.1 ${name}\n`).join('');
  changeHosts(hostsFile, (text) => {
    const rest = text.replace(block, '');
    // The newline before the block goes with it.
    return `${rest}\n${begin}: ${owner}\n${lines}${end}\n`;
  });
}

export const removeHosts = ({ hostsFile }: SystemFiles): void =>
  changeHosts(hostsFile, (text) => text.replace(block, ''));

/** Names that the hosts file gives to other addresses, by lines that are not ours. */
export function otherHosts({ hostsFile }: SystemFiles, names: readonly string[]): string[] {
  const text = readFileSync(hostsFile, 'utf8').replace(block, '');
  const found = text.split('\n').flatMap((line) => line.split('#', 1)[0]!.trim().split(/\s+/).slice(1));
  return names.filter((name) => found.includes(name));
}

/** Answers the directories that it made, outermost first. */
export function addCertificates({ certsDirectory }: SystemFiles, names: readonly string[], pem: string): string[] {
  const made: string[] = [];
  const ensure = (directory: string) => {
    if (existsSync(directory)) return;
    ensure(path.dirname(directory));
    mkdirSync(directory, { mode: 0o755 });
    made.push(directory);
  };
  for (const name of names) {
    ensure(path.join(certsDirectory, name));
    writeFileSync(path.join(certsDirectory, name, certificateName), pem, { mode: 0o644 });
  }
  return made;
}

/** All of ours but those of `except`, and directories of `made` that are empty then. */
export function removeCertificates(
  { certsDirectory }: SystemFiles,
  made: readonly string[],
  except: readonly string[] = [],
): void {
  const present = existsSync(certsDirectory) ? readdirSync(certsDirectory) : [];
  for (const name of present) {
    if (!except.includes(name)) rmSync(path.join(certsDirectory, name, certificateName), { force: true });
  }
  for (const directory of [...made].reverse()) {
    if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory);
  }
}
