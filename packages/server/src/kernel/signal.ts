/** A list of listeners that are told of something. Listeners run in the order they came; one that throws is our bug. */
export class Signal<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Returns the function that ends the subscription. */
  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
}
