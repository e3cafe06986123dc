import type { ReactElement } from 'react';
import type { LiveStatus } from '../api/mod.ts';
import { useServices, useTown } from '../town/mod.ts';
import { Moment, useNow } from './now.tsx';
import { durationWords, viewerTime } from './time.ts';

const words: Readonly<Record<LiveStatus['kind'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
};

/** Whether the page is live; in the header of every page. */
export function LivePill(): ReactElement {
  const live = useTown((state) => state.live);
  return (
    <span className={`pill pill-${live.kind}`} role="status">
      <span className="pill-mark" aria-hidden="true" />
      {words[live.kind]}
      {live.kind === 'offline' && <span className="pill-since"> since {viewerTime.clock(live.since).slice(0, 5)}</span>}
    </span>
  );
}

/** While the page is not live it says so across its whole width: old values must not be taken for new ones. */
export function StaleBar(): ReactElement | null {
  const { town } = useServices();
  const live = useTown((state) => state.live);
  const now = useNow();
  if (live.kind === 'live' || live.kind === 'connecting') return null;
  const wait = Math.max(0, live.retryAt - now);
  return (
    <div className="bar bar-stale" role="alert">
      <span>
        <strong>Not live since {viewerTime.clock(live.since)}</strong> (<Moment at={live.since} show="ago" />
        ). What stands here is from before; newer readings and alerts are not shown.
      </span>
      <span className="bar-end">
        {wait > 0 ? `Next try in ${durationWords(Math.max(1_000, wait))}` : 'Trying now…'}
        <button type="button" className="button button-small" onClick={town.retry}>
          Try now
        </button>
      </span>
    </div>
  );
}

/** Across the top of every page when the server says that its town is made up. */
export function SimulatedBar(): ReactElement | null {
  const simulated = useTown((state) => state.simulated);
  if (!simulated) return null;
  return (
    <div className="bar bar-simulated">
      <span>
        <strong>Simulated town.</strong> A program makes up every reading and alert here. Do not act on them.
      </span>
    </div>
  );
}
