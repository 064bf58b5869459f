/** /etc/os-release, and the names that OSV has for distributions. */
import type { Distribution } from '../package.ts';

export const osReleasePaths: readonly string[] = ['etc/os-release', 'usr/lib/os-release'];

export function readOsRelease(text: string): Distribution | undefined {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const found = /^\s*([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*?))\s*$/.exec(line);
    if (found) values.set(found[1]!, found[2] ?? found[3] ?? found[4] ?? '');
  }
  const id = values.get('ID');
  if (!id) return undefined;
  return { id: id.toLowerCase(), versionId: values.get('VERSION_ID') ?? '', name: values.get('PRETTY_NAME') ?? id };
}

const major = (version: string) => version.split('.', 1)[0]!;

/** Undefined for distributions that OSV has no advisories for: their packages are listed and cannot be judged. */
export function ecosystemOf({ id, versionId }: Distribution): string | undefined {
  switch (id) {
    case 'debian':
      return `Debian:${major(versionId)}`;
    case 'ubuntu':
      return isLongTerm(versionId) ? `Ubuntu:${versionId}:LTS` : `Ubuntu:${versionId}`;
    case 'alpine':
      return `Alpine:v${versionId.split('.').slice(0, 2).join('.')}`;
    case 'rocky':
      return `Rocky Linux:${major(versionId)}`;
    case 'almalinux':
      return `AlmaLinux:${major(versionId)}`;
    case 'wolfi':
      return 'Wolfi';
    case 'chainguard':
      return 'Chainguard';
    case 'opensuse-leap':
      return `openSUSE:Leap ${versionId}`;
    case 'sles':
      return `SUSE:Linux Enterprise Server ${versionId.replace('.', ' SP')}`;
    case 'rhel':
      return `Red Hat:enterprise_linux:${major(versionId)}`;
    default:
      return undefined;
  }
}

/** Ubuntu's long-term releases come in April of even years. */
function isLongTerm(version: string): boolean {
  const [year, month] = version.split('.');
  return month === '04' && Number(year) % 2 === 0;
}
