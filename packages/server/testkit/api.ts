import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { IngestReport } from '@belfry/contract';
import type { TSchema, Static } from 'typebox';
import { Value } from 'typebox/value';

/** What acceptance tests ask of a running server over HTTP; each call fails the test with the answer where it is not a success. */

export async function getObject(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url);
  const body: unknown = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  assert.ok(isObject(body));
  return body;
}

/** Waits until rules and alerts have seen what was durable when it was called, and what they made of it themselves. */
export async function untilCaughtUp(httpUrl: string): Promise<void> {
  for (;;) {
    const { consumers, log } = await getAs(IngestReport, `${httpUrl}/ingest`);
    const behind = consumers.filter(({ name, position }) => name !== 'store' && position < log.durableSequence);
    if (behind.length === 0) return;
    await sleep(10);
  }
}

/** An answer that has the shape of the contract. */
export async function getAs<T extends TSchema>(schema: T, url: string): Promise<Static<T>> {
  return Value.Parse(schema, await getObject(url));
}

/** POST of an entity; gives its id. */
export async function postEntity(url: string, body: object): Promise<number> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const created: unknown = await response.json();
  assert.equal(response.status, 201, JSON.stringify(created));
  assert.ok(isObject(created));
  const id = created['@iot.id'] ?? created['id'];
  assert.ok(typeof id === 'number');
  return id;
}

export interface StoredReading {
  readonly id: number;
  /** Start of phenomenonTime, milliseconds since 1970. */
  readonly time: number;
  readonly result: unknown;
}

/** All Observations of a Datastream in order of id, through the API and its next links. */
export async function readAll(httpUrl: string, datastreamId: number): Promise<StoredReading[]> {
  const stored: StoredReading[] = [];
  let next: string | undefined =
    `${httpUrl}/v1.1/Datastreams(${datastreamId})/Observations?$top=10000&$orderby=id%20asc`;
  while (next !== undefined) {
    const page: Record<string, unknown> = await getObject(next);
    const { value } = page;
    assert.ok(Array.isArray(value));
    for (const observation of value) stored.push(readingOf(observation));
    const link = page['@iot.nextLink'];
    next = typeof link === 'string' ? link : undefined;
  }
  return stored;
}

export function readingOf(observation: unknown): StoredReading {
  assert.ok(isObject(observation));
  const { '@iot.id': id, phenomenonTime, result } = observation;
  assert.ok(typeof id === 'number' && typeof phenomenonTime === 'string');
  return { id, time: Date.parse(phenomenonTime.split('/')[0] ?? ''), result };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A Thing with a place. */
const gaugeThing = {
  name: 'Mill bridge',
  description: 'A gauge station',
  Locations: [
    {
      name: 'Mill bridge',
      description: 'At the bridge',
      encodingType: 'application/geo+json',
      location: { type: 'Point', coordinates: [8.5, 50.1] },
    },
  ],
} as const;

/** The body of a Datastream of water level, with everything around it for a deep insert; `part` stands over it. */
export function gaugeDatastream(part: object = {}): object {
  return {
    name: 'Water level',
    description: 'Level at the gauge',
    observationType: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement',
    unitOfMeasurement: { name: 'centimetre', symbol: 'cm', definition: 'ucum:cm' },
    Thing: gaugeThing,
    Sensor: { name: 'Float', description: 'A float', encodingType: 'text/html', metadata: 'none' },
    ObservedProperty: {
      name: 'Water level',
      definition: 'https://example.org/water-level',
      description: 'Height of the water above the datum of the gauge',
    },
    ...part,
  };
}
