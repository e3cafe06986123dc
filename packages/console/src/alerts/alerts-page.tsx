import { useMemo, type ReactElement } from 'react';
import { severities } from '../severity/mod.ts';
import { Choice, Empty, Failed, hrefOf, Link, Loading, Page, plural, Segments, useRouter } from '../shell/mod.ts';
import { useTown } from '../town/mod.ts';
import { AlertTable } from './alert-table.tsx';
import { alertStates, filterOf, queryOf, type AlertFilter } from './filter.ts';
import { useAlertList } from './use-alert-list.ts';

const stateOptions = alertStates.map((state) => ({ id: state, label: state[0]?.toUpperCase() + state.slice(1) }));
const severityOptions = [
  { id: 'all', label: 'All severities' },
  ...severities.map((severity) => ({ id: severity, label: severity })),
];

export function AlertsPage(): ReactElement {
  const { query, go } = useRouter();
  const filter = useMemo(() => filterOf(query), [query]);
  const list = useAlertList(filter);
  const thingName = useTown((state) => state.things?.find((thing) => thing.id === filter.thingId)?.name ?? null);
  const show = (next: AlertFilter): void => go(`${hrefOf({ page: 'alerts' })}?${queryOf(next)}`, true);

  return (
    <Page
      title="Alerts"
      aside={
        <a href="/cap/feed.atom" className="aside-link">
          CAP feed (Atom)
        </a>
      }
    >
      <div className="toolbar">
        <Segments
          label="States"
          several
          options={stateOptions}
          selected={filter.states}
          onSelect={(states) => show({ ...filter, states })}
        />
        <Choice
          label="Severity"
          hideLabel
          options={severityOptions}
          selected={filter.severity ?? 'all'}
          onSelect={(id) => show({ ...filter, severity: severities.find((severity) => severity === id) ?? null })}
        />
        {filter.thingId !== null && (
          <button type="button" className="button" onClick={() => show({ ...filter, thingId: null })}>
            Only {thingName ?? `Thing ${filter.thingId}`} <span aria-hidden="true">×</span>
            <span className="visually-hidden">: remove this filter</span>
          </button>
        )}
        {list.alerts !== null && (
          <span className="muted toolbar-end" role="status">
            {plural(list.alerts.length, 'alert')}
            {list.more === null ? '' : ' shown, there are more'}
          </span>
        )}
      </div>
      {list.failure !== null && <Failed failure={list.failure} onRetry={list.reload} />}
      {list.alerts === null && list.failure === null && <Loading what="the alerts" />}
      {list.alerts?.length === 0 && <NoAlerts filter={filter} />}
      {list.alerts !== null && list.alerts.length > 0 && <AlertTable alerts={list.alerts} />}
      {list.more !== null && (
        <button type="button" className="button" onClick={list.more}>
          Show more
        </button>
      )}
    </Page>
  );
}

function NoAlerts({ filter }: { readonly filter: AlertFilter }): ReactElement {
  const words = filter.states.join(' or ');
  return (
    <Empty title={`No ${words} alerts${filter.severity === null ? '' : ` of severity ${filter.severity}`}.`}>
      Alerts come from rules: see <a href="/rules">the rules that are set</a>
      {filter.states.includes('resolved') ? '.' : '. Past ones are under '}
      {!filter.states.includes('resolved') && (
        <Link to={`${hrefOf({ page: 'alerts' })}?state=resolved`}>resolved alerts</Link>
      )}
    </Empty>
  );
}
