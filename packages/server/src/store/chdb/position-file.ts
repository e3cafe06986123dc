import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OutsideError } from '../../kernel/mod.ts';

/** The store's kept position in the log: one number in a file, replaced as a whole and synced before it counts. */
export class PositionFile {
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, 'position');
  }

  /** 1, the first sequence of a log, where there is no file yet. */
  async read(): Promise<number> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 1;
      throw new OutsideError('store-failed', `cannot read ${this.#path}`, { cause: error });
    }
    const position = Number(text.trim());
    if (!Number.isSafeInteger(position) || position < 1) {
      throw new OutsideError(
        'store-failed',
        `${this.#path} holds ${JSON.stringify(text.slice(0, 40))}, not a position. Restore it from a backup, or move the store's directory away: it is then built anew from what the log still has.`,
      );
    }
    return position;
  }

  async write(position: number): Promise<void> {
    const next = `${this.#path}.next`;
    const file = await open(next, 'w');
    try {
      await file.writeFile(`${position}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, this.#path);
    const directory = await open(dirname(this.#path), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}
