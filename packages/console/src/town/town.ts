// What the console knows of the town: the overview, the alerts that are not over, and whether both are live. It loads
// them at each (re)connection of /live and then follows the events, so that nothing is missed across a gap.
import { Alert, AlertList, LiveHello, LiveObservations, Overview } from '@belfry/contract';
import type { LiveObservation, ThingSummary } from '@belfry/contract';
import { Check } from 'typebox/value';
import {
  createLiveFollower,
  sameOrigin,
  type Answer,
  type Api,
  type Clock,
  type Failure,
  type LiveStatus,
  type SseEvent,
} from '../api/mod.ts';
import { mergeAlert, mergeObservations, withAlerts } from './merge.ts';

export interface TownState {
  /** Null until the first answer. */
  readonly things: readonly ThingSummary[] | null;
  /** Active and pending ones; null until the first answer. */
  readonly alerts: readonly Alert[] | null;
  readonly failure: Failure | null;
  readonly live: LiveStatus;
  /** True when the server says that the whole town is simulated. */
  readonly simulated: boolean;
  /** What a screen reader is told: the newest alert that became active. */
  readonly announcement: string;
}

export interface Town {
  getState(): TownState;
  readonly subscribe: (changed: () => void) => () => void;
  /** Hears every live reading of numbers and texts; for charts. */
  onObservations(hear: (observations: readonly LiveObservation[]) => void): () => void;
  /** Hears every transition of an alert. */
  onAlert(hear: (alert: Alert) => void): () => void;
  /** The server's present, in milliseconds since 1970. */
  readonly now: () => number;
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Tries to connect and load again now. */
  readonly retry: () => void;
}

interface TownParts {
  readonly api: Api;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Pages that are followed of one list; with 2,000 Things a page this is more than a page can show. */
const pagesMax = 10;

export function createTown({ api, clock, random }: TownParts): Town {
  let state: TownState = {
    things: null,
    alerts: null,
    failure: null,
    live: { kind: 'connecting' },
    simulated: false,
    announcement: '',
  };
  let aheadMillis = 0;
  let loading = new AbortController();
  let reloadPlanned = false;
  const greeted = new AbortController();
  const listeners = new Set<() => void>();
  const observers = new Set<(observations: readonly LiveObservation[]) => void>();
  const alertObservers = new Set<(alert: Alert) => void>();

  const change = (part: Partial<TownState>): void => {
    state = { ...state, ...part };
    for (const listener of listeners) listener();
  };

  /** Events that came while the lists were under way; they are newer than the lists or harmless. */
  let early: SseEvent[] | null = null;

  async function load(outer: AbortSignal): Promise<void> {
    loading.abort();
    loading = new AbortController();
    const signal = AbortSignal.any([outer, loading.signal]);
    early = [];
    const [things, alerts] = await Promise.all([
      pages('/overview', (path) => api.get(path, Overview, signal)),
      pages('/alerts?state=active&state=pending&limit=500', (path) => api.get(path, AlertList, signal)),
    ]);
    if (signal.aborted) return;
    const failure = things.failure ?? alerts.failure;
    if (failure === null) change({ things: things.value, alerts: alerts.value, failure: null });
    else change({ failure });
    const waiting = early;
    early = null;
    for (const event of waiting) take(event);
  }

  function take(event: SseEvent): void {
    if (early !== null) {
      if (early.length < 1_000) early.push(event);
      return;
    }
    const body = parse(event.data);
    if (event.event === 'observations' && Check(LiveObservations, body)) {
      for (const hear of observers) hear(body.value);
      const things = state.things === null ? null : mergeObservations(state.things, body.value);
      if (things !== state.things) change({ things });
    } else if (event.event === 'alert' && Check(Alert, body)) takeAlert(body);
  }

  function takeAlert(alert: Alert): void {
    for (const hear of alertObservers) hear(alert);
    const alerts = mergeAlert(state.alerts ?? [], alert);
    const things = state.things === null ? null : withAlerts(state.things, alerts, alert.thingId);
    const announcement =
      alert.state === 'active' ? `${alert.severity} alert: ${alert.event} at ${alert.thingName}` : state.announcement;
    change({ alerts, things, announcement });
  }

  function onEvent(event: SseEvent, signal: AbortSignal): void {
    if (event.event === 'hello') {
      const hello = parse(event.data);
      if (!Check(LiveHello, hello)) return;
      aheadMillis = Date.parse(hello.serverTime) - clock.now();
      change({ simulated: hello.simulated });
    }
    if (event.event === 'hello') {
      greeted.abort();
      void load(signal);
    } else if (event.event === 'entities') void reloadSoon(signal);
    else take(event);
  }

  /** A replay registers many Things in a row: their events lead to one load a second. */
  async function reloadSoon(signal: AbortSignal): Promise<void> {
    if (reloadPlanned) return;
    reloadPlanned = true;
    await clock.sleep(1_000, signal);
    reloadPlanned = false;
    if (!signal.aborted) await load(signal);
  }

  /** The lists do not wait for /live for ever: a proxy that breaks event streams must not leave the page empty or stale. */
  async function loadWithoutLive(signal: AbortSignal): Promise<void> {
    await clock.sleep(1_500, AbortSignal.any([signal, greeted.signal]));
    while (!signal.aborted) {
      if (state.live.kind !== 'live') await load(signal);
      await clock.sleep(15_000, signal);
    }
  }

  let follower = { retry: (): void => undefined };

  return {
    getState: () => state,
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    onObservations(hear) {
      observers.add(hear);
      return () => void observers.delete(hear);
    },
    onAlert(hear) {
      alertObservers.add(hear);
      return () => void alertObservers.delete(hear);
    },
    now: () => clock.now() + aheadMillis,
    retry: () => follower.retry(),
    async run(signal) {
      const live = createLiveFollower({
        open: (opening) => api.open('/live', opening),
        clock,
        random,
        onEvent: (event) => onEvent(event, signal),
        onStatus: (status) => change({ live: byServerClock(status, aheadMillis) }),
      });
      follower = live;
      await Promise.all([loadWithoutLive(signal), live.run(signal)]);
    },
  };
}

/** The pages hold all times against one present, that of the server. */
function byServerClock(status: LiveStatus, aheadMillis: number): LiveStatus {
  if (status.kind === 'live' || status.kind === 'connecting') return status;
  return { ...status, since: status.since + aheadMillis, retryAt: status.retryAt + aheadMillis };
}

interface PageOf<T> {
  readonly value: readonly T[];
  readonly failure: Failure | null;
}

/** Follows `next` through a list. A failure keeps what came before it. */
async function pages<T>(
  first: string,
  get: (path: string) => Promise<Answer<{ readonly value: readonly T[]; readonly next?: string }>>,
): Promise<PageOf<T>> {
  const value: T[] = [];
  let path: string | undefined = first;
  for (let page = 0; page < pagesMax && path !== undefined; page++) {
    const answer: Answer<{ readonly value: readonly T[]; readonly next?: string }> = await get(path);
    if (answer.kind === 'failed') return { value, failure: answer.failure };
    value.push(...answer.value.value);
    path = answer.value.next === undefined ? undefined : sameOrigin(answer.value.next);
  }
  return { value, failure: null };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
