/** Images made of files of this machine, without a Dockerfile; imported through Docker's API where no registry is wanted. */
import { execFile } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Docker } from './docker.ts';

const run = promisify(execFile);

export interface ImageFile {
  /** Absolute inside the image. */
  readonly path: string;
  readonly mode?: number;
  readonly content?: Uint8Array | string;
  readonly linkTo?: string;
}

/** Shared libraries of a program with their paths as the loader will look for them; none for a static one. */
async function sharedLibraries(program: string): Promise<string[]> {
  const { stdout } = await run('ldd', [program]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!);
}

/** The program at `at`, and its libraries where the loader will look for them. */
export async function withLibraries(program: string, at: string): Promise<ImageFile[]> {
  const files: ImageFile[] = [{ path: at, mode: 0o755, content: readFileSync(program) }];
  for (const library of await sharedLibraries(program)) {
    files.push({ path: library, mode: 0o755, content: readFileSync(realpathSync(library)) });
  }
  return files;
}

/** As a tar archive, with the directories that they are in. */
export async function archive(files: readonly ImageFile[]): Promise<Buffer> {
  const { pack } = await import('tar-stream');
  const tar = pack();
  const directories = new Set<string>();
  for (const file of files) {
    const parts = path.dirname(file.path).split('/').filter(Boolean);
    for (let depth = 1; depth <= parts.length; depth++) directories.add(parts.slice(0, depth).join('/'));
  }
  for (const name of [...directories].sort()) tar.entry({ name: `${name}/`, type: 'directory', mode: 0o755 });
  tar.entry({ name: 'tmp/', type: 'directory', mode: 0o1777 });
  for (const { path: at, mode = 0o644, content = '', linkTo } of files) {
    const name = at.slice(1);
    if (linkTo) tar.entry({ name, type: 'symlink', linkname: linkTo });
    else tar.entry({ name, mode }, Buffer.from(content as Uint8Array));
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** Makes an image of the files under `name` (`repository:tag`); `changes` are Dockerfile instructions such as `CMD ["sh"]`. */
export async function importImage(
  docker: Docker,
  name: string,
  files: readonly ImageFile[],
  changes: readonly string[],
): Promise<void> {
  const at = name.lastIndexOf(':');
  const query = new URLSearchParams({ fromSrc: '-', repo: name.slice(0, at), tag: name.slice(at + 1) });
  for (const change of changes) query.append('changes', change);
  const answer = await docker.text('POST', `/images/create?${query}`, { body: await archive(files) });
  const error = answer.match(/"error":"([^"]*)"/)?.[1];
  if (error) throw new Error(`Docker could not make the image ${name}: ${error}`);
}
