import type { ThingSummary } from '@belfry/contract';
import type { ReactElement } from 'react';
import { SeverityLabel } from '../severity/mod.ts';
import { hrefOf, Link, SimulatedTag } from '../shell/mod.ts';
import { ValuesTable } from './values-table.tsx';

interface ThingCardProps {
  readonly thing: ThingSummary;
  readonly onClose: () => void;
}

/** The selected Thing beside the map: all its newest values, and the way to its page. */
export function ThingCard({ thing, onClose }: ThingCardProps): ReactElement {
  return (
    <section
      className="thing-card"
      aria-labelledby="card-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <div className="thing-card-head">
        <div>
          <h2 id="card-title">
            {thing.name} {thing.simulated && <SimulatedTag />}
          </h2>
          {thing.alertSeverity === null ? (
            <span className="muted small">no alert</span>
          ) : (
            <SeverityLabel severity={thing.alertSeverity} />
          )}
        </div>
        <button type="button" className="icon-button" aria-label={`Close ${thing.name}`} onClick={onClose}>
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M3 3l10 10M13 3 3 13" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />
          </svg>
        </button>
      </div>
      <div className="thing-card-body">
        {thing.datastreams.length === 0 ? (
          <p className="muted">This Thing has no Datastream yet.</p>
        ) : (
          <ValuesTable thing={thing} />
        )}
      </div>
      <Link to={hrefOf({ page: 'thing', id: thing.id })} className="button thing-card-link">
        Charts, alerts and refusals
      </Link>
    </section>
  );
}
