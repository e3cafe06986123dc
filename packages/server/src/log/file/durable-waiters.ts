/** Callers that wait until the records below a sequence are durable. */
export class DurableWaiters {
  readonly #waiters = new Set<{
    readonly sequence: number;
    readonly resolve: () => void;
    readonly reject: (reason: unknown) => void;
  }>();

  /** Rejects with the signal's reason as soon as it is aborted. */
  wait(sequence: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(reasonOf(signal));
      };
      const stopListening = (): void => signal?.removeEventListener('abort', onAbort);
      const waiter = {
        sequence,
        resolve: () => {
          stopListening();
          resolve();
        },
        reject: (reason: unknown) => {
          stopListening();
          reject(reason);
        },
      };
      if (signal?.aborted === true) {
        reject(reasonOf(signal));
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  release(durableSequence: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.sequence > durableSequence) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  rejectAll(reason: Error): void {
    for (const waiter of this.#waiters) waiter.reject(reason);
    this.#waiters.clear();
  }
}

function reasonOf(signal: AbortSignal | undefined): unknown {
  return signal?.reason;
}
