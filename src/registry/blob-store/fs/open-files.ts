/**
 * Files that are open for reading, kept open for the next reader: layers are pulled by many clients at once and in ranges, and
 * opening one costs more than reading 64 KiB of it.
 */
import { type FileHandle, open } from 'node:fs/promises';

/** Higher: more descriptors; lower: files that are read by turns are opened again. */
const maxIdle = 64;

export interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly sizeBytes: number;
}

interface Entry {
  readonly file: Promise<OpenFile | undefined>;
  readers: number;
  forgotten: boolean;
}

export class OpenFiles {
  /** Least recently opened first. */
  readonly #entries = new Map<string, Entry>();
  readonly #byFile = new WeakMap<OpenFile, Entry>();

  /** Undefined when there is no such file. Every file that is answered must be released once. */
  async acquire(path: string): Promise<OpenFile | undefined> {
    const known = this.#entries.get(path);
    const entry = known ?? { file: this.#open(path), readers: 0, forgotten: false };
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    entry.readers += 1;
    let file: OpenFile | undefined;
    try {
      file = await entry.file;
    } finally {
      if (file) this.#byFile.set(file, entry);
      else {
        entry.readers -= 1;
        if (this.#entries.get(path) === entry) this.#entries.delete(path);
      }
    }
    this.#closeIdle();
    return file;
  }

  async #open(path: string): Promise<OpenFile | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return { path, handle, sizeBytes: (await handle.stat()).size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  release(file: OpenFile): void {
    const entry = this.#byFile.get(file)!;
    entry.readers -= 1;
    if (entry.forgotten && entry.readers === 0) void file.handle.close().catch(() => {});
    else this.#closeIdle();
  }

  /** The file is about to go: nobody is given it any more; who reads it may go on. */
  async forget(path: string): Promise<void> {
    const entry = this.#entries.get(path);
    if (!entry) return;
    this.#entries.delete(path);
    entry.forgotten = true;
    const file = await entry.file.catch(() => undefined);
    if (file && entry.readers === 0) await file.handle.close();
  }

  #closeIdle(): void {
    if (this.#entries.size <= maxIdle) return;
    for (const [path, entry] of this.#entries) {
      if (this.#entries.size <= maxIdle) return;
      if (entry.readers > 0) continue;
      this.#entries.delete(path);
      void entry.file.then((file) => file?.handle.close()).catch(() => {});
    }
  }

  async close(): Promise<void> {
    for (const path of [...this.#entries.keys()]) await this.forget(path);
  }
}
