/** The TLS process: started by the control plane (tls.ts), ends with it. */
import { systemClock } from '#lib/clock.ts';
import { createLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { createTlsFront, type TlsFront } from './front.ts';
import type { FromTls, ToTls } from './messages.ts';

const say = (message: FromTls): void => {
  process.send?.(message, undefined, undefined, () => {});
};

const logger = createLogger({
  level: 'info',
  sink: { write: (line) => say({ kind: 'log', line }) },
  now: () => systemClock.now(),
  fields: { process: 'tls' },
});

let front: TlsFront | undefined;
/** One after the other: a listener that moves frees its port first. */
let work: Promise<unknown> = Promise.resolve();

async function act(message: ToTls): Promise<void> {
  switch (message.kind) {
    case 'start': {
      const { host, port, secret } = message;
      const target = { host, port };
      front = createTlsFront({ target, secret, clock: systemClock, random: systemRandom, logger });
      return;
    }
    case 'listen': {
      const { name } = message.listener;
      try {
        say({ kind: 'listening', name, port: await front!.listen(message.listener) });
      } catch (error) {
        const { code = 'UNKNOWN', message: text } = error as NodeJS.ErrnoException;
        say({ kind: 'refused', name, code, message: text });
      }
      return;
    }
    case 'unlisten':
      return front?.unlisten(message.name);
    case 'stop':
      await front?.close();
      process.exit(0);
  }
}

const take = (message: ToTls) => {
  work = work.then(() => act(message)).catch((error: unknown) => logger.error('the TLS process failed', { error }));
};

process.on('message', take);
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
