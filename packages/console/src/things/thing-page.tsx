import { IngestReport, Overview, RuleList, type DatastreamSummary, type ThingSummary } from '@belfry/contract';
import { Type } from 'typebox';
import { useCallback, useEffect, useMemo, useRef, type ReactElement } from 'react';
import { AlertTable, useAlertList } from '../alerts/mod.ts';
import { RefusalList } from '../ingest/mod.ts';
import { SeverityLabel } from '../severity/mod.ts';
import { Empty, Failed, hrefOf, Link, Loading, Page, SimulatedTag, useResource, useRouter } from '../shell/mod.ts';
import { useServices, useTown } from '../town/mod.ts';
import { rulesOf } from './rule-binding.ts';
import { SeriesPanel } from './series-panel.tsx';
import { ValuesTable } from './values-table.tsx';

export function ThingPage({ id }: { readonly id: number }): ReactElement {
  const { api } = useServices();
  const known = useTown((state) => state.things?.find((thing) => thing.id === id) ?? null);
  const loadThing = useCallback((signal: AbortSignal) => api.get(`/overview/${id}`, Overview, signal), [api, id]);
  const loaded = useResource(loadThing);
  // The town's copy is the live one; the loaded one serves until it is there, and for Things beyond the overview's pages.
  const thing = known ?? loaded.value?.value[0] ?? null;
  return (
    <Page
      title={thing?.name ?? `Thing ${id}`}
      above={<Link to={hrefOf({ page: 'overview' })}>Overview</Link>}
      aside={
        thing !== null && (
          <span className="page-aside-row">
            {thing.simulated && <SimulatedTag />}
            {thing.alertSeverity === null ? (
              <span className="muted">no active alert</span>
            ) : (
              <SeverityLabel severity={thing.alertSeverity} />
            )}
          </span>
        )
      }
    >
      {thing === null && loaded.failure !== null && <Failed failure={loaded.failure} onRetry={loaded.reload} />}
      {thing === null && loaded.failure === null && <Loading what="the Thing" />}
      {thing !== null && <ThingView thing={thing} />}
    </Page>
  );
}

function ThingView({ thing }: { readonly thing: ThingSummary }): ReactElement {
  const { query } = useRouter();
  const asked = Number(new URLSearchParams(query).get('datastream'));
  const datastream =
    thing.datastreams.find((candidate) => candidate.id === asked) ??
    thing.datastreams.find((candidate) => candidate.alertSeverity !== null) ??
    thing.datastreams.find((candidate) => typeof candidate.newest?.value === 'number') ??
    thing.datastreams[0] ??
    null;
  const chart = useRef<HTMLDivElement>(null);
  const shown = useRef(datastream?.id);
  useEffect(() => {
    if (shown.current !== datastream?.id) chart.current?.scrollIntoView({ block: 'nearest', behavior: 'auto' });
    shown.current = datastream?.id;
  }, [datastream?.id]);

  return (
    <>
      {thing.description !== '' && <p className="lead">{thing.description}</p>}
      {datastream === null ? (
        <Empty title="This Thing has no Datastream yet.">Create one with POST /v1.1/Datastreams.</Empty>
      ) : (
        <div className="columns columns-thing">
          <section className="panel" aria-labelledby="values-title">
            <h2 id="values-title">Newest values</h2>
            <ValuesTable thing={thing} selectedId={datastream.id} />
          </section>
          <div ref={chart} className="stack">
            <Chart key={datastream.id} datastream={datastream} />
          </div>
        </div>
      )}
      <ThingAlerts thingId={thing.id} />
      <ThingRefusals thingId={thing.id} />
    </>
  );
}

/** The part of SensorThings' ObservedProperty that tells which rules bind to it. */
const Definition = Type.Object({ definition: Type.String() });

function Chart({ datastream }: { readonly datastream: DatastreamSummary }): ReactElement {
  const { api } = useServices();
  const { observedPropertyId } = datastream;
  const loadRules = useCallback((signal: AbortSignal) => api.get('/rules', RuleList, signal), [api]);
  const loadDefinition = useCallback(
    (signal: AbortSignal) => api.get(`/v1.1/ObservedProperties(${observedPropertyId})`, Definition, signal),
    [api, observedPropertyId],
  );
  const rules = useResource(loadRules).value?.value ?? null;
  const definition = useResource(loadDefinition).value?.definition ?? null;
  const { id } = datastream;
  const bound = useMemo(
    () => (rules === null ? [] : rulesOf(rules, { id, observedPropertyId }, definition)),
    [rules, id, observedPropertyId, definition],
  );
  return <SeriesPanel datastream={datastream} rules={bound} />;
}

function ThingAlerts({ thingId }: { readonly thingId: number }): ReactElement {
  const filter = useMemo(
    () => ({ states: ['active', 'pending', 'resolved'] as const, severity: null, thingId }),
    [thingId],
  );
  const { alerts, failure, more, reload } = useAlertList(filter, 20);
  return (
    <section className="panel" aria-labelledby="thing-alerts-title">
      <h2 id="thing-alerts-title">Alerts</h2>
      {failure !== null && <Failed failure={failure} onRetry={reload} />}
      {alerts === null && failure === null && <Loading what="the alerts" />}
      {alerts?.length === 0 && <Empty title="No alert was ever raised here." />}
      {alerts !== null && alerts.length > 0 && <AlertTable alerts={alerts} hideThing />}
      {more !== null && (
        <button type="button" className="button" onClick={more}>
          Show older ones
        </button>
      )}
    </section>
  );
}

function ThingRefusals({ thingId }: { readonly thingId: number }): ReactElement {
  const { api } = useServices();
  const load = useCallback(
    (signal: AbortSignal) => api.get(`/ingest?thing=${thingId}`, IngestReport, signal),
    [api, thingId],
  );
  const { value, failure, reload } = useResource(load, { everyMillis: 10_000 });
  return (
    <section className="panel" aria-labelledby="thing-refusals-title">
      <h2 id="thing-refusals-title">Refused of late</h2>
      {failure !== null && <Failed failure={failure} onRetry={reload} />}
      {value === null && failure === null && <Loading what="the refusals" />}
      {value?.refusals.length === 0 && <Empty title="Nothing from this Thing was refused since the server started." />}
      {value !== null && value.refusals.length > 0 && <RefusalList refusals={value.refusals} hideThing />}
    </section>
  );
}
