import { errorCodes, isErrorCode, type IngestReport } from '@belfry/contract';
import { Type } from 'typebox';
import { useCallback, type ReactElement } from 'react';
import { countWords, useResource } from '../shell/mod.ts';
import { useServices } from '../town/mod.ts';
import { consumerWords } from './health.ts';

const protocols = ['mqtt', 'http'] as const;

interface ReportProps {
  readonly report: IngestReport;
}

export function ProtocolTable({ report }: ReportProps): ReactElement {
  return (
    <section className="panel" aria-labelledby="protocols-title">
      <h2 id="protocols-title">Readings since the start, by protocol</h2>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Protocol</th>
            <th scope="col" className="number">
              Accepted
            </th>
            <th scope="col" className="number">
              Refused
            </th>
            <th scope="col" className="number">
              Refused share
            </th>
          </tr>
        </thead>
        <tbody>
          {protocols.map((protocol) => (
            <tr key={protocol}>
              <th scope="row">{protocol.toUpperCase()}</th>
              <td className="number">{countWords(report.accepted[protocol])}</td>
              <td className="number">{countWords(report.refused[protocol])}</td>
              <td className="number">{shareWords(report.refused[protocol], report.accepted[protocol])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function shareWords(refused: number, accepted: number): string {
  if (refused + accepted === 0) return '–';
  const share = (100 * refused) / (refused + accepted);
  if (share > 0 && share < 0.01) return '< 0.01 %';
  return `${share.toFixed(2)} %`;
}

export function ConsumerTable({ report, rate }: ReportProps & { readonly rate: number }): ReactElement {
  return (
    <section className="panel" aria-labelledby="consumers-title">
      <h2 id="consumers-title">Consumers of the log</h2>
      <table className="table table-cards">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col" className="number">
              Position
            </th>
            <th scope="col" className="number">
              Lag (records)
            </th>
          </tr>
        </thead>
        <tbody>
          {report.consumers.map((consumer) => {
            const { kind, words } = consumerWords(consumer, rate);
            return (
              <tr key={consumer.name}>
                <th scope="row" data-label="Name">
                  {consumer.name}
                </th>
                <td data-label="State">
                  <Health kind={kind} words={words} />
                </td>
                <td data-label="Position" className="number">
                  {countWords(consumer.position)}
                </td>
                <td data-label="Lag (records)" className="number">
                  {countWords(consumer.lag)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Health({
  kind,
  words,
}: {
  readonly kind: 'well' | 'behind' | 'trouble';
  readonly words: string;
}): ReactElement {
  const mark = { well: '✓', behind: '↻', trouble: '!' }[kind];
  return (
    <span className={`health health-${kind}`}>
      <span className="health-mark" aria-hidden="true">
        {mark}
      </span>
      {words}
    </span>
  );
}

export function RefusedByCode({ report }: ReportProps): ReactElement {
  const codes = Object.entries(report.refusedByCode)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  return (
    <section className="panel" aria-labelledby="codes-title">
      <h2 id="codes-title">Refused, by code</h2>
      {codes.length === 0 ? (
        <p className="muted">Nothing was refused since the start.</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Code</th>
              <th scope="col" className="number">
                Messages
              </th>
            </tr>
          </thead>
          <tbody>
            {codes.map(([code, count]) => (
              <tr key={code}>
                <td>
                  <code>{code}</code>
                  <div className="muted small">{isErrorCode(code) ? errorCodes[code].title : ''}</div>
                </td>
                <td className="number">{countWords(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** The body of GET /readyz; 503 when a check fails, with the same body. */
const Readiness = Type.Object({
  ready: Type.Boolean(),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      ok: Type.Boolean(),
      detail: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    }),
  ),
});

export function ReadinessList(): ReactElement {
  const { api } = useServices();
  const load = useCallback((signal: AbortSignal) => api.get('/readyz', Readiness, signal, [503]), [api]);
  const { value, failure } = useResource(load, { everyMillis: 10_000 });
  return (
    <section className="panel" aria-labelledby="ready-title">
      <h2 id="ready-title">Readiness</h2>
      {failure !== null && <p className="muted">{failure.title}</p>}
      {value !== null && (
        <ul className="plain-list">
          {value.checks.map((check) => (
            <li key={check.name} className="ready-check">
              <Health kind={check.ok ? 'well' : 'trouble'} words={check.name} />
              <span className="muted small">{check.detail ?? ''}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
