import { AlertList, type Alert } from '@belfry/contract';
import { useEffect, useMemo, useState } from 'react';
import { sameOrigin, type Answer, type Failure } from '../api/mod.ts';
import { compareAlerts } from '../severity/mod.ts';
import { useServices, useTown } from '../town/mod.ts';
import { passes, queryOf, type AlertFilter } from './filter.ts';

export interface LiveAlertList {
  /** Null until the first answer. */
  readonly alerts: readonly Alert[] | null;
  readonly failure: Failure | null;
  /** Loads the next page; null where there is none. */
  readonly more: (() => void) | null;
  readonly reload: () => void;
}

interface Loaded {
  readonly alerts: readonly Alert[] | null;
  readonly next: string | null;
  readonly failure: Failure | null;
}

const nothing: Loaded = { alerts: null, next: null, failure: null };

/** The alerts that pass the filter (keep it with useMemo), page by page, followed live. */
export function useAlertList(filter: AlertFilter, pageSize = 100): LiveAlertList {
  const { api, town } = useServices();
  const isLive = useTown((state) => state.live.kind === 'live');
  const [loaded, setLoaded] = useState<Loaded>(nothing);
  const [turn, setTurn] = useState(0);

  // A new connection may have missed transitions: the list is asked for anew, and the old one stays until it is there.
  const request = useMemo(
    () => ({ path: `/alerts?${queryOf(filter)}&limit=${pageSize}`, isLive, turn }),
    [filter, pageSize, isLive, turn],
  );

  useEffect(() => {
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      const answer = await api.get(request.path, AlertList, stop.signal);
      if (!stop.signal.aborted) setLoaded((known) => withPage(known, [], answer));
    };
    void ask();
    return () => stop.abort();
  }, [api, request]);

  useEffect(
    () =>
      town.onAlert((alert) =>
        setLoaded((known) => {
          if (known.alerts === null) return known;
          const others = known.alerts.filter((other) => other.id !== alert.id);
          return { ...known, alerts: passes(alert, filter) ? [alert, ...others] : others };
        }),
      ),
    [town, filter],
  );

  const showMore = async (path: string): Promise<void> => {
    const answer = await api.get(path, AlertList, AbortSignal.timeout(30_000));
    setLoaded((known) => (known.next === path ? withPage(known, known.alerts ?? [], answer) : known));
  };

  const { alerts, next, failure } = loaded;
  return {
    alerts: alerts === null ? null : alerts.filter((alert) => passes(alert, filter)).sort(compareAlerts),
    failure,
    more: next === null ? null : () => void showMore(next),
    reload: () => setTurn((before) => before + 1),
  };
}

/** What is known after a page came: it follows what stood before it. */
function withPage(known: Loaded, before: readonly Alert[], answer: Answer<AlertList>): Loaded {
  if (answer.kind === 'failed') return { ...known, failure: answer.failure };
  const { value, next } = answer.value;
  const had = new Set(before.map((alert) => alert.id));
  const alerts = [...before, ...value.filter((alert) => !had.has(alert.id))];
  return { alerts, next: next === undefined ? null : sameOrigin(next), failure: null };
}
