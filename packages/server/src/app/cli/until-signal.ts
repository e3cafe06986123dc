/** Signals as one of these are one wish: a terminal, npm and a wrapping process may each pass the same one on. */
const sameWishMillis = 1_000;

/** The signals of this process, as far as a server needs them. */
export interface StopSignals {
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** Lets go of the signals; afterwards they have their usual effect. */
  release(): void;
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an AbortSignal. A signal that comes more than a second after the first
 * is impatience: `onImpatience` then ends the process.
 */
export function listenForStop(monotonic: () => number, onImpatience: () => void): StopSignals {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let first: number | undefined;
  const onSignal = (): void => {
    if (first === undefined) {
      first = monotonic();
      controller.abort();
    } else if (monotonic() - first > sameWishMillis) {
      onImpatience();
    }
  };
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
