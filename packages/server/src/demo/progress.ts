import type { Clock } from '../kernel/mod.ts';

/** Where progress is drawn: process.stderr, or what a test reads. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar on a terminal, drawn anew in its line; plain lines at a slower pace elsewhere. */
export class ProgressBar {
  readonly #output: ProgressOutput;
  readonly #clock: Clock;
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(output: ProgressOutput, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** @param fraction 0 to 1 */
  show(fraction: number, note: string): void {
    const terminal = this.#output.isTTY === true;
    const now = this.#clock.monotonic();
    if (fraction < 1 && now - this.#drawn < (terminal ? 100 : 5_000)) return;
    this.#drawn = now;
    const percent = `${Math.floor(fraction * 100)}`.padStart(3);
    if (!terminal) {
      this.#output.write(`${percent} %  ${note}\n`);
      return;
    }
    const room = Math.max(10, Math.min(40, (this.#output.columns ?? 80) - note.length - 12));
    const full = Math.round(fraction * room);
    const line = `[${'#'.repeat(full)}${'.'.repeat(room - full)}] ${percent} %  ${note}`;
    this.#output.write(`\r${line.slice(0, (this.#output.columns ?? 80) - 1)}\u001b[K`);
  }

  /** A line of its own, above the bar. */
  say(line: string): void {
    this.#output.write(this.#output.isTTY === true ? `\r\u001b[K${line}\n` : `${line}\n`);
  }

  /** Ends the bar's line. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\n');
  }
}
