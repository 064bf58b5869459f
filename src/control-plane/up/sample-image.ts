/**
 * The image of the sample service, made on the spot so that the first start needs no registry: one program of this
 * machine with the libraries that it is linked to, and a small web page around it. Preferred is a static busybox (2 MB);
 * without one it is the Node that runs Slipway.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Docker } from './docker.ts';
import { busyboxCgi, busyboxStart, nodeServer } from './sample-page.ts';

const run = promisify(execFile);

/** Goes up with every change of what is in the image: tags are never made again with other content. */
export const sampleImageVersion = 1;

interface ImageFile {
  /** Absolute inside the image. */
  readonly path: string;
  readonly mode?: number;
  readonly content?: Uint8Array | string;
  readonly linkTo?: string;
}

interface SampleImage {
  readonly files: readonly ImageFile[];
  readonly entryPoint: readonly string[];
  readonly describe: string;
}

/** Shared libraries of a program with their paths as the loader will look for them; none for a static one. */
async function sharedLibraries(program: string): Promise<string[]> {
  const { stdout } = await run('ldd', [program]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!);
}

async function withLibraries(program: string, at: string): Promise<ImageFile[]> {
  const files: ImageFile[] = [{ path: at, mode: 0o755, content: readFileSync(program) }];
  for (const library of await sharedLibraries(program)) {
    files.push({ path: library, mode: 0o755, content: readFileSync(realpathSync(library)) });
  }
  return files;
}

/** A busybox with the applets that the page needs; undefined when this machine has none. */
async function findBusybox(): Promise<string | undefined> {
  for (const file of ['/bin/busybox', '/usr/bin/busybox', '/usr/local/bin/busybox']) {
    if (!existsSync(file)) continue;
    const { stdout } = await run(file, ['--list']).catch(() => ({ stdout: '' }));
    const applets = stdout.split('\n');
    if (['sh', 'httpd', 'wget', 'sed', 'cat', 'date', 'timeout'].every((applet) => applets.includes(applet)))
      return file;
  }
  return undefined;
}

async function busyboxImage(busybox: string): Promise<SampleImage> {
  const applets = [
    'sh',
    'httpd',
    'wget',
    'sed',
    'cat',
    'date',
    'hostname',
    'timeout',
    'ls',
    'sleep',
    'env',
    'ps',
    'kill',
  ];
  return {
    files: [
      ...(await withLibraries(busybox, '/bin/busybox')),
      ...applets.map((applet) => ({ path: `/bin/${applet}`, linkTo: '/bin/busybox' })),
      { path: '/start', mode: 0o755, content: busyboxStart },
      { path: '/www/cgi-bin/index.cgi', mode: 0o755, content: busyboxCgi },
    ],
    entryPoint: ['/start'],
    describe: `from ${busybox}`,
  };
}

async function nodeImage(): Promise<SampleImage> {
  const node = realpathSync(process.execPath);
  return {
    files: [...(await withLibraries(node, '/bin/node')), { path: '/server.cjs', content: nodeServer }],
    entryPoint: ['/bin/node', '/server.cjs'],
    describe: `from ${path.basename(node)} ${process.version}`,
  };
}

async function archive(files: readonly ImageFile[]): Promise<Buffer> {
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

/** Makes the image under `name` and answers what it was made from. */
export async function makeSampleImage(docker: Docker, name: string): Promise<string> {
  const busybox = await findBusybox();
  const image = busybox ? await busyboxImage(busybox) : await nodeImage();
  const at = name.lastIndexOf(':');
  const query = new URLSearchParams({ fromSrc: '-', repo: name.slice(0, at), tag: name.slice(at + 1) });
  query.append('changes', `ENTRYPOINT ${JSON.stringify(image.entryPoint)}`);
  query.append('changes', 'ENV PATH=/bin');
  query.append('changes', 'EXPOSE 80/tcp');
  query.append('changes', 'LABEL org.opencontainers.image.title=slipway-hello');
  const answer = await docker.text('POST', `/images/create?${query}`, { body: await archive(image.files) });
  const error = answer.match(/"error":"([^"]*)"/)?.[1];
  if (error) throw new Error(`Docker could not make the sample image: ${error}`);
  return image.describe;
}
