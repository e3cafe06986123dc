import { fetchJson, memberOf } from './http.ts';

/** The Things that the bench writes to: one Thing, many Datastreams of one ObservedProperty, one rule on all of them. */
export interface BenchTown {
  readonly datastreamIds: readonly number[];
  readonly featureOfInterestId: number;
  /** A Datastream of a property of its own, for the latency of alerts. */
  readonly bellId: number;
}

const measurement = 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement';
const unitOfMeasurement = { name: 'centimetre', symbol: 'cm', definition: 'ucum:cm' } as const;

export async function registerTown(httpUrl: string, datastreams: number): Promise<BenchTown> {
  const thing = await create(httpUrl, 'Things', {
    name: 'Bench',
    description: 'A Thing of the bench',
    Locations: [
      {
        name: 'Bench',
        description: 'Somewhere',
        encodingType: 'application/geo+json',
        location: { type: 'Point', coordinates: [8.5, 50.1] },
      },
    ],
  });
  const sensor = await create(httpUrl, 'Sensors', {
    name: 'Float',
    description: 'A float',
    encodingType: 'text/html',
    metadata: 'none',
  });
  const property = await createProperty(httpUrl, 'level');
  const bellProperty = await createProperty(httpUrl, 'bell');
  const links = { Thing: { '@iot.id': thing }, Sensor: { '@iot.id': sensor } };
  const datastreamIds: number[] = [];
  for (let index = 0; index < datastreams; index += 1) {
    datastreamIds.push(
      await createDatastream(httpUrl, `Level ${index}`, { ...links, ObservedProperty: { '@iot.id': property } }),
    );
  }
  const bellId = await createDatastream(httpUrl, 'Bell', { ...links, ObservedProperty: { '@iot.id': bellProperty } });
  await createRule(httpUrl, 'High water', property, 60);
  await createRule(httpUrl, 'Bell', bellProperty, 0);
  const featureOfInterestId = await featureOf(httpUrl, bellId);
  return { datastreamIds, featureOfInterestId, bellId };
}

async function createProperty(httpUrl: string, name: string): Promise<number> {
  return await create(httpUrl, 'ObservedProperties', {
    name,
    definition: `https://example.org/${name}`,
    description: `The ${name} of the bench`,
  });
}

async function createDatastream(httpUrl: string, name: string, links: object): Promise<number> {
  return await create(httpUrl, 'Datastreams', {
    name,
    description: 'A Datastream of the bench',
    observationType: measurement,
    unitOfMeasurement,
    ...links,
  });
}

async function createRule(
  httpUrl: string,
  name: string,
  observedPropertyId: number,
  forSeconds: number,
): Promise<void> {
  await fetchJson(`${httpUrl}/rules`, {
    name,
    event: name,
    category: 'Met',
    severity: 'Severe',
    binding: { observedPropertyId },
    direction: 'above',
    raise: 1_000,
    clear: 900,
    forSeconds,
  });
}

/** A first Observation makes the Thing's FeatureOfInterest. */
async function featureOf(httpUrl: string, datastreamId: number): Promise<number> {
  const observation = await create(httpUrl, `Datastreams(${datastreamId})/Observations`, { result: 0 });
  return Number(memberOf(await fetchJson(`${httpUrl}/v1.1/Observations(${observation})/FeatureOfInterest`), '@iot.id'));
}

async function create(httpUrl: string, path: string, body: object): Promise<number> {
  return Number(memberOf(await fetchJson(`${httpUrl}/v1.1/${path}`, body), '@iot.id'));
}
