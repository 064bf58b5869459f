/** A log on disk that cannot fill it: beyond `maxBytes` the file becomes `<name>.1` and a new one begins. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { LogSink } from '#lib/logger.ts';

export interface LogFile extends LogSink {
  close(): void;
}

const defaultMaxBytes = 16 * 2 ** 20;

export function openLogFile(file: string, maxBytes = defaultMaxBytes): LogFile {
  let fd = openSync(file, 'a', 0o600);
  let sizeBytes = fstatSync(fd).size;
  return {
    write(line) {
      if (sizeBytes > maxBytes) {
        closeSync(fd);
        renameSync(file, `${file}.1`);
        fd = openSync(file, 'a', 0o600);
        sizeBytes = 0;
      }
      sizeBytes += writeSync(fd, line);
    },
    close: () => closeSync(fd),
  };
}

/** The end of a log, for an error message; empty when there is none. */
export function logTail(file: string, lines: number): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '';
}
