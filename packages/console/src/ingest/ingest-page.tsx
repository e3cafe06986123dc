import { IngestReport } from '@belfry/contract';
import { useCallback, type ReactElement } from 'react';
import { RatePlot } from '../charts/mod.ts';
import {
  byteWords,
  countWords,
  durationWords,
  Empty,
  Failed,
  Loading,
  Moment,
  numberWords,
  Page,
  useNow,
  useResource,
} from '../shell/mod.ts';
import { useServices } from '../town/mod.ts';
import { ConsumerTable, ProtocolTable, ReadinessList, RefusedByCode } from './ingest-tables.tsx';
import { ingestTroubles, recentRate } from './health.ts';
import { RefusalList } from './refusal-list.tsx';

export function IngestPage(): ReactElement {
  const { api } = useServices();
  const load = useCallback((signal: AbortSignal) => api.get('/ingest', IngestReport, signal), [api]);
  const { value: report, failure, reload } = useResource(load, { everyMillis: 2_000 });
  return (
    <Page
      title="Ingest"
      aside={
        report !== null && (
          <span className="muted">
            as of <Moment at={report.serverTime} show="exact" />
          </span>
        )
      }
    >
      {failure !== null && <Failed failure={failure} onRetry={reload} />}
      {report === null && failure === null && <Loading what="the state of ingest" />}
      {report !== null && <IngestReportView report={report} />}
    </Page>
  );
}

function IngestReportView({ report }: { readonly report: IngestReport }): ReactElement {
  const rate = recentRate(report.perSecond.accepted);
  const troubles = ingestTroubles(report);
  return (
    <>
      {troubles.length > 0 && (
        <div className="state state-failed" role="alert">
          <strong>{troubles.length === 1 ? 'Something needs attention' : 'Several things need attention'}</strong>
          <ul>
            {troubles.map((trouble) => (
              <li key={trouble}>{trouble}</li>
            ))}
          </ul>
        </div>
      )}
      <Figures report={report} rate={rate} />
      <section className="panel" aria-labelledby="rate-title">
        <div className="panel-head">
          <h2 id="rate-title">Readings a second, last 5 minutes</h2>
          <span className="key">
            <span className="key-line key-accepted" /> accepted
            <span className="key-line key-refused" /> refused
          </span>
        </div>
        <RatePlot perSecond={report.perSecond} />
      </section>
      <div className="columns">
        <div className="stack">
          <ProtocolTable report={report} />
          <RefusedByCode report={report} />
        </div>
        <div className="stack">
          <ConsumerTable report={report} rate={rate} />
          <ReadinessList />
        </div>
      </div>
      <section className="panel" aria-labelledby="refusals-title">
        <h2 id="refusals-title">Newest refusals</h2>
        {report.refusals.length === 0 ? (
          <Empty title="Nothing was refused since the start.">Every message that came was taken into the log.</Empty>
        ) : (
          <RefusalList refusals={report.refusals} />
        )}
      </section>
    </>
  );
}

function Figures({ report, rate }: { readonly report: IngestReport; readonly rate: number }): ReactElement {
  const now = useNow();
  const refusedRate = recentRate(report.perSecond.refused);
  return (
    <dl className="figures">
      <Figure name="Accepted" value={numberWords(round(rate))} unit="/s" />
      <Figure name="Refused" value={numberWords(round(refusedRate))} unit="/s" />
      <Figure name="MQTT connections" value={countWords(report.mqttConnections)} unit="open" />
      <Figure name="Durable log sequence" value={countWords(report.log.durableSequence)} unit="records" />
      <Figure name="Log on disk" value={byteWords(report.log.bytes)} unit="" />
      <Figure name="Running for" value={durationWords(Math.max(0, now - Date.parse(report.startedAt)))} unit="" />
    </dl>
  );
}

function round(rate: number): number {
  return rate >= 100 ? Math.round(rate) : Math.round(rate * 10) / 10;
}

function Figure(props: { readonly name: string; readonly value: string; readonly unit: string }): ReactElement {
  return (
    <div className="figure">
      <dt>{props.name}</dt>
      <dd>
        <span className="figure-value">{props.value}</span> <span className="figure-unit">{props.unit}</span>
      </dd>
    </div>
  );
}
