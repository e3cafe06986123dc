/**
 * What the hot path needs of every Datastream, in memory. After each commit the Datastreams that the change touched are read
 * again, so the facts are never older than the last change.
 */
import type { DatastreamFacts, ResultType } from '../../domain/mod.ts';
import { assert } from '../../kernel/mod.ts';
import type { Database, Row } from './database.ts';
import { integer } from './tables.ts';
import type { Touched } from './touched.ts';

/** Ids in one query; SQLite takes at most 32,766 parameters. */
const idsMax = 500;

/** 18-088, table 12. */
const resultTypes: ReadonlyMap<string, ResultType> = new Map([
  ['http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CategoryObservation', 'string'],
  ['http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CountObservation', 'integer'],
  ['http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement', 'number'],
  ['http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_TruthObservation', 'boolean'],
]);

export class Facts {
  readonly #database: Database;
  readonly #byId = new Map<number, DatastreamFacts>();

  constructor(database: Database) {
    this.#database = database;
  }

  get(id: number): DatastreamFacts | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<DatastreamFacts> {
    return this.#byId.values();
  }

  load(): void {
    for (const row of this.#database.all(this.#query())) this.#keep(row);
  }

  refresh(touched: Touched): void {
    for (const id of touched.of('Datastream')) this.#byId.delete(id);
    this.#refreshBy('Datastreams.id', touched.of('Datastream'));
    this.#refreshBy('Datastreams.thingId', touched.of('Thing'));
    this.#refreshBy('Datastreams.observedPropertyId', touched.of('ObservedProperty'));
  }

  #refreshBy(column: string, ids: readonly number[]): void {
    for (let start = 0; start < ids.length; start += idsMax) {
      const query = this.#query().where(column, 'in', ids.slice(start, start + idsMax));
      for (const row of this.#database.all(query)) this.#keep(row);
    }
  }

  #keep(row: Row): void {
    const unit = unitOf(text(row, 'unitOfMeasurement'));
    const id = integer(row['id']);
    this.#byId.set(id, {
      id,
      name: text(row, 'name'),
      thingId: integer(row['thingId']),
      thingName: text(row, 'thingName'),
      observedPropertyId: integer(row['observedPropertyId']),
      observedPropertyName: text(row, 'observedPropertyName'),
      observedPropertyDefinition: text(row, 'observedPropertyDefinition'),
      unitName: unit.name,
      unitSymbol: unit.symbol,
      resultType: resultTypes.get(text(row, 'observationType')) ?? 'any',
      featureOfInterestId: integer(row['featureOfInterestId'] ?? 0),
    });
  }

  #query() {
    return this.#database.build
      .selectFrom('Datastreams')
      .innerJoin('Things', 'Things.id', 'Datastreams.thingId')
      .innerJoin('ObservedProperties', 'ObservedProperties.id', 'Datastreams.observedPropertyId')
      .select([
        'Datastreams.id as id',
        'Datastreams.name as name',
        'Datastreams.unitOfMeasurement as unitOfMeasurement',
        'Datastreams.observationType as observationType',
        'Things.id as thingId',
        'Things.name as thingName',
        'ObservedProperties.id as observedPropertyId',
        'ObservedProperties.name as observedPropertyName',
        'ObservedProperties.definition as observedPropertyDefinition',
      ])
      .select((select) =>
        select
          .selectFrom('Things_Locations')
          .innerJoin('Locations', 'Locations.id', 'Things_Locations.locationId')
          .select('Locations.generatedFeatureOfInterestId')
          .whereRef('Things_Locations.thingId', '=', 'Datastreams.thingId')
          .where('Locations.generatedFeatureOfInterestId', 'is not', null)
          .orderBy('Locations.id')
          .limit(1)
          .as('featureOfInterestId'),
      );
  }
}

function unitOf(json: string): { readonly name: string; readonly symbol: string } {
  const unit: unknown = JSON.parse(json);
  return { name: member(unit, 'name'), symbol: member(unit, 'symbol') };
}

function member(unit: unknown, key: 'name' | 'symbol'): string {
  if (typeof unit !== 'object' || unit === null) return '';
  const value: unknown = Reflect.get(unit, key);
  return typeof value === 'string' ? value : '';
}

function text(row: Row, column: string): string {
  const value = row[column];
  assert(typeof value === 'string', `column ${column} does not hold a text`);
  return value;
}
