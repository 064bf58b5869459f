/** Packages of programming languages, by the file that each installer leaves beside them. */
import { type Analyser, type ImageFile, type Package, purlOf } from '../package.ts';

function jsonOf(file: ImageFile): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(file.bytes.toString());
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** package.json under node_modules: what is installed, not what was asked for. */
export const npm: Analyser = {
  name: 'npm',
  wants: (path) => /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path),
  read(file) {
    const document = jsonOf(file);
    const [name, version] = [textOf(document?.['name']), textOf(document?.['version'])];
    if (!name || !version) return [];
    const license = textOf(document?.['license']);
    const purl = purlOf('npm', name.replace(/^@/, '%40'), version).replace('%2540', '%40');
    return [{ ecosystem: 'npm', name, version, ...(license && { license }), path: file.path, purl }];
  },
};

/** PyPI's names have no case, and `-`, `_` and `.` are one. https://packaging.python.org/en/latest/specifications/name-normalization/ */
const pythonName = (name: string) => name.toLowerCase().replace(/[-_.]+/g, '-');

export const python: Analyser = {
  name: 'python',
  wants: (path) => /\.(?:dist-info\/METADATA|egg-info(?:\/PKG-INFO)?)$/.test(path),
  read(file) {
    const header = file.bytes.toString().split(/\r?\n\r?\n/, 1)[0]!;
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.+?)[ \\t\\r]*$`, 'm').exec(header)?.[1];
    const [name, version, license] = [field('Name'), field('Version'), field('License')];
    if (!name || !version) return [];
    const normal = pythonName(name);
    const purl = purlOf('pypi', normal, version);
    return [{ ecosystem: 'PyPI', name: normal, version, ...(license && { license }), path: file.path, purl }];
  },
};

/** pom.properties is what Maven leaves in every jar; the archive's own analyser hands it over. */
export function readPomProperties(file: ImageFile): Package[] {
  const values = new Map(
    file.bytes
      .toString()
      .split(/\r?\n/)
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
      }),
  );
  const [group, artifact, version] = [values.get('groupId'), values.get('artifactId'), values.get('version')];
  if (!group || !artifact || !version) return [];
  const purl = purlOf('maven', `${group}/${artifact}`, version);
  return [{ ecosystem: 'Maven', name: `${group}:${artifact}`, version, path: file.path, purl }];
}
