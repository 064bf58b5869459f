/** Alpine packages: /lib/apk/db/installed. https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2 */
import { type Analyser, type Package, purlOf } from '../package.ts';
import { ecosystemOf } from './os-release.ts';

export const apk: Analyser = {
  name: 'apk',
  wants: (file) => /^(?:usr\/)?lib\/apk\/db\/installed$/.test(file),
  read(file, distribution) {
    const ecosystem = (distribution && ecosystemOf(distribution)) ?? 'Alpine';
    const packages: Package[] = [];
    for (const block of file.bytes.toString().split(/\n\n+/)) {
      const fields = new Map(block.split('\n').map((line) => [line.slice(0, 1), line.slice(2)]));
      const [name, version, origin] = [fields.get('P'), fields.get('V'), fields.get('o')];
      const [arch, license] = [fields.get('A'), fields.get('L')];
      if (!name || !version) continue;
      packages.push({
        ecosystem,
        name,
        version,
        source: { name: origin ?? name, version },
        ...(arch && { arch }),
        ...(license && { license }),
        path: file.path,
        purl: purlOf('apk', `${distribution?.id ?? 'alpine'}/${name}`, version, { arch }),
      });
    }
    return packages;
  },
};
