/** The certificate of `--tls-cert` and `--tls-key`: read at the start, and again when one of the files changes. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { ConfigError } from '../config.ts';
import type { KeyAndCertificate } from './certificates.ts';
import type { TlsProcess } from './tls.ts';
import { watchFiles } from './watch-files.ts';

export interface OwnTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

function readText(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${option}: ${(error as Error).message}`, { cause: error });
  }
}

/** Throws ConfigError unless the two are PEM and belong together. */
export function readKeyAndCertificate({ certFile, keyFile }: Omit<OwnTls, 'port'>): KeyAndCertificate {
  const cert = readText('--tls-cert', certFile);
  const key = readText('--tls-key', keyFile);
  let belongs: boolean;
  try {
    belongs = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new ConfigError(`--tls-cert and --tls-key: not a certificate and its key (${(error as Error).message})`, {
      cause: error,
    });
  }
  if (!belongs) throw new ConfigError(`the key in ${keyFile} is not that of the certificate in ${certFile}`);
  return { cert, key };
}

/** Rejects with ConfigError or ListenError. */
export async function openOwnListener(
  own: OwnTls,
  deps: { readonly host: string; readonly tls: TlsProcess; readonly clock: Clock; readonly logger: Logger },
): Promise<{ readonly port: number; close(): void }> {
  const { host, tls, clock, logger } = deps;
  const { port: wanted } = own;
  const listen = (certificate: KeyAndCertificate) =>
    tls.listen({ name: 'domain', host, port: wanted, names: [], certificate });
  const port = await listen(readKeyAndCertificate(own));
  const watch = watchFiles(clock, [own.certFile, own.keyFile], async () => {
    try {
      await listen(readKeyAndCertificate(own));
      logger.info('the TLS certificate was read again', { file: own.certFile });
    } catch (error) {
      // The one of before stays; certificate and key are often replaced one after the other.
      logger.warn('the TLS certificate cannot be used', { reason: (error as Error).message });
    }
  });
  return { port, close: () => watch.close() };
}
