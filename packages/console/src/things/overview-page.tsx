import type { ThingSummary } from '@belfry/contract';
import { useCallback, useMemo, useState, type ReactElement } from 'react';
import {
  colorOf,
  colorScale,
  datastreamOf,
  foremostDatastream,
  Legend,
  propertyChoices,
  ramps,
  TownMap,
  type ColorScale,
  type MapThing,
  type PropertyChoice,
} from '../map/mod.ts';
import { Choice, Empty, Failed, Loading, Page, unitWords, usePrefersDark, useRouter } from '../shell/mod.ts';
import { useServices, useTown } from '../town/mod.ts';
import { AlertBanner } from './alert-banner.tsx';
import { newestWords } from './newest.tsx';
import { ThingCard } from './thing-card.tsx';
import { ThingList } from './thing-list.tsx';

/** The page of the night: where which value stands, and what is wrong. */
export function OverviewPage(): ReactElement {
  const { town } = useServices();
  const things = useTown((state) => state.things);
  const alerts = useTown((state) => state.alerts);
  const failure = useTown((state) => state.failure);
  return (
    <Page title="Overview" className="page-overview">
      <AlertBanner alerts={alerts} />
      {failure !== null && <Failed failure={failure} onRetry={town.retry} />}
      {things === null && failure === null && <Loading what="the town" />}
      {things !== null && things.length === 0 && (
        <Empty title="No Things are registered yet.">
          Register one with POST /v1.1/Things, or start `npm run demo` for a simulated town.
        </Empty>
      )}
      {things !== null && things.length > 0 && <TownView things={things} />}
    </Page>
  );
}

function TownView({ things }: { readonly things: readonly ThingSummary[] }): ReactElement {
  const { query, go } = useRouter();
  const dark = usePrefersDark();
  const [selectedId, setSelectedId] = useState<number | null>(null);
  const choices = useMemo(() => propertyChoices(things), [things]);
  const asked = new URLSearchParams(query).get('property');
  const choice = choices.find(({ key }) => key === asked) ?? choices[0] ?? null;
  const key = choice?.key ?? null;

  const scale = useMemo(() => {
    const values = things.map((thing) => datastreamOf(thing, key)?.newest?.value ?? Number.NaN);
    return colorScale(values, dark ? ramps.dark : ramps.light);
  }, [things, key, dark]);
  const mapThings = useMemo(() => toMapThings(things, key, scale, selectedId), [things, key, scale, selectedId]);

  const select = useCallback((id: number | null) => setSelectedId(id), []);
  const selected = things.find((thing) => thing.id === selectedId) ?? null;
  const unplaced = things.length - mapThings.length;

  return (
    <div className="overview">
      <div className="map-column">
        {choice !== null && (
          <div className="map-panel">
            <Choice
              label="Colour by"
              options={choices.map(toOption)}
              selected={choice.key}
              onSelect={(next) => go(`?property=${encodeURIComponent(next)}`, true)}
            />
            <Legend choice={choice} scale={scale} />
            {unplaced > 0 && <p className="muted small">{unplaced} without a place, in the list only</p>}
          </div>
        )}
        <div className="map">
          <TownMap things={mapThings} onSelect={select} />
          {selected !== null && <ThingCard thing={selected} onClose={() => select(null)} />}
        </div>
      </div>
      <ThingList things={things} choice={choice} selectedId={selectedId} onSelect={select} />
    </div>
  );
}

function toOption({ key, name, unitSymbol }: PropertyChoice): { id: string; label: string } {
  const unit = unitWords(unitSymbol);
  return { id: key, label: unit === '' ? name : `${name} (${unit})` };
}

/** A Thing without the chosen property is not coloured, but it says what it has. */
function otherWords(thing: ThingSummary): string {
  const datastream = foremostDatastream(thing);
  return datastream === null ? 'no Datastream' : `${datastream.observedProperty} ${newestWords(datastream)}`;
}

function toMapThings(
  things: readonly ThingSummary[],
  key: string | null,
  scale: ColorScale,
  selectedId: number | null,
): readonly MapThing[] {
  return things.flatMap((thing) => {
    if (thing.position === null) return [];
    const datastream = datastreamOf(thing, key);
    const value = datastream?.newest?.value ?? null;
    const look = {
      name: thing.name,
      value: datastream === null ? otherWords(thing) : newestWords(datastream),
      color: value === null ? null : colorOf(scale, value),
      severity: thing.alertSeverity,
      simulated: thing.simulated,
      selected: thing.id === selectedId,
    };
    return [{ id: thing.id, position: thing.position, look }];
  });
}
