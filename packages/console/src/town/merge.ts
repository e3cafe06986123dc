// Brings live events into what the overview told. All functions are pure and keep the identity of what did not change,
// so that only the rows that changed are drawn anew.
import type { Alert, DatastreamSummary, LiveObservation, ThingSummary } from '@belfry/contract';
import { worstSeverity } from '../severity/mod.ts';

/** Puts newer readings into their Datastreams. An older reading than the one known, or of an unknown Datastream, changes nothing. */
export function mergeObservations(
  things: readonly ThingSummary[],
  observations: readonly LiveObservation[],
): readonly ThingSummary[] {
  if (observations.length === 0) return things;
  const byDatastream = new Map(observations.map((observation) => [observation.datastreamId, observation]));
  let changed = false;
  const merged = things.map((thing) => {
    let thingChanged = false;
    const datastreams = thing.datastreams.map((datastream) => {
      const observation = byDatastream.get(datastream.id);
      if (observation === undefined || !isNewer(observation, datastream)) return datastream;
      thingChanged = true;
      return { ...datastream, newest: newestOf(observation) };
    });
    if (!thingChanged) return thing;
    changed = true;
    return { ...thing, datastreams };
  });
  return changed ? merged : things;
}

function isNewer(observation: LiveObservation, datastream: DatastreamSummary): boolean {
  const { newest } = datastream;
  if (newest === null) return true;
  const known = Date.parse(newest.time);
  if (observation.time !== known) return observation.time > known;
  return observation.observationId > newest.observationId;
}

function newestOf(observation: LiveObservation): NonNullable<DatastreamSummary['newest']> {
  const { observationId, time, value, text } = observation;
  const newest = { observationId, time: new Date(time).toISOString(), value };
  return text === undefined ? newest : { ...newest, text };
}

/** Takes an alert's new state into the list of those that are not over. */
export function mergeAlert(alerts: readonly Alert[], alert: Alert): readonly Alert[] {
  const others = alerts.filter((other) => other.id !== alert.id);
  if (alert.state === 'resolved') return others.length === alerts.length ? alerts : others;
  return [alert, ...others];
}

/** Sets the severities of a Thing and its Datastreams from the active alerts. */
export function withAlerts(
  things: readonly ThingSummary[],
  alerts: readonly Alert[],
  thingId: number,
): readonly ThingSummary[] {
  const active = alerts.filter((alert) => alert.state === 'active' && alert.thingId === thingId);
  return things.map((thing) => {
    if (thing.id !== thingId) return thing;
    const datastreams = thing.datastreams.map((datastream) => ({
      ...datastream,
      alertSeverity: worstSeverity(
        active.filter((alert) => alert.datastreamId === datastream.id).map((alert) => alert.severity),
      ),
    }));
    return { ...thing, datastreams, alertSeverity: worstSeverity(active.map((alert) => alert.severity)) };
  });
}
