import { recordKinds, type Removal } from '../domain/mod.ts';
import { OutsideError } from '../kernel/mod.ts';
import type { Log } from '../log/mod.ts';
import type { Registry } from '../registry/mod.ts';

/**
 * Moves the registry's outbox into the log: Observations that must go because their Datastream or FeatureOfInterest went. A crash
 * between the log and `removalDone` sends a removal twice, which removes nothing more.
 */
export class RemovalOutbox {
  readonly #registry: Registry;
  readonly #log: Log;
  #running: Promise<void> | undefined;

  constructor(registry: Registry, log: Log) {
    this.#registry = registry;
    this.#log = log;
  }

  /** Resolves when everything that was in the outbox is durable in the log. Calls that come together share one run. */
  async move(): Promise<void> {
    await this.#running;
    this.#running ??= this.#moveAll().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #moveAll(): Promise<void> {
    for (let pending = await this.#registry.pendingRemovals(); pending.length > 0;) {
      for (const { removal } of pending) this.#append(removal);
      await this.#log.whenDurable(this.#log.nextSequence);
      for (const { key } of pending) await this.#registry.removalDone(key);
      pending = await this.#registry.pendingRemovals();
    }
  }

  #append(removal: Removal): void {
    const line = Buffer.from(`${JSON.stringify(removal)}\n`);
    if (this.#log.append(recordKinds.removals, line, 0, line.length) !== 0) return;
    throw new OutsideError(
      'log-failed',
      this.#log.trouble ?? 'the log is full; the Observations go when it takes more',
    );
  }
}
