/** Time as a parameter: tests give their own, main.tsx gives the browser's. Milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Resolves after `millis`, or at once when the signal aborts; it never rejects. */
  sleep(millis: number, signal: AbortSignal): Promise<void>;
}

/** The browser's clock and timers. */
export const browserClock: Clock = {
  now: () => Date.now(),
  sleep: (millis, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, millis);
      signal.addEventListener('abort', done);
    }),
};
