/** Debian packages: /var/lib/dpkg/status, and status.d of images without a package manager. */
import { type Analyser, type Package, purlOf } from '../package.ts';
import { ecosystemOf } from './os-release.ts';

const path = /^var\/lib\/dpkg\/(?:status|status\.d\/[^/]+)$/;

/** Paragraphs of `Field: value` lines; continuation lines are not needed. */
export function* paragraphs(text: string): Generator<ReadonlyMap<string, string>> {
  for (const block of text.split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const found = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$/.exec(line);
      if (found) fields.set(found[1]!, found[2]!.trim());
    }
    if (fields.size > 0) yield fields;
  }
}

export const dpkg: Analyser = {
  name: 'dpkg',
  wants: (file) => path.test(file) && !file.endsWith('.md5sums'),
  read(file, distribution) {
    const ecosystem = (distribution && ecosystemOf(distribution)) ?? 'Debian';
    const packages: Package[] = [];
    for (const fields of paragraphs(file.bytes.toString())) {
      const [name, version, status] = [fields.get('Package'), fields.get('Version'), fields.get('Status')];
      if (!name || !version || (status !== undefined && !/ installed$/.test(status))) continue;
      const source = /^(\S+)(?:\s+\(([^)]+)\))?$/.exec(fields.get('Source') ?? '');
      const arch = fields.get('Architecture');
      packages.push({
        ecosystem,
        name,
        version,
        source: { name: source?.[1] ?? name, version: source?.[2] ?? version },
        ...(arch && { arch }),
        path: file.path,
        purl: purlOf('deb', `${distribution?.id ?? 'debian'}/${name}`, version, { arch }),
      });
    }
    return packages;
  },
};
