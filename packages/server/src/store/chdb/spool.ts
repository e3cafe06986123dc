import { open, type FileHandle } from 'node:fs/promises';
import { RowCursor } from '../../domain/mod.ts';

/**
 * Rows on their way from the log into the table, as one file that ClickHouse reads by itself. It holds a copy of what
 * is durable in the log, so it is never synced and starts empty.
 */
export class Spool {
  readonly path: string;
  rows = 0;
  #file: FileHandle | undefined;
  #bytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Adds the rows of a frame; `visit` sees each of them. */
  async add(payload: Buffer, visit: (row: RowCursor) => void): Promise<void> {
    const row = new RowCursor(payload);
    while (row.advance()) {
      visit(row);
      this.rows += 1;
    }
    this.#file ??= await open(this.path, 'w');
    await this.#file.write(payload, 0, payload.length, this.#bytes);
    this.#bytes += payload.length;
  }

  async clear(): Promise<void> {
    this.rows = 0;
    this.#bytes = 0;
    await this.#file?.truncate(0);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}
