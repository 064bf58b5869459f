/**
 * Modules of a Go program, from the build information that the linker puts into every binary.
 * https://pkg.go.dev/debug/buildinfo; the layout is that of Go's runtime: a header of 32 bytes at an address that is a
 * multiple of 16, then (from Go 1.18 on, flag 2) two strings with their lengths as varints.
 */
import { type Package, purlOf } from '../package.ts';

const magic = Buffer.from('\xff Go buildinf:', 'latin1');
const headerBytes = 32;
const inlineStrings = 2;
/** What frames the module text on both sides. */
const frameBytes = 16;

function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  let factor = 1;
  for (let i = at; i < Math.min(bytes.length, at + 8); i++) {
    const byte = bytes[i]!;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, next: i + 1 };
    factor *= 128;
  }
  return undefined;
}

function readString(bytes: Buffer, at: number): { readonly value: Buffer; readonly next: number } | undefined {
  const length = readVarint(bytes, at);
  if (!length || length.next + length.value > bytes.length) return undefined;
  const next = length.next + length.value;
  return { value: bytes.subarray(length.next, next), next };
}

/** Go's version and the module lines; undefined when there are none, or in the layout of Go before 1.18. */
export function findBuildInfo(binary: Buffer): { readonly goVersion: string; readonly modules: string } | undefined {
  for (let at = binary.indexOf(magic); at >= 0; at = binary.indexOf(magic, at + 1)) {
    if (((binary[at + 15] ?? 0) & inlineStrings) === 0) continue;
    const goVersion = readString(binary, at + headerBytes);
    const framed = goVersion && readString(binary, goVersion.next);
    if (!framed || !/^(?:go|devel)/.test(goVersion.value.toString('latin1'))) continue;
    const modules = framed.value
      .subarray(frameBytes, Math.max(frameBytes, framed.value.length - frameBytes))
      .toString();
    return { goVersion: goVersion.value.toString(), modules };
  }
  return undefined;
}

const goPackage = (name: string, version: string, path: string): Package => ({
  ecosystem: 'Go',
  name,
  version: version.replace(/^v/, ''),
  path,
  purl: purlOf('golang', name, version),
});

export function readGoBinary(binary: Buffer, path: string): Package[] {
  const info = findBuildInfo(binary);
  if (!info) return [];
  const packages: Package[] = [];
  const standard = /^go(\d\S*)/.exec(info.goVersion)?.[1];
  if (standard) packages.push(goPackage('stdlib', standard, path));
  let last: Package | undefined;
  for (const line of info.modules.split('\n')) {
    const [kind, name, version] = line.split('\t');
    if (!name || !version) continue;
    // A replacement stands on the line below what it replaces.
    if (kind === '=>' && last) packages.splice(packages.indexOf(last), 1);
    if (kind === 'dep' || kind === '=>' || (kind === 'mod' && version !== '(devel)')) {
      last = goPackage(name, version, path);
      packages.push(last);
    }
  }
  return packages;
}
