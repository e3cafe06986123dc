import type { DatastreamSummary, ThingSummary } from '@belfry/contract';
import { severityRank } from '../severity/mod.ts';

/** An observed property in one unit: what the map can be coloured by. Values in different units share no scale. */
export interface PropertyChoice {
  readonly key: string;
  readonly name: string;
  readonly unitSymbol: string;
  /** Things that observe it. */
  readonly things: number;
  /** Things with an active alert on it. */
  readonly alerts: number;
}

function keyOf(datastream: DatastreamSummary): string {
  return `${datastream.observedPropertyId}|${datastream.unitSymbol}`;
}

/** What can be chosen: properties with numbers; those of most Things first, of these the ones with most alerts. */
export function propertyChoices(things: readonly ThingSummary[]): readonly PropertyChoice[] {
  const choices = new Map<string, PropertyChoice>();
  for (const thing of things) {
    for (const key of new Set(thing.datastreams.map(keyOf))) {
      const datastream = thing.datastreams.find((candidate) => keyOf(candidate) === key);
      if (datastream === undefined || (datastream.newest !== null && datastream.newest.value === null)) continue;
      const { observedProperty: name, unitSymbol } = datastream;
      const known = choices.get(key) ?? { things: 0, alerts: 0 };
      const alerts = known.alerts + Number(datastream.alertSeverity !== null);
      choices.set(key, { key, name, unitSymbol, things: known.things + 1, alerts });
    }
  }
  // Beyond that they keep the order in which the Things list them: the town's own order says more than the alphabet.
  return [...choices.values()].sort((a, b) => b.things - a.things || b.alerts - a.alerts);
}

/** The Thing's Datastream of the chosen property; null if it does not observe it. */
export function datastreamOf(thing: ThingSummary, key: string | null): DatastreamSummary | null {
  return foremost(thing.datastreams.filter((datastream) => keyOf(datastream) === key));
}

/** What to show of a Thing that does not observe the chosen property. */
export function foremostDatastream(thing: ThingSummary): DatastreamSummary | null {
  return foremost([...thing.datastreams]);
}

/** The one with the worst alert, then the one with the newest reading. */
function foremost(candidates: DatastreamSummary[]): DatastreamSummary | null {
  const time = (datastream: DatastreamSummary): number =>
    datastream.newest === null ? 0 : Date.parse(datastream.newest.time);
  candidates.sort(
    (a, b) => severityRank(b.alertSeverity) - severityRank(a.alertSeverity) || time(b) - time(a) || a.id - b.id,
  );
  return candidates[0] ?? null;
}
