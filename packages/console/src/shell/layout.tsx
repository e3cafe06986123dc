import type { ReactElement, ReactNode } from 'react';
import { useServices, useTown } from '../town/mod.ts';
import { LivePill, SimulatedBar, StaleBar } from './live-status.tsx';
import { useNow } from './now.tsx';
import { hrefOf, Link, useRouter } from './router.tsx';
import { utcWords, viewerTime } from './time.ts';

interface LayoutProps {
  /** Forgets the token; null where there is none. */
  readonly onSignOut: (() => void) | null;
  readonly children: ReactNode;
}

/** Head and foot of every page. */
export function Layout({ onSignOut, children }: LayoutProps): ReactElement {
  const announcement = useTown((state) => state.announcement);
  return (
    <div className="layout">
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <SimulatedBar />
      <header className="header">
        <Link to={hrefOf({ page: 'overview' })} className="brand">
          <Tower />
          Belfry
        </Link>
        <Navigation />
        <div className="header-end">
          <WallClock />
          <LivePill />
          {onSignOut !== null && (
            <button type="button" className="button button-small" onClick={onSignOut}>
              Sign out
            </button>
          )}
        </div>
      </header>
      <StaleBar />
      {children}
      <div className="visually-hidden" role="log" aria-live="assertive">
        {announcement}
      </div>
    </div>
  );
}

function Navigation(): ReactElement {
  const { route } = useRouter();
  const active = useTown((state) => state.alerts?.filter((alert) => alert.state === 'active').length ?? 0);
  return (
    <nav className="nav" aria-label="Pages">
      <Link
        to={hrefOf({ page: 'overview' })}
        className="nav-link"
        current={route.page === 'overview' || route.page === 'thing'}
      >
        Overview
      </Link>
      <Link
        to={hrefOf({ page: 'alerts' })}
        className="nav-link"
        current={route.page === 'alerts' || route.page === 'alert'}
      >
        Alerts
        {active > 0 && (
          <span className="nav-count">
            {active}
            <span className="visually-hidden"> active</span>
          </span>
        )}
      </Link>
      <Link to={hrefOf({ page: 'ingest' })} className="nav-link" current={route.page === 'ingest'}>
        Ingest
      </Link>
    </nav>
  );
}

/** The server's time in the viewer's zone. */
function WallClock(): ReactElement {
  const { town } = useServices();
  useNow();
  const now = town.now();
  const zone = viewerTime.full(now).split(' ').at(-1) ?? '';
  return (
    <time className="wall-clock" dateTime={new Date(now).toISOString()} title={utcWords(now)}>
      {viewerTime.clock(now)} <span className="muted">{zone}</span>
    </time>
  );
}

function Tower(): ReactElement {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false" className="tower">
      <rect width="32" height="32" rx="6" className="tower-ground" />
      <path d="M16 4 7 11h18zM9 13h14v3H9zM10 18h12v10H10z" fill="#fff" />
      <path d="M13 28v-4a3 3 0 0 1 6 0v4z" className="tower-ground" />
    </svg>
  );
}
