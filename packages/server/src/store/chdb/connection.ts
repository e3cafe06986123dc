import { Session } from 'chdb';
import { OutsideError, messageOf } from '../../kernel/mod.ts';

/** A value for a `{name:Type}` placeholder; never text glued into SQL. */
export type Parameter = number | string | readonly number[];

/** One connection to the embedded ClickHouse. It runs one statement at a time, off the event loop; a second waits for the first. */
export class Connection {
  readonly #session: Session;

  constructor(directory: string) {
    this.#session = new Session(directory);
  }

  async command(sql: string): Promise<void> {
    await this.#run(() => this.#session.queryAsync(sql));
  }

  /** The answer in RowBinary. */
  async rows(sql: string, parameters: Readonly<Record<string, Parameter>> = {}): Promise<Buffer> {
    const result = await this.#run(() => this.#session.queryBindAsync(sql, parameters, { format: 'RowBinary' }));
    const bytes = result.bytes();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  close(): void {
    this.#session.close();
  }

  async #run<T>(statement: () => Promise<T>): Promise<T> {
    try {
      return await statement();
    } catch (error) {
      throw new OutsideError('store-failed', `ClickHouse refused a statement: ${messageOf(error)}`, { cause: error });
    }
  }
}
