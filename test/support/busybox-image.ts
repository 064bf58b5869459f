/**
 * The image `busybox` that tests on real Docker run: the one that is there, else made of this machine's busybox with a link
 * for each of its applets.
 */
import { execFileSync } from 'node:child_process';
import { connectDocker, hasImage } from '#control-plane/up/docker.ts';
import { importImage, withLibraries } from '#control-plane/up/image-from-files.ts';
import { findBusybox } from '#control-plane/up/sample-image.ts';

/** What was done, or why it could not be: tests that need the image then skip. */
export async function ensureBusyboxImage(name = 'busybox:latest'): Promise<string> {
  const docker = connectDocker();
  try {
    if (await hasImage(docker, name)) return `the image ${name} is there`;
    const busybox = await findBusybox();
    if (!busybox) return `no image ${name}, and no busybox on this machine to make it of`;
    const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n');
    const links = applets.filter((applet) => applet && applet !== 'busybox');
    const files = [
      ...(await withLibraries(busybox, '/bin/busybox')),
      // Tests remove images by what is in them: those of other names are others.
      { path: '/name', content: name },
      ...links.map((applet) => ({ path: `/bin/${applet}`, linkTo: '/bin/busybox' })),
    ];
    await importImage(docker, name, files, ['CMD ["sh"]', 'ENV PATH=/bin']);
    return `made the image ${name} of ${busybox}`;
  } catch (error) {
    return `no image ${name}: ${(error as Error).message}`;
  } finally {
    docker.close();
  }
}
