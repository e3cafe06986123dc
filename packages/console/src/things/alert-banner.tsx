import type { Alert } from '@belfry/contract';
import type { ReactElement } from 'react';
import { severities, SeverityShape } from '../severity/mod.ts';
import { countWords, hrefOf, Link, plural } from '../shell/mod.ts';

/** How many alerts stand, by severity; all four are always there, so that each has its place. */
export function AlertBanner({ alerts }: { readonly alerts: readonly Alert[] | null }): ReactElement {
  if (alerts === null) {
    return (
      <div className="banner">
        <span className="muted">Alerts are not known yet.</span>
      </div>
    );
  }
  const active = alerts.filter((alert) => alert.state === 'active');
  const pending = alerts.length - active.length;
  return (
    <nav className="banner" aria-label="Active alerts by severity">
      <span className="banner-title">
        {active.length === 0 ? 'No active alerts' : plural(active.length, 'active alert')}
      </span>
      {severities.map((severity) => {
        const count = active.filter((alert) => alert.severity === severity).length;
        return (
          <Link
            key={severity}
            to={`${hrefOf({ page: 'alerts' })}?state=active&severity=${severity}`}
            className={`banner-count sev-${severity} ${count === 0 ? 'banner-count-none' : ''}`}
          >
            <SeverityShape severity={severity} state={count === 0 ? 'pending' : 'active'} />
            <span className="banner-number">{countWords(count)}</span> {severity}
          </Link>
        );
      })}
      <Link
        to={`${hrefOf({ page: 'alerts' })}?state=pending`}
        className={`banner-count ${pending === 0 ? 'banner-count-none' : ''}`}
      >
        <span className="banner-number">{countWords(pending)}</span> pending
      </Link>
    </nav>
  );
}
