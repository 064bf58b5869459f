/**
 * One line for every time that somebody asks for credentials, in the form of ECS's agent: time, status, who asked, path
 * without the id, user agent, task, kind of credentials, version of the form, cluster, container instance. The id and the
 * credentials never stand in it.
 */
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';

export interface CredentialsFetch {
  readonly status: number;
  /** `/v2/credentials` */
  readonly path: string;
  readonly address?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly taskArn?: string | undefined;
}

export interface AuditLog {
  record(fetch: CredentialsFetch): void;
  close(): Promise<void>;
}

export interface AuditLogOptions {
  readonly file: string;
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Then it becomes `<file>.1`, and the one before goes. */
const maxBytes = 16 * 1024 * 1024;
const formVersion = 1;

/** Nothing that a caller sends can begin another line or member. */
const member = (text: string | undefined) => text?.replaceAll(/[^\x21-\x7e]+/g, '_').slice(0, 512) || '-';
const quoted = (text: string | undefined) => (text ? `"${member(text.replaceAll('"', ''))}"` : '-');

export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { file, clock, logger, cluster, containerInstanceArn } = options;
  let handle: FileHandle = await open(file, 'a', 0o600);
  let { size } = await stat(file);
  let written: Promise<unknown> = Promise.resolve();
  const append = async (line: string) => {
    if (size > maxBytes) {
      await handle.close();
      await rename(file, `${file}.1`);
      handle = await open(file, 'a', 0o600);
      size = 0;
    }
    await handle.write(line);
    size += line.length;
  };
  return {
    record({ status, path, address, userAgent, taskArn }) {
      const time = new Date(clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z');
      const who = [time, status, member(address), quoted(path), quoted(userAgent), member(taskArn)];
      const what = ['GetCredentials', formVersion, member(cluster), member(containerInstanceArn)];
      written = written
        .then(() => append(`${[...who, ...what].join(' ')}\n`))
        .catch((error: unknown) => logger.error('the audit log cannot be written', { file, error }));
    },
    async close() {
      await written;
      await handle.close();
    },
  };
}
