import type { DatastreamSummary, Rule } from '@belfry/contract';
import { useCallback, useMemo, useState, type ReactElement } from 'react';
import { factsOf, SeriesPlot, type ChartColumns, type ThresholdLine } from '../charts/mod.ts';
import { SeverityLabel } from '../severity/mod.ts';
import {
  countWords,
  Empty,
  exactDurationWords,
  Failed,
  Loading,
  Moment,
  numberWords,
  Segments,
  unitWords,
  utcWords,
  valueWords,
  viewerTime,
} from '../shell/mod.ts';
import { timeRanges, type TimeRangeId } from './time-range.ts';
import { useSeries } from './use-series.ts';

interface SeriesPanelProps {
  readonly datastream: DatastreamSummary;
  /** The rules that bind to it. */
  readonly rules: readonly Rule[];
}

/** The chart of one Datastream. */
export function SeriesPanel({ datastream, rules }: SeriesPanelProps): ReactElement {
  const [range, setRange] = useState<TimeRangeId>('24h');
  const newest = datastream.newest === null ? null : Date.parse(datastream.newest.time);
  const series = useSeries(datastream.id, range, newest);
  const unit = unitWords(datastream.unitSymbol);
  return (
    <section className="panel" aria-labelledby="series-title">
      <div className="panel-head">
        <h2 id="series-title">
          {datastream.observedProperty}
          {unit !== '' && <span className="muted">, {unit}</span>}
        </h2>
        <Segments
          label="Time range"
          options={timeRanges}
          selected={[range]}
          onSelect={([id]) => id !== undefined && setRange(id)}
        />
      </div>
      {series.failure !== null && <Failed failure={series.failure} onRetry={series.reload} />}
      {newest === null && <Empty title="No reading yet.">The chart appears with the first one.</Empty>}
      {newest !== null && series.columns === null && series.failure === null && <Loading what="the readings" />}
      {series.columns !== null && (
        <SeriesView columns={series.columns} bucketMillis={series.bucketMillis} datastream={datastream} rules={rules} />
      )}
    </section>
  );
}

interface SeriesViewProps extends SeriesPanelProps {
  readonly columns: ChartColumns;
  readonly bucketMillis: number;
}

function SeriesView({ columns, bucketMillis, datastream, rules }: SeriesViewProps): ReactElement {
  const [place, setPlace] = useState<number | null>(null);
  const onCursor = useCallback((next: number | null) => setPlace(next), []);
  const thresholds = useMemo(() => thresholdLines(rules, datastream.unitSymbol), [rules, datastream.unitSymbol]);
  const facts = factsOf(columns);
  if (facts === null) {
    return <Empty title="No numbers in this range.">Choose a longer one, or see the newest value in the table.</Empty>;
  }
  const words = (value: number): string => valueWords(value, datastream.unitSymbol);
  const description = `${datastream.observedProperty}: lowest ${words(facts.min)}, mean ${words(facts.mean)}, highest ${words(facts.max)}, ${countWords(facts.readings)} readings.`;
  return (
    <>
      <Readout columns={columns} place={place} unitSymbol={datastream.unitSymbol} />
      <SeriesPlot columns={columns} thresholds={thresholds} description={description} onCursor={onCursor} />
      <p className="chart-note">
        <span className="key">
          <span className="key-line key-accepted" /> mean
          <span className="key-band" /> lowest to highest
        </span>
        <span className="muted">
          {countWords(facts.readings)} readings
          {facts.readings > facts.points && `, drawn together by ${exactDurationWords(Math.max(1000, bucketMillis))}`}
          {'; '}lowest {words(facts.min)}, mean {words(facts.mean)}, highest {words(facts.max)}
        </span>
      </p>
      <RuleNotes rules={rules} unitSymbol={datastream.unitSymbol} />
      <ReadingsTable columns={columns} unitSymbol={datastream.unitSymbol} />
    </>
  );
}

function thresholdLines(rules: readonly Rule[], unitSymbol: string): readonly ThresholdLine[] {
  return rules.map((rule) => ({
    value: rule.raise,
    severity: rule.severity,
    label: `${rule.severity} ${rule.direction === 'above' ? '≥' : '≤'} ${valueWords(rule.raise, unitSymbol)}`,
  }));
}

interface ReadoutProps {
  readonly columns: ChartColumns;
  readonly place: number | null;
  readonly unitSymbol: string;
}

/** The bucket below the cursor, or the newest one. */
function Readout({ columns, place, unitSymbol }: ReadoutProps): ReactElement {
  const last = columns.time.length - 1;
  const at = place === null || columns.mean[place] === null || columns.mean[place] === undefined ? last : place;
  const mean = columns.mean[at];
  const time = columns.time[at];
  if (time === undefined || mean === null || mean === undefined) return <p className="readout">&nbsp;</p>;
  const count = columns.count[at] ?? 1;
  const min = columns.min[at] ?? mean;
  const max = columns.max[at] ?? mean;
  return (
    <p className="readout">
      <strong>{valueWords(mean, unitSymbol)}</strong>
      {count > 1 && (
        <span>
          {numberWords(min)} to {valueWords(max, unitSymbol)}, {countWords(count)} readings
        </span>
      )}
      <time dateTime={new Date(time * 1000).toISOString()} title={utcWords(time * 1000)}>
        {at === last ? 'newest, ' : ''}
        {viewerTime.full(time * 1000)}
      </time>
    </p>
  );
}

function RuleNotes({
  rules,
  unitSymbol,
}: {
  readonly rules: readonly Rule[];
  readonly unitSymbol: string;
}): ReactElement {
  if (rules.length === 0) return <p className="muted small">No rule watches this Datastream.</p>;
  return (
    <ul className="rule-notes">
      {rules.map((rule) => (
        <li key={rule.id}>
          <SeverityLabel severity={rule.severity} state="pending" />
          <span>
            {rule.name}: {rule.direction === 'above' ? '≥' : '≤'} {valueWords(rule.raise, unitSymbol)}
            {rule.forSeconds > 0 && ` for ${exactDurationWords(rule.forSeconds * 1000)}`}, clears{' '}
            {rule.direction === 'above' ? 'below' : 'above'} {valueWords(rule.clear, unitSymbol)}
          </span>
        </li>
      ))}
    </ul>
  );
}

const tableRowsMax = 200;

/** The chart for those who cannot see it, or want the digits: the newest buckets, newest first. */
function ReadingsTable({
  columns,
  unitSymbol,
}: {
  readonly columns: ChartColumns;
  readonly unitSymbol: string;
}): ReactElement {
  const [open, setOpen] = useState(false);
  const places = open ? columns.time.map((_, place) => place).filter((place) => columns.mean[place] !== null) : [];
  return (
    <details className="readings" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Readings as a table</summary>
      {open && (
        <div className="table-box readings-box">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col" className="number">
                  Mean
                </th>
                <th scope="col" className="number">
                  Lowest
                </th>
                <th scope="col" className="number">
                  Highest
                </th>
                <th scope="col" className="number">
                  Readings
                </th>
              </tr>
            </thead>
            <tbody>
              {places
                .slice(-tableRowsMax)
                .toReversed()
                .map((place) => (
                  <tr key={place}>
                    <td>
                      <Moment at={(columns.time[place] ?? 0) * 1000} show="full" />
                    </td>
                    {[columns.mean, columns.min, columns.max].map((column, index) => (
                      <td key={index} className="number">
                        {valueWords(column[place] ?? 0, unitSymbol)}
                      </td>
                    ))}
                    <td className="number">{countWords(columns.count[place] ?? 0)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
