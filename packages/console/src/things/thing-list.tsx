import type { ThingSummary } from '@belfry/contract';
import { memo, useMemo, useState, type ReactElement } from 'react';
import { datastreamOf, foremostDatastream, type PropertyChoice } from '../map/mod.ts';
import { SeverityLabel, severityRank } from '../severity/mod.ts';
import { Empty, Moment, plural, SimulatedTag } from '../shell/mod.ts';
import { newestWords } from './newest.tsx';

/** Worst alert first, then by name as people sort: `Gauge 2` before `Gauge 10`. */
function sortThings(things: readonly ThingSummary[]): readonly ThingSummary[] {
  const collator = new Intl.Collator(undefined, { numeric: true });
  return things.toSorted(
    (a, b) => severityRank(b.alertSeverity) - severityRank(a.alertSeverity) || collator.compare(a.name, b.name),
  );
}

interface ThingListProps {
  readonly things: readonly ThingSummary[];
  readonly choice: PropertyChoice | null;
  readonly selectedId: number | null;
  readonly onSelect: (id: number) => void;
}

export function ThingList({ things, choice, selectedId, onSelect }: ThingListProps): ReactElement {
  const [sought, setSought] = useState('');
  const sorted = useMemo(() => sortThings(things), [things]);
  const words = sought.trim().toLowerCase();
  const shown = words === '' ? sorted : sorted.filter((thing) => thing.name.toLowerCase().includes(words));
  return (
    <section className="thing-list" aria-labelledby="things-title">
      <div className="thing-list-head">
        <h2 id="things-title">{plural(things.length, 'Thing')}</h2>
        <label className="thing-search">
          <span className="visually-hidden">Find a Thing by name</span>
          <input
            type="search"
            placeholder="Find by name"
            value={sought}
            onChange={(event) => setSought(event.target.value)}
          />
        </label>
      </div>
      {shown.length === 0 && <Empty title={`No Thing has “${sought}” in its name.`} />}
      <ul className="thing-rows">
        {shown.map((thing) => (
          <ThingRow
            key={thing.id}
            thing={thing}
            choice={choice}
            selected={thing.id === selectedId}
            onSelect={onSelect}
          />
        ))}
      </ul>
    </section>
  );
}

interface ThingRowProps {
  readonly thing: ThingSummary;
  readonly choice: PropertyChoice | null;
  readonly selected: boolean;
  readonly onSelect: (id: number) => void;
}

const ThingRow = memo(function ThingRow({ thing, choice, selected, onSelect }: ThingRowProps): ReactElement {
  const chosen = datastreamOf(thing, choice?.key ?? null);
  const datastream = chosen ?? foremostDatastream(thing);
  return (
    <li className={`thing-row sev-${thing.alertSeverity ?? 'none'}`}>
      <button type="button" aria-pressed={selected} className="thing-button" onClick={() => onSelect(thing.id)}>
        <span className="thing-row-name">
          <span className="strong">{thing.name}</span>
        </span>
        <span className="thing-row-value strong">
          {datastream === null ? <span className="muted">no Datastream</span> : newestWords(datastream)}
        </span>
        <span className="thing-row-alert small">
          {thing.alertSeverity === null ? (
            <span className="muted">no alert</span>
          ) : (
            <SeverityLabel severity={thing.alertSeverity} />
          )}{' '}
          {thing.simulated && <SimulatedTag />}
        </span>
        <span className="thing-row-time small muted">
          {chosen === null && datastream !== null && `${datastream.observedProperty} · `}
          {datastream !== null && datastream.newest !== null && <Moment at={datastream.newest.time} show="ago" />}
        </span>
      </button>
    </li>
  );
});
