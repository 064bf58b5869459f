/** In the control plane: keeps a listener open while the data directory says that names of AWS's are ours here. */
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Registry } from '#model/ecr.ts';
import type { TlsProcess } from '../tls/tls.ts';
import { watchFiles } from '../tls/watch-files.ts';
import {
  awsHost,
  dropListenerState,
  publicHost,
  readAuthority,
  readTrust,
  type TrustRecord,
  trustedNames,
  trustFile,
  writeListenerState,
} from './trust-files.ts';

const retryMs = 10_000;

export interface TrustListener {
  /** AWS's name of a registry, while it is ours on this machine. */
  hostOf(registry: Registry): string | undefined;
  close(): void;
}

/** Resolves when it listens, or cannot, or need not. */
export async function openTrustListener(deps: {
  readonly dataDir: string;
  readonly tls: TlsProcess;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<TrustListener> {
  const { dataDir, tls, clock, logger } = deps;
  let trusted: TrustRecord | undefined;
  let retry: ReturnType<Clock['after']> | undefined;
  let closed = false;

  const listen = async (record: TrustRecord) => {
    const authority = readAuthority(dataDir);
    if (!authority)
      throw new Error('the certificate authority in the data directory is gone; run `slipway registry trust` again');
    const listener = {
      name: 'trust',
      host: '127.0.0.1',
      port: record.port,
      names: trustedNames(record),
      authority,
    } as const;
    const port = await tls.listen(listener);
    writeListenerState(dataDir, { pid: process.pid, port });
    trusted = record;
    logger.info('answers to names of AWS registries', { names: listener.names, port });
  };

  const look = async () => {
    retry?.cancel();
    trusted = undefined;
    dropListenerState(dataDir);
    try {
      const record = readTrust(dataDir);
      if (record) await listen(record);
      else tls.unlisten('trust');
    } catch (error) {
      const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
      logger.error('cannot answer to names of AWS registries', { code, reason: message });
      writeListenerState(dataDir, { pid: process.pid, code, message });
      if (!closed) retry = clock.after(retryMs, () => void look());
    }
  };

  await look();
  const watch = watchFiles(clock, [trustFile(dataDir)], look);
  return {
    hostOf({ kind, account, region }) {
      if (!trusted) return undefined;
      if (kind === 'public') return trusted.public ? publicHost : undefined;
      const isOurs = trusted.registries.some((one) => one.account === account && one.region === region);
      return isOurs ? awsHost({ account, region }) : undefined;
    },
    close() {
      closed = true;
      retry?.cancel();
      watch.close();
      dropListenerState(dataDir);
    },
  };
}
