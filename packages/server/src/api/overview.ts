import type { DatastreamSummary, Overview, Severity, ThingSummary } from '@belfry/contract';
import type { FastifyInstance } from 'fastify';
import { formatInstant, type DatastreamFacts, type EntityJson } from '../domain/mod.ts';
import { CallerError, refuse, type Clock } from '../kernel/mod.ts';
import type { Registry } from '../registry/mod.ts';
import type { ObservationStore } from '../store/mod.ts';
import { idOf, integerOf } from './parameters.ts';

export interface OverviewOptions {
  readonly registry: Registry;
  readonly store: ObservationStore;
  readonly clock: Clock;
  /** Highest severity of an active alert on a Datastream. */
  readonly activeSeverity: (datastreamId: number) => Severity | null;
}

const severityRank: Readonly<Record<Severity, number>> = { Minor: 1, Moderate: 2, Severe: 3, Extreme: 4 };
const thingsMax = 2_000;

/** GET /overview and /overview/<thing id>: Things with place, newest values and alert state, for maps and lists. */
export async function overviewRoutes(app: FastifyInstance, options: OverviewOptions): Promise<void> {
  const positions = new PositionCache(options.registry);

  app.get('/overview', { config: { scope: 'read' } }, async (request): Promise<Overview> => {
    const skip = integerOf(request.query, 'skip', { min: 0, max: 1_000_000_000, otherwise: 0 });
    const top = integerOf(request.query, 'top', { min: 1, max: thingsMax, otherwise: thingsMax });
    const page = await options.registry.list('Thing', [], { top, skip, count: false });
    const byThing = datastreamsByThing(options.registry);
    const value: ThingSummary[] = [];
    for (const thing of page.entities) value.push(await summaryOf(thing, byThing, positions, options));
    const serverTime = formatInstant(options.clock.now());
    return page.more ? { serverTime, value, next: `/overview?skip=${skip + top}&top=${top}` } : { serverTime, value };
  });

  app.get<{ Params: { id: string } }>(
    '/overview/:id',
    { config: { scope: 'read' } },
    async (request): Promise<Overview> => {
      const id = idOf(request.params.id, 'id');
      const thing = await options.registry.get('Thing', id);
      if (thing === undefined) throw new CallerError(refuse('unknown-entity', `there is no Thing ${id}`));
      const value = [await summaryOf(thing, datastreamsByThing(options.registry), positions, options)];
      return { serverTime: formatInstant(options.clock.now()), value };
    },
  );
}

function datastreamsByThing(registry: Registry): ReadonlyMap<number, readonly DatastreamFacts[]> {
  return Map.groupBy(registry.datastreams(), (facts) => facts.thingId);
}

async function summaryOf(
  thing: EntityJson,
  byThing: ReadonlyMap<number, readonly DatastreamFacts[]>,
  positions: PositionCache,
  options: OverviewOptions,
): Promise<ThingSummary> {
  const id = thing['@iot.id'];
  const datastreams = (byThing.get(id) ?? []).map((facts) => datastreamSummary(facts, options));
  return {
    id,
    name: textOf(thing['name']),
    description: textOf(thing['description']),
    simulated: isSimulated(thing),
    position: await positions.positionOf(id),
    alertSeverity: highest(datastreams.map((datastream) => datastream.alertSeverity)),
    datastreams,
  };
}

/** Whether a Thing says of itself that its readings are not real. */
export function isSimulated(thing: EntityJson): boolean {
  const properties = thing['properties'];
  return (
    typeof properties === 'object' && properties !== null && 'simulated' in properties && properties.simulated === true
  );
}

function datastreamSummary(facts: DatastreamFacts, options: OverviewOptions): DatastreamSummary {
  const newest = options.store.newest(facts.id);
  return {
    id: facts.id,
    name: facts.name,
    observedProperty: facts.observedPropertyName,
    observedPropertyId: facts.observedPropertyId,
    unitName: facts.unitName,
    unitSymbol: facts.unitSymbol,
    newest:
      newest === undefined
        ? null
        : {
            observationId: newest.observationId,
            time: formatInstant(newest.time),
            value: newest.value,
            ...(newest.text === undefined ? {} : { text: newest.text }),
          },
    alertSeverity: options.activeSeverity(facts.id),
  };
}

function highest(severities: readonly (Severity | null)[]): Severity | null {
  let most: Severity | null = null;
  for (const severity of severities) {
    if (severity !== null && (most === null || severityRank[severity] > severityRank[most])) most = severity;
  }
  return most;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Where Things stand. Asked of the registry once a Thing and change, not once a request. */
class PositionCache {
  readonly #registry: Registry;
  readonly #positions = new Map<number, [number, number] | null>();
  #revision = -1;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async positionOf(thingId: number): Promise<[number, number] | null> {
    if (this.#revision !== this.#registry.revision) {
      this.#positions.clear();
      this.#revision = this.#registry.revision;
    }
    const known = this.#positions.get(thingId);
    if (known !== undefined) return known;
    const step = { entity: 'Thing', relation: 'Things', id: thingId } as const;
    const page = await this.#registry.list('Location', [step], { top: 10, skip: 0, count: false });
    let position: [number, number] | null = null;
    for (const location of page.entities) position ??= pointOf(location['location']);
    this.#positions.set(thingId, position);
    return position;
  }
}

/**
 * A point that stands for a GeoJSON geometry or Feature: a Point itself, else the middle coordinate of a line, or the mean of
 * a polygon's outer ring.
 */
function pointOf(value: unknown): [number, number] | null {
  if (typeof value !== 'object' || value === null) return null;
  if ('geometry' in value) return pointOf(value.geometry);
  if (!('type' in value) || !('coordinates' in value)) return null;
  const { type, coordinates } = value;
  if (!Array.isArray(coordinates)) return null;
  const list: readonly unknown[] = coordinates;
  switch (type) {
    case 'Point':
      return pairOf(list);
    case 'LineString':
    case 'MultiPoint':
      return pairOf(list[Math.floor(list.length / 2)]);
    case 'Polygon':
      return meanOf(list[0]);
    case 'MultiPolygon':
    case 'MultiLineString':
      return pointOf({ type: type === 'MultiPolygon' ? 'Polygon' : 'LineString', coordinates: list[0] });
    default:
      return null;
  }
}

function meanOf(ring: unknown): [number, number] | null {
  if (!Array.isArray(ring)) return null;
  const points: [number, number][] = [];
  for (const item of ring) {
    const pair = pairOf(item);
    if (pair !== null) points.push(pair);
  }
  // The last point of a ring repeats the first.
  const distinct = points.slice(0, Math.max(1, points.length - 1));
  if (points.length === 0) return null;
  const sum = distinct.reduce(([x, y], [px, py]) => [x + px, y + py] as const, [0, 0] as const);
  return [sum[0] / distinct.length, sum[1] / distinct.length];
}

function pairOf(value: unknown): [number, number] | null {
  if (!Array.isArray(value)) return null;
  const longitude: unknown = value[0];
  const latitude: unknown = value[1];
  if (typeof longitude !== 'number' || typeof latitude !== 'number') return null;
  return [longitude, latitude];
}
