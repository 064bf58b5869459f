/**
 * What is installed in an image: its layers from the lowest to the topmost, each changing what those below say, as they
 * do for a container.
 */
import type { Readable } from 'node:stream';
import { visitLayer } from './layer.ts';
import type { Analyser, Distribution, Package } from './package.ts';
import { apk } from './packages/apk.ts';
import { dpkg } from './packages/dpkg.ts';
import { readGoBinary } from './packages/go-build-info.ts';
import { isJavaArchive, readJavaArchive } from './packages/java-archive.ts';
import { npm, python } from './packages/languages.ts';
import { osReleasePaths, readOsRelease } from './packages/os-release.ts';
import { berkeleyPath, rpm } from './packages/rpm.ts';

export interface Layer {
  readonly digest: string;
  readonly open: () => Promise<Readable>;
}

export interface InstalledPackage extends Package {
  /** Digest of the layer that brought it. */
  readonly layerDigest: string;
}

export interface Inventory {
  readonly distribution: Distribution | undefined;
  readonly packages: readonly InstalledPackage[];
  /** Why the list may be incomplete, for people. */
  readonly gaps: readonly string[];
  /** A database of the distribution's packages that is there and cannot be read. */
  readonly unreadDatabase?: string;
}

const analysers: readonly Analyser[] = [dpkg, apk, rpm, npm, python];

/** A larger file is not read: a package database is far smaller, and a program as large would take all the memory. */
const maxFileBytes = 256 * 1024 * 1024;
/** Of all that is kept of an image until its end; real ones keep a tenth of it. */
const maxKeptBytes = 512 * 1024 * 1024;
/** More of them nobody reads. */
const maxGaps = 20;
/** A Go program is never smaller; scripts and shell wrappers are. */
const minProgramBytes = 256 * 1024;

interface Found {
  readonly layerDigest: string;
  /** Number of the layer, counted from the lowest. */
  readonly layer: number;
  /** Kept until the distribution is known; programs and archives are read at once, for their size. */
  readonly bytes?: Buffer;
  readonly packages?: readonly Package[];
}

const isProgram = (sizeBytes: number, isExecutable: boolean) => isExecutable && sizeBytes >= minProgramBytes;

/** Every directory that leads to one of the files; the root is ''. Asked for each of the many links of an image. */
function directoriesOf(paths: Iterable<string>): Set<string> {
  const directories = new Set(['']);
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const directory = path.slice(0, end);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  return directories;
}

/** Rejects when a layer cannot be read. */
export async function analyse(layers: readonly Layer[]): Promise<Inventory> {
  const files = new Map<string, Found>();
  const gaps: string[] = [];
  const addGap = (path: string, sizeBytes: number) => {
    if (gaps.length < maxGaps) gaps.push(`/${path} is too large to be read (${sizeBytes} bytes)`);
  };
  let keptBytes = 0;
  for (const [layer, { digest, open }] of layers.entries()) {
    let below: ReadonlySet<string> | undefined;
    /** Of the layers below only, wherever in this one it is said. */
    const drop = (directory: string, isGone: (path: string) => boolean) => {
      below ??= directoriesOf(files.keys());
      if (!below.has(directory) && !files.has(directory)) return;
      for (const [path, found] of files) if (found.layer < layer && isGone(path)) files.delete(path);
    };
    await visitLayer(await open(), {
      wants(path, sizeBytes, isExecutable) {
        files.delete(path);
        const isWanted =
          osReleasePaths.includes(path) ||
          berkeleyPath.test(path) ||
          isJavaArchive(path) ||
          isProgram(sizeBytes, isExecutable) ||
          analysers.some((analyser) => analyser.wants(path));
        const isTooLarge = sizeBytes > maxFileBytes || keptBytes + sizeBytes > maxKeptBytes;
        if (isWanted && isTooLarge) addGap(path, sizeBytes);
        return isWanted && !isTooLarge;
      },
      async onFile(path, bytes) {
        const isKept =
          osReleasePaths.includes(path) || berkeleyPath.test(path) || analysers.some((one) => one.wants(path));
        if (isKept) {
          keptBytes += bytes.length;
          files.set(path, { layerDigest: digest, layer, bytes });
        } else {
          const packages = isJavaArchive(path) ? await readJavaArchive(bytes, path) : readGoBinary(bytes, path);
          if (packages.length > 0) files.set(path, { layerDigest: digest, layer, packages });
        }
      },
      onRemoved: (path) => drop(path, (one) => one === path || one.startsWith(`${path}/`)),
      onOpaque: (directory) => drop(directory, (one) => directory === '' || one.startsWith(`${directory}/`)),
    });
  }
  return toInventory(files, gaps);
}

function toInventory(files: ReadonlyMap<string, Found>, gaps: string[]): Inventory {
  const release = osReleasePaths.map((path) => files.get(path)?.bytes).find((bytes) => bytes !== undefined);
  const distribution = release && readOsRelease(release.toString());
  const packages: InstalledPackage[] = [];
  let unreadDatabase: string | undefined;
  for (const [path, { layerDigest, bytes, packages: read }] of files) {
    if (berkeleyPath.test(path)) {
      unreadDatabase = path;
      gaps.push(`/${path} is an RPM database in the Berkeley DB format, which is not read`);
    }
    const found =
      read ??
      analysers.filter((one) => one.wants(path)).flatMap((one) => one.read({ path, bytes: bytes! }, distribution));
    for (const one of found) packages.push({ ...one, layerDigest });
  }
  return { distribution, packages, gaps, ...(unreadDatabase !== undefined && { unreadDatabase }) };
}
