import type { Alert } from '@belfry/contract';
import type { ReactElement } from 'react';
import { SeverityLabel, StateLabel } from '../severity/mod.ts';
import { hrefOf, Link, Moment, SimulatedTag, valueWords } from '../shell/mod.ts';
import { useTown } from '../town/mod.ts';

interface AlertTableProps {
  readonly alerts: readonly Alert[];
  /** On a Thing's own page its name says nothing. */
  readonly hideThing?: boolean;
}

/** Alerts as a table; on a narrow screen each row is a card. */
export function AlertTable({ alerts, hideThing = false }: AlertTableProps): ReactElement {
  return (
    <div className="table-box">
      <table className="table table-cards">
        <caption className="visually-hidden">Alerts, the most urgent first</caption>
        <thead>
          <tr>
            <th scope="col">Severity</th>
            <th scope="col">State</th>
            <th scope="col">Event</th>
            {!hideThing && <th scope="col">Thing</th>}
            <th scope="col" className="number">
              Value
            </th>
            <th scope="col" className="number">
              Threshold
            </th>
            <th scope="col">Since (event time)</th>
            <th scope="col">CAP</th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <AlertRow key={alert.id} alert={alert} hideThing={hideThing} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AlertRow({ alert, hideThing }: { readonly alert: Alert; readonly hideThing: boolean }): ReactElement {
  return (
    <tr className={`alert-row sev-${alert.severity} alert-row-${alert.state}`}>
      <td data-label="Severity">
        <SeverityLabel severity={alert.severity} state={alert.state} />
      </td>
      <td data-label="State">
        <StateLabel state={alert.state} />
      </td>
      <td data-label="Event" className="card-title">
        <Link to={hrefOf({ page: 'alert', id: alert.id })} className="strong-link">
          {alert.event}
        </Link>
        <div className="muted small">{alert.ruleName}</div>
      </td>
      {!hideThing && (
        <td data-label="Thing">
          <ThingLink id={alert.thingId} name={alert.thingName} />
          <div className="muted small">{alert.datastreamName}</div>
        </td>
      )}
      <td data-label="Value" className="number strong">
        {valueWords(alert.value, alert.unitSymbol)}
      </td>
      <td data-label="Threshold" className="number">
        <span className="muted">{comparison(alert)}</span> {valueWords(alert.threshold, alert.unitSymbol)}
      </td>
      <td data-label="Since" className="nowrap">
        <Moment at={alert.activeSince ?? alert.pendingSince} />
        {alert.resolvedAt !== null && (
          <div className="muted small">
            resolved <Moment at={alert.resolvedAt} show="exact" />
          </div>
        )}
      </td>
      <td data-label="CAP">
        <CapLinks identifiers={alert.capIdentifiers} />
      </td>
    </tr>
  );
}

/** How the value stands to the threshold that it was held against. */
export function comparison({ value, threshold }: { readonly value: number; readonly threshold: number }): string {
  if (value === threshold) return '=';
  return value > threshold ? '≥' : '≤';
}

interface ThingLinkProps {
  readonly id: number;
  readonly name: string;
}

/** A Thing's name, with the mark of made-up readings where it is simulated. */
export function ThingLink({ id, name }: ThingLinkProps): ReactElement {
  const simulated = useTown((state) => state.things?.find((thing) => thing.id === id)?.simulated ?? false);
  return (
    <>
      <Link to={hrefOf({ page: 'thing', id })}>{name}</Link> {simulated && <SimulatedTag />}
    </>
  );
}

/** Links to the CAP messages that were published for an alert, the newest first. */
function CapLinks({ identifiers }: { readonly identifiers: readonly string[] }): ReactElement {
  const newest = identifiers.at(-1);
  if (newest === undefined) return <span className="muted">none</span>;
  return (
    <a href={`/cap/${encodeURIComponent(newest)}.xml`} title={newest} className="nowrap">
      CAP message
      {identifiers.length > 1 && <span className="muted"> ({identifiers.length})</span>}
    </a>
  );
}
