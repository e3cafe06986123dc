import { constants } from 'node:fs';
import { mkdir, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * What the file log needs of a disk, so that tests can give one that fails or forgets what was not synced.
 * Every operation rejects with the system's error; none is tried again.
 */
export interface Disk {
  /** Makes the directory and those above it; what it made is durable. */
  makeDirectory(path: string): Promise<void>;
  /** Names in the directory. */
  list(path: string): Promise<readonly string[]>;
  /** `create` makes a new file and fails where there is one; `write` and `read` open one that exists. */
  open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile>;
  /** Makes the names in the directory durable: files that came and files that went. */
  syncDirectory(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Takes the lock that the file stands for; undefined where another holder lives. Death of the process frees it. */
  lock(path: string): (() => void) | undefined;
}

/** Offsets and lengths in bytes. */
export interface DiskFile {
  size(): Promise<number>;
  /** Reads at most `length` bytes to the start of `target`; 0 at the end of the file. */
  read(target: Buffer, length: number, position: number): Promise<number>;
  /** Writes some of the bytes from `start` to `end` and returns how many. */
  write(source: Buffer, start: number, end: number, position: number): Promise<number>;
  /** Makes content and length durable (fdatasync). */
  dataSync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** The machine's file system. */
export const nodeDisk: Disk = {
  makeDirectory: async (path) => {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    const top = dirname(first);
    for (let parent = dirname(path); ; parent = dirname(parent)) {
      await syncDirectory(parent);
      if (parent === top || parent === dirname(parent)) return;
    }
  },
  list: (path) => readdir(path),
  open: async (path, mode) => new NodeFile(await open(path, flagsOf[mode], 0o640)),
  syncDirectory,
  remove: (path) => unlink(path),
  lock: lockBySqlite,
};

const flagsOf = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  write: constants.O_RDWR,
  read: constants.O_RDONLY,
} as const;

class NodeFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(target: Buffer, length: number, position: number): Promise<number> {
    return (await this.#handle.read(target, 0, length, position)).bytesRead;
  }

  async write(source: Buffer, start: number, end: number, position: number): Promise<number> {
    return (await this.#handle.write(source, start, end - start, position)).bytesWritten;
  }

  dataSync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A lock of the kernel, which kill -9 frees: Node has no flock, but SQLite locks its files (fcntl) and tells two connections
 * of one process apart as well. A number of a process in a file would do neither: in a container every process is number 1.
 */
function lockBySqlite(path: string): (() => void) | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return () => {
    database.close();
  };
}

/** SQLITE_BUSY, 5 (sqlite.org/rescode.html). */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
