import type { RefusalRecord } from '@belfry/contract';
import type { ReactElement } from 'react';
import { hrefOf, Link, Moment } from '../shell/mod.ts';
import { useTown } from '../town/mod.ts';

interface RefusalListProps {
  readonly refusals: readonly RefusalRecord[];
  readonly hideThing?: boolean;
}

/** Messages that were not taken: who sent them, what is wrong, and what to do. */
export function RefusalList({ refusals, hideThing = false }: RefusalListProps): ReactElement {
  return (
    <div className="table-box">
      <table className="table table-cards">
        <caption className="visually-hidden">Refused messages, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Sent by</th>
            {!hideThing && <th scope="col">Thing</th>}
            <th scope="col">What is wrong</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          {refusals.map((refusal, place) => (
            <tr key={`${refusal.time} ${place}`}>
              <td data-label="Time" className="nowrap">
                <Moment at={refusal.time} />
              </td>
              <td data-label="Sent by">
                <span className="break-anywhere">{refusal.source}</span>
                <div className="muted small">{refusal.protocol.toUpperCase()}</div>
              </td>
              {!hideThing && (
                <td data-label="Thing">
                  <RefusedThing refusal={refusal} />
                </td>
              )}
              <td data-label="What is wrong" className="break-anywhere">
                {refusal.detail}
                <div className="muted small">
                  <code>{refusal.code}</code>
                </div>
              </td>
              <td data-label="What to do">{refusal.remedy}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RefusedThing({ refusal }: { readonly refusal: RefusalRecord }): ReactElement {
  const { thingId, datastreamId } = refusal;
  const name = useTown((state) => state.things?.find((thing) => thing.id === thingId)?.name ?? null);
  if (thingId === null) return <span className="muted">unknown</span>;
  return (
    <>
      <Link to={hrefOf({ page: 'thing', id: thingId })}>{name ?? `Thing ${thingId}`}</Link>
      {datastreamId !== null && <div className="muted small">Datastream {datastreamId}</div>}
    </>
  );
}
