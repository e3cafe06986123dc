import { limits, Signal } from '../kernel/mod.ts';
import type { Log } from '../log/mod.ts';

/**
 * Tells listeners when to stop reading: the slowest consumer is more than limits.consumerLagMax records behind, or half of
 * the log's waiting room is full. Released at half of the bound, so that it does not flutter.
 */
export class Pressure {
  readonly changed = new Signal<boolean>();
  #pressed = false;
  readonly #log: Log;
  readonly #lagMax: number;

  constructor(log: Log, lagMax: number = limits.consumerLagMax) {
    this.#log = log;
    this.#lagMax = lagMax;
  }

  get pressed(): boolean {
    return this.#pressed;
  }

  /** Looks again; called after each group commit and by a timer while pressed. */
  update(): void {
    let lag = 0;
    for (const position of this.#log.positions().values()) lag = Math.max(lag, this.#log.durableSequence - position);
    const share = Math.max(lag / this.#lagMax, (this.#log.pendingBytes * 2) / limits.logPendingBytesMax);
    const pressed = this.#pressed ? share > 0.5 : share > 1;
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.changed.emit(pressed);
  }
}
