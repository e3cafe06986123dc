import { Series, type AlertWithTransitions, type Rule } from '@belfry/contract';
import { useCallback, useMemo, type ReactElement } from 'react';
import { columnsOf, factsOf, SeriesPlot, seriesPath } from '../charts/mod.ts';
import { Failed, hrefOf, Link, Loading, useResource, valueWords } from '../shell/mod.ts';
import { useServices } from '../town/mod.ts';

const hourMillis = 3_600_000;

interface AlertChartProps {
  readonly alert: AlertWithTransitions;
  readonly rule: Rule | null;
}

/** The readings from six hours before the threshold was passed to six hours after the end, or to the present. */
export function AlertChart({ alert, rule }: AlertChartProps): ReactElement {
  const { api, town } = useServices();
  const { datastreamId, pendingSince, resolvedAt } = alert;
  const load = useCallback(
    (signal: AbortSignal) => {
      const from = Date.parse(pendingSince) - 6 * hourMillis;
      // A replay of past years has alerts without an end: a month is then enough to see where it went.
      const to = Math.min(
        resolvedAt === null ? town.now() : Date.parse(resolvedAt) + 6 * hourMillis,
        from + 31 * 24 * hourMillis,
      );
      return api.get(seriesPath(datastreamId, from, to, 600), Series, signal);
    },
    [api, town, datastreamId, pendingSince, resolvedAt],
  );
  const { value, failure, reload } = useResource(load);
  const columns = useMemo(() => (value === null ? null : columnsOf(value)), [value]);
  const thresholds = useMemo(() => {
    const raise = rule?.raise ?? alert.threshold;
    const label = `${alert.severity}: ${valueWords(raise, alert.unitSymbol)}`;
    return [{ value: raise, severity: alert.severity, label }];
  }, [rule, alert.threshold, alert.severity, alert.unitSymbol]);
  const facts = columns === null ? null : factsOf(columns);

  return (
    <section className="panel alert-chart" aria-labelledby="alert-chart-title">
      <div className="panel-head">
        <h2 id="alert-chart-title">{alert.datastreamName}</h2>
        <Link to={`${hrefOf({ page: 'thing', id: alert.thingId })}?datastream=${datastreamId}`} className="small">
          Longer chart
        </Link>
      </div>
      {failure !== null && <Failed failure={failure} onRetry={reload} />}
      {columns === null && failure === null && <Loading what="the readings" />}
      {columns !== null && facts === null && <p className="muted">There are no readings around this alert.</p>}
      {columns !== null && facts !== null && (
        <SeriesPlot
          columns={columns}
          thresholds={thresholds}
          description={`Readings around this alert: lowest ${valueWords(facts.min, alert.unitSymbol)}, highest ${valueWords(facts.max, alert.unitSymbol)}.`}
          onCursor={ignore}
        />
      )}
    </section>
  );
}

function ignore(): void {
  // The readings below the cursor are told on the Thing's page.
}
