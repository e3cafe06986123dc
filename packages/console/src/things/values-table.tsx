import type { DatastreamSummary, ThingSummary } from '@belfry/contract';
import { memo, type ReactElement } from 'react';
import { SeverityLabel } from '../severity/mod.ts';
import { hrefOf, Link } from '../shell/mod.ts';
import { NewestTime, newestWords } from './newest.tsx';

interface ValuesTableProps {
  readonly thing: ThingSummary;
  /** The Datastream whose chart is shown, where there is one. */
  readonly selectedId?: number | null;
}

/** All newest values of a Thing; each name leads to its chart. */
export function ValuesTable({ thing, selectedId = null }: ValuesTableProps): ReactElement {
  return (
    <table className="table table-values">
      <caption className="visually-hidden">Newest values of {thing.name}</caption>
      <thead>
        <tr>
          <th scope="col">Observed property</th>
          <th scope="col" className="number">
            Newest value
          </th>
          <th scope="col">Time</th>
        </tr>
      </thead>
      <tbody>
        {thing.datastreams.map((datastream) => (
          <ValueRow
            key={datastream.id}
            datastream={datastream}
            thingId={thing.id}
            selected={datastream.id === selectedId}
          />
        ))}
      </tbody>
    </table>
  );
}

interface ValueRowProps {
  readonly datastream: DatastreamSummary;
  readonly thingId: number;
  readonly selected: boolean;
}

const ValueRow = memo(function ValueRow({ datastream, thingId, selected }: ValueRowProps): ReactElement {
  return (
    <tr className={selected ? 'row-selected' : undefined}>
      <th scope="row">
        <Link
          to={`${hrefOf({ page: 'thing', id: thingId })}?datastream=${datastream.id}`}
          current={selected}
          className="plain-link"
        >
          {datastream.observedProperty}
        </Link>
        {datastream.alertSeverity !== null && (
          <div className="small">
            <SeverityLabel severity={datastream.alertSeverity} />
          </div>
        )}
      </th>
      <td className="number strong nowrap" title={datastream.unitName}>
        {newestWords(datastream)}
      </td>
      <td className="small">
        <NewestTime datastream={datastream} />
      </td>
    </tr>
  );
});
