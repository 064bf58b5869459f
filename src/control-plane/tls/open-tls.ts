/** All that has to do with TLS and with the names of registries, as the composition root starts it. */
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { Registry } from '#model/ecr.ts';
import { createRegistryNames } from '../registry-names.ts';
import { openTrustListener, type TrustListener } from '../trust/trust-listener.ts';
import { type OwnTls, openOwnListener } from './own-certificate.ts';
import { createTlsProcess } from './tls.ts';

export interface TlsSettings {
  readonly own?: OwnTls;
  /** What stands before the names of repositories in answers. */
  readonly registryDomain?: string;
}

export interface TlsRoom {
  /** See registry-names.ts. */
  hostOf(registry: Registry): string | undefined;
  /** The control plane answers there without TLS from now on. Rejects when its own certificate cannot be served. */
  open(host: string, port: number): Promise<void>;
  /** Names and addresses, with their ports, at which we answer. */
  isOwnHost(host: string): boolean;
  /** Of the operator's own certificate. */
  readonly port: number | undefined;
  close(): Promise<void>;
}

const loopbackName = /^(localhost|127(?:\.\d{1,3}){3})$/;

const onThisMachine = (host: string) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);

export function createTls(options: {
  readonly dataDir: string;
  readonly settings: TlsSettings;
  readonly secret: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): TlsRoom {
  const { dataDir, settings, ...rest } = options;
  let target = { host: '127.0.0.1', port: 0 };
  const tls = createTlsProcess({ ...rest, target: () => target });
  let own: { readonly port: number; close(): void } | undefined;
  let trust: TrustListener | undefined;
  const names = createRegistryNames({
    domain: settings.registryDomain,
    tlsPort: () => own?.port,
    trustedHost: (registry) => trust?.hostOf(registry),
  });
  return {
    hostOf: names.hostOf,
    isOwnHost(host) {
      const [, name, port] = /^(.*?)(?::(\d+))?$/.exec(host)!;
      if (settings.registryDomain !== undefined && name === settings.registryDomain.split(':')[0]) return true;
      const ports = [target.port, own?.port].map(String);
      return loopbackName.test(name!) && ports.includes(port ?? '');
    },
    get port() {
      return own?.port;
    },
    async open(host, port) {
      target = { host: onThisMachine(host), port };
      if (settings.own) own = await openOwnListener(settings.own, { host, tls, ...rest });
      trust = await openTrustListener({ dataDir, tls, ...rest });
    },
    async close() {
      own?.close();
      trust?.close();
      await tls.close();
    },
  };
}
