import type { RuleDraft } from '@belfry/contract';
import { getJson, idOf, isObject, listPages, postJson, type ApiAccess, type JsonObject } from './api-client.ts';
import { observationTypes, type ObservedProperty, type Unit } from './vocabulary.ts';

/**
 * Registers what a demo needs, and only what is not there yet: a second run finds its Things again by a key in their
 * properties, and makes nothing twice.
 */

export interface ThingPlan {
  /** Unique among the demo's Things; stands in Thing.properties under the demo's name for it. */
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly properties: JsonObject;
  /** GeoJSON geometry. */
  readonly geometry: JsonObject;
  readonly locationName: string;
  readonly sensor: SensorPlan;
  readonly streams: readonly StreamPlan[];
}

export interface SensorPlan {
  readonly name: string;
  readonly description: string;
  readonly metadata: string;
}

export interface StreamPlan {
  /** Unique within the Thing; stands in Datastream.properties.key. */
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly observedProperty: ObservedProperty;
  /** Null for a boolean. */
  readonly unit: Unit | null;
}

export interface RegisteredThing {
  readonly key: string;
  readonly id: number;
  /** False where it was found from an earlier run. */
  readonly isNew: boolean;
  /** `@iot.id` by the key of the Datastream. */
  readonly streams: ReadonlyMap<string, number>;
}

/**
 * Registers the Things that are not there, with Location, Datastreams and what these need (deep insert, 18-088, 10.2.1.2).
 * @param keyName name of the property that holds the key of a Thing, for example `townId`
 * @returns the Things in the order of the plans. Throws ApiError.
 */
export async function registerThings(
  access: ApiAccess,
  keyName: string,
  plans: readonly ThingPlan[],
): Promise<readonly RegisteredThing[]> {
  const known = await idsByKey(access, '/v1.1/Things?$top=1000', (thing) => propertyOf(thing, keyName));
  const properties = await idsByKey(access, '/v1.1/ObservedProperties?$top=1000', (entity) => entity['definition']);
  const sensors = await idsByKey(access, '/v1.1/Sensors?$top=1000', (sensor) => propertyOf(sensor, keyName));
  const registered: RegisteredThing[] = [];
  for (const plan of plans) {
    const knownId = known.get(plan.key);
    let id = knownId;
    if (id === undefined) {
      for (const { observedProperty } of plan.streams) {
        if (properties.has(observedProperty.definition)) continue;
        properties.set(
          observedProperty.definition,
          await create(access, 'ObservedProperties', { ...observedProperty }),
        );
      }
      if (plan.streams.length > 0 && !sensors.has(plan.sensor.name)) {
        const sensor = { ...plan.sensor, encodingType: 'text/html', properties: { [keyName]: plan.sensor.name } };
        sensors.set(plan.sensor.name, await create(access, 'Sensors', sensor));
      }
      id = await create(access, 'Things', thingBody(keyName, plan, properties, sensors.get(plan.sensor.name)));
    }
    const streams = await idsByKey(access, `/v1.1/Things(${id})/Datastreams?$top=1000`, (stream) =>
      propertyOf(stream, 'key'),
    );
    const missing = plan.streams.filter((stream) => !streams.has(stream.key)).map((stream) => stream.key);
    if (missing.length > 0) {
      throw new Error(
        `Thing ${id} (${plan.name}) is there without its Datastreams ${missing.join(', ')}: delete it and start again.`,
      );
    }
    registered.push({ key: plan.key, id, isNew: knownId === undefined, streams });
  }
  return registered;
}

/** Posts the rules whose names are not there yet; returns how many it posted. Throws ApiError. */
export async function registerRules(access: ApiAccess, drafts: readonly RuleDraft[]): Promise<number> {
  const list = await getJson(access, '/rules');
  const rules: readonly unknown[] = isObject(list) && Array.isArray(list['value']) ? list['value'] : [];
  const names = new Set(rules.filter(isObject).map((rule) => rule['name']));
  const missing = drafts.filter((draft) => !names.has(draft.name));
  for (const draft of missing) await postJson(access, '/rules', draft);
  return missing.length;
}

async function idsByKey(
  access: ApiAccess,
  address: string,
  keyOf: (entity: JsonObject) => unknown,
): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for await (const page of listPages(access, address)) {
    for (const entity of page) {
      const key = keyOf(entity);
      if (typeof key === 'string' && !ids.has(key)) ids.set(key, idOf(entity));
    }
  }
  return ids;
}

function propertyOf(entity: JsonObject, name: string): unknown {
  const properties = entity['properties'];
  return isObject(properties) ? properties[name] : undefined;
}

/** The new entity's id, from the Location header (18-088, 10.2.1) or the body. */
async function create(access: ApiAccess, collection: string, body: JsonObject): Promise<number> {
  const answer = await postJson(access, `/v1.1/${collection}`, body);
  const id = /\((\d+)\)$/u.exec(answer.location)?.[1];
  return id === undefined ? idOf(answer.body) : Number(id);
}

function thingBody(
  keyName: string,
  plan: ThingPlan,
  properties: ReadonlyMap<string, number>,
  sensor: number | undefined,
): JsonObject {
  return {
    name: plan.name,
    description: plan.description,
    properties: { ...plan.properties, [keyName]: plan.key },
    Locations: [
      {
        name: plan.locationName,
        description: plan.description,
        encodingType: 'application/geo+json',
        location: plan.geometry,
      },
    ],
    Datastreams: plan.streams.map((stream) => ({
      name: stream.name,
      description: stream.description,
      observationType: stream.unit === null ? observationTypes.truth : observationTypes.measurement,
      // 18-088, 8.2.4: without a unit the three keys are there with null.
      unitOfMeasurement: stream.unit ?? { name: null, symbol: null, definition: null },
      properties: { key: stream.key },
      ObservedProperty: { '@iot.id': properties.get(stream.observedProperty.definition) },
      Sensor: { '@iot.id': sensor },
    })),
  };
}
