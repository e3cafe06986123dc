/** Entities as SensorThings 1.1 writes them in JSON (18-088, 8.1 and 8.2): control information, own properties, links. */
import {
  entityModel,
  formatInstant,
  formatTimeInterval,
  parseInstant,
  parseTimeInterval,
  resultOf,
  type EntityJson,
  type EntityName,
  type Observation,
} from '../domain/mod.ts';
import type { Extent } from '../store/mod.ts';

/** An entity with control information and links, ready for JSON.stringify. */
export type LinkedEntity = Readonly<Record<string, unknown>>;

/** The canonical absolute address of an entity. `root` has no slash at its end. */
export function selfLink(root: string, entity: EntityName, id: number): string {
  return `${root}/${entityModel[entity].set}(${id})`;
}

/** A registry entity. `extent` is of a Datastream's Observations, undefined where it has none. */
export function linkedEntity(
  entity: EntityName,
  json: EntityJson,
  root: string,
  extent: Extent | undefined,
): LinkedEntity {
  const id = json['@iot.id'];
  const linked: Record<string, unknown> = { '@iot.selfLink': selfLink(root, entity, id), '@iot.id': id };
  const derived = extent === undefined ? undefined : derivedTimes(extent);
  for (const { name } of entityModel[entity].properties) {
    const value = json[name] ?? derived?.[name];
    if (value !== undefined) linked[name] = value;
  }
  addLinks(linked, entity, id, root);
  return linked;
}

/** An Observation as GET gives it and as subscribers get it. `root` has no slash at its end. */
export function observationJson(observation: Observation, root: string): LinkedEntity {
  const linked: Record<string, unknown> = {
    '@iot.selfLink': selfLink(root, 'Observation', observation.id),
    '@iot.id': observation.id,
    phenomenonTime: formatTimeInterval({ start: observation.phenomenonStart, end: observation.phenomenonEnd }),
    result: resultOf(observation),
    // The key is there even where there is no time, as clients and suites expect.
    resultTime: observation.resultTime === null ? null : formatInstant(observation.resultTime),
  };
  if (observation.resultQuality !== '') linked['resultQuality'] = parseJson(observation.resultQuality);
  if (observation.validStart !== null && observation.validEnd !== null) {
    linked['validTime'] = formatTimeInterval({ start: observation.validStart, end: observation.validEnd });
  }
  if (observation.parameters !== '') linked['parameters'] = parseJson(observation.parameters);
  addLinks(linked, 'Observation', observation.id, root);
  return linked;
}

/**
 * An Observation that was just accepted, from the body that was submitted: the same JSON as `observationJson` gives of it,
 * without asking the store. The body has a phenomenonTime.
 */
export function acceptedObservationJson(
  id: number,
  body: Readonly<Record<string, unknown>>,
  root: string,
): LinkedEntity {
  const linked: Record<string, unknown> = {
    '@iot.selfLink': selfLink(root, 'Observation', id),
    '@iot.id': id,
    phenomenonTime: period(body['phenomenonTime']),
    result: body['result'],
    resultTime: instant(body['resultTime']),
  };
  for (const name of ['resultQuality', 'validTime', 'parameters'] as const) {
    const value = body[name];
    if (value !== undefined && value !== null) linked[name] = name === 'validTime' ? period(value) : value;
  }
  addLinks(linked, 'Observation', id, root);
  return linked;
}

function addLinks(linked: Record<string, unknown>, entity: EntityName, id: number, root: string): void {
  const self = selfLink(root, entity, id);
  for (const { name } of entityModel[entity].relations) linked[`${name}@iot.navigationLink`] = `${self}/${name}`;
}

/** Datastream's phenomenonTime and resultTime are intervals even when both ends are one (18-088, table 10). */
function derivedTimes(extent: Extent): Readonly<Record<string, string>> {
  const phenomenonTime = `${formatInstant(extent.phenomenonStart)}/${formatInstant(extent.phenomenonEnd)}`;
  if (extent.resultStart === null || extent.resultEnd === null) return { phenomenonTime };
  return { phenomenonTime, resultTime: `${formatInstant(extent.resultStart)}/${formatInstant(extent.resultEnd)}` };
}

function period(value: unknown): string | null {
  const interval = typeof value === 'string' ? parseTimeInterval(value) : undefined;
  return interval === undefined ? null : formatTimeInterval(interval);
}

function instant(value: unknown): string | null {
  const millis = typeof value === 'string' ? parseInstant(value) : Number.NaN;
  return Number.isNaN(millis) ? null : formatInstant(millis);
}

function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return value;
}
