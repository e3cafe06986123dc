/**
 * Teardowns, registered when a resource is born and run in reverse order.
 * `stop` runs all of them even when some fail, and throws what failed afterwards.
 */
export class StopList {
  readonly #entries: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];

  add(name: string, stop: () => Promise<void> | void): void {
    this.#entries.push({ name, stop });
  }

  async stop(onStep?: (name: string) => void): Promise<void> {
    const failures: Error[] = [];
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      onStep?.(entry.name);
      try {
        await entry.stop();
      } catch (error) {
        failures.push(new Error(`stopping ${entry.name} failed`, { cause: error }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map((failure) => failure.message).join('; '));
  }
}
