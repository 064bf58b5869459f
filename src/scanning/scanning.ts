/**
 * Scanning in a control plane: finds out what can scan, runs a scan in a process of its own, and keeps what was found in
 * files. It writes no row but the one that says what scans (`scanSources`); which image is scanned when is decided by the
 * reconciler `image-scans`.
 *
 * - Nothing ends well without an engine: no database and no scanner is a failure with that reason.
 * - A scan under way is lost with the control plane and made anew by the next one, because its row still asks for it.
 */
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobGateway } from '#images/blob-gateway.ts';
import { isBlobIn } from '#images/blobs.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Descriptor, ImageRow } from '#model/ecr.ts';
import type { ImageScanResult, ImageScanRow, ScannerChoice } from '#model/image-scan.ts';
import type { Store } from '#store/store.ts';
import { scanSources } from '#store/tables/ecr.ts';
import { type Choice, createChooser, toSource } from './choose-engine.ts';
import { scanDatabaseDirectory, scanDatabaseFile, scanDirectories } from './directories.ts';
import { type FindingsPage, readFindings } from './findings-file.ts';
import { keepFiles } from './kept-files.ts';
import { runInProcess } from './process/scan-process.ts';
import { type Blob, ScanFailure } from './report.ts';

export interface ScanningSettings {
  /** By default `auto`. */
  readonly scanner?: ScannerChoice;
  /** Scans at a time, by default 2. More: images are done sooner; fewer: more of the machine is left to others. */
  readonly concurrency?: number;
  /** A scan that takes longer fails; by default 15 minutes. */
  readonly timeoutMs?: number;
  /** Where Trivy and Grype are looked for; by default PATH. */
  readonly path?: string;
}

export interface FindingsReader {
  /** Up to `limit` findings from number `from` on; undefined when the file is gone or damaged. */
  read(name: string, from: number, limit: number): Promise<FindingsPage | undefined>;
}

export interface Scanning {
  readonly concurrency: number;
  readonly findings: FindingsReader;
  /** Rejects with ScanFailure. */
  scan(image: ImageRow, request: ImageScanRow, signal: AbortSignal): Promise<ImageScanResult>;
  /** Ids of the processes that are at it; for tests. */
  pids(): number[];
  /** Resolves when no process is left. */
  close(): Promise<void>;
}

/** Longer: a new database is noticed later; shorter: more looks at a file that seldom changes. */
const lookEveryMs = 2_000;

const findingsName = (request: ImageScanRow): string =>
  `${createHash('sha256').update(request.key).digest('hex').slice(0, 40)}-${request.generation}`;

export async function openScanning(deps: {
  readonly dataDir: string;
  readonly settings: ScanningSettings;
  readonly store: Store;
  readonly blobs: Pick<BlobGateway, 'presignedUrl'>;
  /** Where the registry answers on this machine. */
  readonly registryEndpoint: () => Promise<string>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Scanning> {
  const { dataDir, settings, store, blobs, clock, logger } = deps;
  const { concurrency = 2, timeoutMs = 15 * 60_000 } = settings;
  const directories = scanDirectories(dataDir);
  const databasePath = scanDatabaseFile(dataDir);
  await rm(directories.work, { recursive: true, force: true });
  for (const directory of [...Object.values(directories), scanDatabaseDirectory(dataDir)]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  const choose = createChooser({
    scanner: settings.scanner ?? 'auto',
    databasePath,
    path: settings.path ?? process.env['PATH'],
    clock,
  });
  const running = new Map<Promise<unknown>, number | undefined>();
  const stop = new AbortController();
  let timer: Timer | undefined;
  let closed = false;

  /** The row follows what there is, so that whoever hangs on it is woken. */
  const note = (choice: Choice) => {
    const source = toSource(choice);
    if (closed || store.get(scanSources, 'current')?.identity === source.identity) return;
    store.transact((tx) => tx.put(scanSources, source));
    logger.info('what scans images has changed', { engine: source.engine ?? 'nothing', updatedAt: source.updatedAt });
  };
  const look = () => {
    choose()
      .then(note)
      .catch((error: unknown) => logger.error('what scans could not be found out', { error }))
      .then(() => {
        if (!closed) timer = clock.after(lookEveryMs, look);
      });
  };
  look();
  const stopKeeping = keepFiles({ store, clock, logger, directories });

  const targetOf = async (image: ImageRow) => {
    const endpoint = await deps.registryEndpoint();
    const isHeld = (digest: string) => digest === image.digest || isBlobIn(store, image.repositoryArn, digest);
    const toBlob = ({ digest, mediaType, sizeBytes }: Descriptor): Blob => ({
      digest,
      mediaType,
      sizeBytes,
      // An image may name layers that its repository does not have, and so does not vouch for.
      url: isHeld(digest) ? blobs.presignedUrl(digest, endpoint, timeoutMs) : undefined,
    });
    const { digest, mediaType, manifestSizeBytes } = image;
    return {
      name: image.key.slice(image.key.indexOf('/') + 1),
      manifest: toBlob({ digest, mediaType, sizeBytes: manifestSizeBytes }),
      config: toBlob(image.config!),
      layers: image.layers.map(toBlob),
    };
  };

  return {
    concurrency,
    findings: {
      read: (name, from, limit) => readFindings(join(directories.findings, name), from, limit).catch(() => undefined),
    },
    async scan(image, request, signal) {
      const choice = await choose();
      note(choice);
      if (choice.engine === undefined) throw new ScanFailure('FAILED', choice.reason);
      const target = await targetOf(image).catch((error: Error) => {
        throw new ScanFailure('TRANSIENT', `The image cannot be read: ${error.message}`, { cause: error });
      });
      const name = findingsName(request);
      const previous = request.result?.findings;
      let pid: number | undefined;
      const scanned = runInProcess(
        {
          engine: choice.engine,
          ...(choice.program !== undefined && { program: choice.program }),
          databasePath,
          inventories: directories.inventories,
          workDirectory: join(directories.work, name),
          target,
          scanType: request.scanType,
          findingsPath: join(directories.findings, name),
          ...(previous !== undefined && { previousPath: join(directories.findings, previous) }),
          now: clock.now(),
        },
        {
          clock,
          timeoutMs,
          signal: AbortSignal.any([signal, stop.signal]),
          onStart: (id) => {
            pid = id;
          },
        },
      );
      running.set(scanned, pid);
      try {
        const done = await scanned;
        return {
          completedAt: clock.now(),
          engine: choice.engine,
          ...(done.sourceUpdatedAt !== undefined && { sourceUpdatedAt: done.sourceUpdatedAt }),
          source: toSource(choice).identity,
          counts: done.counts,
          findings: name,
          gaps: done.gaps,
        };
      } finally {
        running.delete(scanned);
      }
    },
    pids: () => [...running.values()].filter((pid) => pid !== undefined),
    async close() {
      closed = true;
      timer?.cancel();
      stopKeeping();
      stop.abort();
      await Promise.allSettled(running.keys());
    },
  };
}
