/**
 * A disk in memory that fails and loses power when it is told to. It has two images: what a process sees, and what is durable.
 * `dataSync` makes a file durable, `syncDirectory` makes names durable, and `cutPower` gives the disk that a machine finds
 * afterwards: of everything else, any sector and any name may or may not have reached it.
 */
import type { Disk, DiskFile } from '../src/log/mod.ts';

export type DiskOperation = 'open' | 'read' | 'write' | 'dataSync' | 'truncate' | 'syncDirectory' | 'remove';

interface Content {
  seen: Buffer;
  durable: Buffer;
  /** Sectors that the next sync makes durable. A sync that fails forgets them, as kernels do. */
  dirty: Set<number>;
}

const sectorBytes = 512;

export class FailingDisk implements Disk {
  readonly #seen = new Map<string, Content>();
  readonly #durable = new Map<string, Content>();
  readonly #locks = new Set<string>();
  readonly #faults = new Map<DiskOperation, { skip: number; error: Error }>();
  readonly #gates = new Map<DiskOperation, Promise<void>>();
  /** How often each operation was asked for. */
  readonly counts = new Map<DiskOperation, number>();

  /** Lets the operation succeed `skip` times and fail for ever after. */
  fail(operation: DiskOperation, error: Error, skip: number = 0): void {
    this.#faults.set(operation, { skip, error });
  }

  heal(): void {
    this.#faults.clear();
  }

  /** Makes the operation wait until the returned function is called. */
  hold(operation: DiskOperation): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gates.set(operation, promise);
    return () => {
      this.#gates.delete(operation);
      resolve();
    };
  }

  /** The disk after a loss of power; `random` gives numbers from 0 up to 1. Locks are free again. */
  cutPower(random: () => number): FailingDisk {
    const after = new FailingDisk();
    for (const path of new Set([...this.#seen.keys(), ...this.#durable.keys()])) {
      const durable = this.#durable.get(path);
      const content = durable === this.#seen.get(path) || random() < 0.5 ? durable : this.#seen.get(path);
      if (content !== undefined) after.putFile(path, tear(content, random));
    }
    return after;
  }

  /** The disk after the death of the process: everything that was written can be seen, and is as durable as before. */
  killProcess(): FailingDisk {
    const after = new FailingDisk();
    const copies = new Map<Content, Content>();
    for (const content of [...this.#seen.values(), ...this.#durable.values()]) {
      copies.set(content, {
        seen: Buffer.from(content.seen),
        durable: Buffer.from(content.durable),
        dirty: new Set(content.dirty),
      });
    }
    for (const [path, content] of this.#seen) after.#seen.set(path, copies.get(content) ?? content);
    for (const [path, content] of this.#durable) after.#durable.set(path, copies.get(content) ?? content);
    return after;
  }

  /** Puts a durable file there. */
  putFile(path: string, bytes: Buffer): void {
    const content = { seen: Buffer.from(bytes), durable: Buffer.from(bytes), dirty: new Set<number>() };
    this.#seen.set(path, content);
    this.#durable.set(path, content);
  }

  /** What a process sees in the file. */
  fileAt(path: string): Buffer {
    const content = this.#seen.get(path);
    if (content === undefined) throw new Error(`no file ${path}`);
    return content.seen;
  }

  paths(): string[] {
    return [...this.#seen.keys()].sort();
  }

  async makeDirectory(): Promise<void> {}

  async list(path: string): Promise<readonly string[]> {
    return this.paths()
      .filter((each) => directoryOf(each) === path)
      .map((each) => each.slice(path.length + 1));
  }

  async open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile> {
    await this.pass('open');
    const there = this.#seen.get(path);
    if (mode === 'create' && there !== undefined) throw new Error(`EEXIST: ${path}`);
    if (mode !== 'create' && there === undefined) throw new Error(`ENOENT: ${path}`);
    const content = there ?? { seen: Buffer.alloc(0), durable: Buffer.alloc(0), dirty: new Set<number>() };
    this.#seen.set(path, content);
    return new FailingFile(this, content);
  }

  async syncDirectory(path: string): Promise<void> {
    await this.pass('syncDirectory');
    for (const each of this.#durable.keys()) {
      if (directoryOf(each) === path && !this.#seen.has(each)) this.#durable.delete(each);
    }
    for (const [each, content] of this.#seen) {
      if (directoryOf(each) === path) this.#durable.set(each, content);
    }
  }

  async remove(path: string): Promise<void> {
    await this.pass('remove');
    if (!this.#seen.delete(path)) throw new Error(`ENOENT: ${path}`);
  }

  lock(path: string): (() => void) | undefined {
    if (this.#locks.has(path)) return undefined;
    this.#locks.add(path);
    return () => {
      this.#locks.delete(path);
    };
  }

  /** Counts the operation, waits where it is held, and throws where it is to fail. */
  async pass(operation: DiskOperation): Promise<void> {
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    await this.#gates.get(operation);
    const fault = this.#faults.get(operation);
    if (fault === undefined) return;
    if (fault.skip > 0) fault.skip -= 1;
    else throw fault.error;
  }
}

class FailingFile implements DiskFile {
  readonly #disk: FailingDisk;
  readonly #content: Content;

  constructor(disk: FailingDisk, content: Content) {
    this.#disk = disk;
    this.#content = content;
  }

  async size(): Promise<number> {
    return this.#content.seen.length;
  }

  async read(target: Buffer, length: number, position: number): Promise<number> {
    await this.#disk.pass('read');
    return this.#content.seen.copy(target, 0, position, Math.min(position + length, this.#content.seen.length));
  }

  /** A long write takes half, as a disk may. */
  async write(source: Buffer, start: number, end: number, position: number): Promise<number> {
    await this.#disk.pass('write');
    const length = end - start > 1000 ? Math.floor((end - start) / 2) : end - start;
    const size = Math.max(this.#content.seen.length, position + length);
    const grown = Buffer.alloc(size);
    this.#content.seen.copy(grown);
    source.copy(grown, position, start, start + length);
    this.#content.seen = grown;
    for (let sector = Math.floor(position / sectorBytes); sector * sectorBytes < position + length; sector += 1) {
      this.#content.dirty.add(sector);
    }
    return length;
  }

  async dataSync(): Promise<void> {
    const content = this.#content;
    try {
      await this.#disk.pass('dataSync');
    } catch (error) {
      content.dirty.clear();
      throw error;
    }
    const synced = Buffer.alloc(content.seen.length);
    content.durable.copy(synced);
    for (const sector of content.dirty) copySector(content.seen, synced, sector);
    content.durable = synced;
    content.dirty.clear();
  }

  async truncate(length: number): Promise<void> {
    await this.#disk.pass('truncate');
    this.#content.seen = Buffer.from(this.#content.seen.subarray(0, length));
  }

  async close(): Promise<void> {}
}

/** The durable content with any of the sectors that were written since, and any of the lengths that the file had. */
function tear(content: Content, random: () => number): Buffer {
  const { seen, durable, dirty } = content;
  const shorter = Math.min(seen.length, durable.length);
  const longer = Math.max(seen.length, durable.length);
  const torn = Buffer.alloc(shorter + Math.floor(random() * (longer - shorter + 1)));
  durable.copy(torn);
  const survival = random();
  for (const sector of dirty) {
    if (random() < survival) copySector(seen, torn, sector);
  }
  return torn;
}

function copySector(from: Buffer, to: Buffer, sector: number): void {
  from.copy(to, sector * sectorBytes, sector * sectorBytes, (sector + 1) * sectorBytes);
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
