import { AlertWithTransitions, RuleList, type Rule, type Transition } from '@belfry/contract';
import { useCallback, useEffect, type ReactElement } from 'react';
import { SeverityLabel, StateLabel } from '../severity/mod.ts';
import {
  exactDurationWords,
  Failed,
  hrefOf,
  Link,
  Loading,
  Moment,
  Page,
  utcWords,
  valueWords,
  viewerTime,
  useNow,
  useResource,
} from '../shell/mod.ts';
import { useServices } from '../town/mod.ts';
import { AlertChart } from './alert-chart.tsx';
import { comparison, ThingLink } from './alert-table.tsx';

export function AlertPage({ id }: { readonly id: number }): ReactElement {
  const { api, town } = useServices();
  const load = useCallback((signal: AbortSignal) => api.get(`/alerts/${id}`, AlertWithTransitions, signal), [api, id]);
  const loadRules = useCallback((signal: AbortSignal) => api.get('/rules', RuleList, signal), [api]);
  const alert = useResource(load);
  const rules = useResource(loadRules);
  const { reload } = alert;

  useEffect(() => town.onAlert((changed) => changed.id === id && reload()), [town, id, reload]);

  const rule = rules.value?.value.find((candidate) => candidate.id === alert.value?.ruleId) ?? null;
  return (
    <Page
      title={alert.value === null ? `Alert ${id}` : `${alert.value.event} at ${alert.value.thingName}`}
      above={<Link to={hrefOf({ page: 'alerts' })}>All alerts</Link>}
    >
      {alert.failure !== null && <Failed failure={alert.failure} onRetry={reload} />}
      {alert.value === null && alert.failure === null && <Loading what="the alert" />}
      {alert.value !== null && <AlertDetails alert={alert.value} rule={rule} />}
    </Page>
  );
}

interface AlertDetailsProps {
  readonly alert: AlertWithTransitions;
  readonly rule: Rule | null;
}

function AlertDetails({ alert, rule }: AlertDetailsProps): ReactElement {
  return (
    <div className="columns">
      <div className="stack">
        <section className={`panel alert-summary sev-${alert.severity}`} aria-label="Summary">
          <div className="alert-summary-head">
            <SeverityLabel severity={alert.severity} state={alert.state} />
            <StateLabel state={alert.state} />
          </div>
          <p className="alert-figure">
            {valueWords(alert.value, alert.unitSymbol)}{' '}
            <span className="alert-figure-threshold">
              {comparison(alert)} {valueWords(alert.threshold, alert.unitSymbol)} threshold
            </span>
          </p>
          <dl className="facts">
            <dt>Thing</dt>
            <dd>
              <ThingLink id={alert.thingId} name={alert.thingName} />
            </dd>
            <dt>Datastream</dt>
            <dd>
              <Link to={`${hrefOf({ page: 'thing', id: alert.thingId })}?datastream=${alert.datastreamId}`}>
                {alert.datastreamName}
              </Link>
            </dd>
            <dt>Threshold passed</dt>
            <dd>
              <Moment at={alert.pendingSince} />
            </dd>
            <dt>Active since</dt>
            <dd>{alert.activeSince === null ? 'not yet active' : <Moment at={alert.activeSince} />}</dd>
            <dt>Resolved</dt>
            <dd>{alert.resolvedAt === null ? 'not yet' : <Moment at={alert.resolvedAt} />}</dd>
            <dt>Lasted</dt>
            <dd>
              <Lasted from={alert.activeSince ?? alert.pendingSince} to={alert.resolvedAt} />
            </dd>
          </dl>
        </section>
        <RulePanel alert={alert} rule={rule} />
        <CapPanel identifiers={alert.capIdentifiers} />
      </div>
      <div className="stack">
        <AlertChart alert={alert} rule={rule} />
        <section className="panel" aria-labelledby="timeline-title">
          <h2 id="timeline-title">Timeline</h2>
          <Timeline transitions={alert.transitions} unitSymbol={alert.unitSymbol} />
        </section>
      </div>
    </div>
  );
}

function Lasted({ from, to }: { readonly from: string; readonly to: string | null }): ReactElement {
  const now = useNow();
  const end = to === null ? now : Date.parse(to);
  return <>{exactDurationWords(Math.max(0, end - Date.parse(from)))}</>;
}

function RulePanel({ alert, rule }: AlertDetailsProps): ReactElement {
  return (
    <section className="panel" aria-labelledby="rule-title">
      <h2 id="rule-title">Rule: {alert.ruleName}</h2>
      {rule === null ? (
        <p className="muted">The rule of this alert is not set any more.</p>
      ) : (
        <>
          {rule.instruction !== undefined && <p className="instruction">{rule.instruction}</p>}
          {rule.description !== undefined && <p>{rule.description}</p>}
          <dl className="facts">
            <dt>Raised</dt>
            <dd>
              {rule.direction === 'above' ? 'at or above' : 'at or below'} {valueWords(rule.raise, alert.unitSymbol)}
              {rule.forSeconds > 0 && `, held for ${exactDurationWords(rule.forSeconds * 1000)}`}
            </dd>
            <dt>Cleared</dt>
            <dd>
              {rule.direction === 'above' ? 'below' : 'above'} {valueWords(rule.clear, alert.unitSymbol)}
            </dd>
            <dt>Category</dt>
            <dd>{rule.category} (CAP 1.2)</dd>
          </dl>
        </>
      )}
    </section>
  );
}

function CapPanel({ identifiers }: { readonly identifiers: readonly string[] }): ReactElement {
  return (
    <section className="panel" aria-labelledby="cap-title">
      <h2 id="cap-title">Published CAP messages</h2>
      {identifiers.length === 0 ? (
        <p className="muted">None. A message is published when an alert becomes active.</p>
      ) : (
        <ol className="plain-list">
          {identifiers.toReversed().map((identifier) => (
            <li key={identifier}>
              <a href={`/cap/${encodeURIComponent(identifier)}.xml`} className="break-anywhere">
                {identifier}
              </a>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

interface TimelineProps {
  readonly transitions: readonly Transition[];
  readonly unitSymbol: string;
}

const transitionWords = {
  pending: 'Threshold passed',
  active: 'Alert became active',
  resolved: 'Alert resolved',
} as const;

/** The steps of an alert, the newest first; UTC stands openly here, for logs and phone calls. */
function Timeline({ transitions, unitSymbol }: TimelineProps): ReactElement {
  return (
    <ol className="timeline">
      {transitions
        .toSorted((a, b) => b.sequence - a.sequence)
        .map((transition) => {
          const millis = Date.parse(transition.time);
          return (
            <li key={transition.sequence} className={`timeline-step timeline-${transition.to}`}>
              <div className="strong">{transitionWords[transition.to]}</div>
              <div>
                <time dateTime={transition.time}>{viewerTime.full(millis)}</time>
                <span className="muted"> · {utcWords(millis)}</span>
              </div>
              <div>
                {valueWords(transition.value, unitSymbol)}{' '}
                <span className="muted">
                  {comparison(transition)} {valueWords(transition.threshold, unitSymbol)}
                </span>
              </div>
              <div className="muted small">
                Observation {transition.observationId} · rule version {transition.ruleVersion} · log sequence{' '}
                {transition.sequence}
              </div>
            </li>
          );
        })}
    </ol>
  );
}
