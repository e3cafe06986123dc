import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Answer, Failure } from '../api/mod.ts';

/** What a page knows of something that it asked the server for. After a failed renewal the last value stays beside it. */
export interface Resource<T> {
  readonly value: T | null;
  readonly failure: Failure | null;
  readonly reload: () => void;
}

interface ResourceOptions {
  /** Ask again after so many milliseconds, while the page is visible. */
  readonly everyMillis?: number;
}

/**
 * Asks the server, and again whenever `load` is another function (keep it with useCallback).
 * An answer that comes after the page went on is dropped.
 */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<Answer<T>>,
  { everyMillis }: ResourceOptions = {},
): Resource<T> {
  const [state, setState] = useState<{
    readonly of: unknown;
    readonly value: T | null;
    readonly failure: Failure | null;
  }>({ of: load, value: null, failure: null });
  const [turn, setTurn] = useState(0);
  const request = useMemo(() => ({ load, turn }), [load, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;
    const ask = async (): Promise<void> => {
      if (document.visibilityState === 'visible') {
        asking = true;
        const answer = await request.load(stop.signal);
        asking = false;
        if (stop.signal.aborted) return;
        if (answer.kind === 'ok') setState({ of: request.load, value: answer.value, failure: null });
        else {
          const { failure } = answer;
          setState((before) => ({
            of: request.load,
            value: before.of === request.load ? before.value : null,
            failure,
          }));
        }
      }
      if (everyMillis !== undefined) timer = setTimeout(() => void ask(), everyMillis);
    };
    const onVisible = (): void => {
      if (document.visibilityState !== 'visible' || asking) return;
      clearTimeout(timer);
      void ask();
    };
    void ask();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [request, everyMillis]);

  const isOfLoad = state.of === load;
  return { value: isOfLoad ? state.value : null, failure: isOfLoad ? state.failure : null, reload };
}

/** Whether the viewer asked for a dark page; follows the change of day. */
export function usePrefersDark(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia('(prefers-color-scheme: dark)');
      query.addEventListener('change', changed);
      return () => query.removeEventListener('change', changed);
    },
    () => matchMedia('(prefers-color-scheme: dark)').matches,
  );
}
