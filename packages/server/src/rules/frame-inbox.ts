import type { Frame, Log, LogReader } from '../log/mod.ts';

/** Waits for the next frames of the log, but not longer than asked, so that the consumer can do its housekeeping meanwhile. */
export class FrameInbox {
  readonly #reader: LogReader;
  readonly #signal: AbortSignal;
  #reading = false;
  #arrived: (() => readonly Frame[]) | undefined;
  #wake: (() => void) | undefined;

  constructor(log: Pick<Log, 'reader'>, position: number, signal: AbortSignal) {
    this.#reader = log.reader(position);
    this.#signal = signal;
  }

  /** The next frames; empty when the time is up. Rejects as LogReader.read does. Frames are valid until the next call. */
  async next(millis: number): Promise<readonly Frame[]> {
    if (!this.#reading) this.#read();
    if (this.#arrived === undefined) await this.#wait(millis);
    const arrived = this.#arrived;
    if (arrived === undefined) return [];
    this.#arrived = undefined;
    this.#reading = false;
    return arrived();
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  #read(): void {
    this.#reading = true;
    const arrive = (outcome: () => readonly Frame[]): void => {
      this.#arrived = outcome;
      this.#wake?.();
    };
    this.#reader.read(this.#signal).then(
      (frames) => arrive(() => frames),
      (error: unknown) =>
        arrive(() => {
          throw error;
        }),
    );
  }

  #wait(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, millis);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
