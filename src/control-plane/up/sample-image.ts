/**
 * The image of the sample service, made on the spot and pushed to our own registry, so that the first start needs nothing from
 * elsewhere: one program of this machine with the libraries that it is linked to, and a small web page around it. Preferred
 * is a static busybox (2 MB); without one it is the Node that runs Slipway.
 */
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type ImageFile, withLibraries } from './image-from-files.ts';
import { type PushTarget, pushImage } from './push-image.ts';
import { busyboxCgi, busyboxStart, nodeServer } from './sample-page.ts';

const run = promisify(execFile);

/** Goes up with every change of what is in the image: tags are never made again with other content. */
export const sampleImageVersion = 1;

interface SampleImage {
  readonly files: readonly ImageFile[];
  readonly entryPoint: readonly string[];
  readonly describe: string;
}

/** A busybox with the applets that the page needs; undefined when this machine has none. */
export async function findBusybox(): Promise<string | undefined> {
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

/** Makes the image, pushes it, and answers what it was made from. */
export async function pushSampleImage(target: PushTarget): Promise<string> {
  const busybox = await findBusybox();
  const { files, entryPoint, describe } = busybox ? await busyboxImage(busybox) : await nodeImage();
  await pushImage(target, {
    files,
    entryPoint,
    environment: ['PATH=/bin'],
    ports: ['80/tcp'],
    labels: { 'org.opencontainers.image.title': 'slipway-hello' },
  });
  return describe;
}
