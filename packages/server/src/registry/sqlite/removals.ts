/**
 * Deletes with cascade (18-088, 10.4). The tables' foreign keys do what stays inside of the registry; the Observations that must go
 * are written to an outbox in the same transaction, so a crash in between forgets neither half.
 */
import type { EntityName, Removal } from '../../domain/mod.ts';
import { linkColumn } from '../sql-names.ts';
import type { Database } from './database.ts';
import { integer, type Tables } from './tables.ts';
import type { Touched } from './touched.ts';

/** Orders that pendingRemovals hands out at a time. */
const pendingMax = 1_000;

export class Removals {
  readonly #database: Database;
  readonly #tables: Tables;

  constructor(database: Database, tables: Tables) {
    this.#database = database;
    this.#tables = tables;
  }

  /** Inside of a transaction. Where there is no such entity, nothing happens. */
  remove(entity: EntityName, id: number, touched: Touched): void {
    if (!this.#tables.exists(entity, id)) return;
    const datastreamIds = this.#datastreamsOf(entity, id);
    const featureOfInterestIds = entity === 'FeatureOfInterest' ? [id] : [];
    for (const datastream of datastreamIds) touched.add('Datastream', datastream);
    this.#touchThings(entity, id, touched);
    if (entity === 'Location') this.#forgetHistory(id);
    this.#tables.delete(entity, id);
    if (datastreamIds.length + featureOfInterestIds.length > 0) this.#order({ datastreamIds, featureOfInterestIds });
  }

  pending(): { readonly key: number; readonly removal: Removal }[] {
    const query = this.#database.build.selectFrom('Removals').selectAll().orderBy('key').limit(pendingMax);
    return this.#database.all(query).map((row) => ({
      key: integer(row['key']),
      removal: parseRemoval(String(row['removal'])),
    }));
  }

  done(key: number): void {
    this.#database.run(this.#database.build.deleteFrom('Removals').where('key', '=', key));
  }

  #order(removal: Removal): void {
    this.#database.run(this.#database.build.insertInto('Removals').values({ removal: JSON.stringify(removal) }));
  }

  #datastreamsOf(entity: EntityName, id: number): number[] {
    switch (entity) {
      case 'Datastream':
        return [id];
      case 'Thing':
      case 'Sensor':
      case 'ObservedProperty': {
        const query = this.#database.build.selectFrom('Datastreams').select('id');
        const rows = this.#database.all(query.where(linkColumn(entity), '=', id).orderBy('id'));
        return rows.map((row) => integer(row['id']));
      }
      case 'Location':
      case 'HistoricalLocation':
      case 'Observation':
      case 'FeatureOfInterest':
        return [];
    }
  }

  /** Things whose generated FeatureOfInterest may be another one afterwards. */
  #touchThings(entity: EntityName, id: number, touched: Touched): void {
    if (entity !== 'Location' && entity !== 'FeatureOfInterest') return;
    const column = entity === 'Location' ? 'Locations.id' : 'Locations.generatedFeatureOfInterestId';
    const query = this.#database.build
      .selectFrom('Things_Locations')
      .innerJoin('Locations', 'Locations.id', 'Things_Locations.locationId')
      .select('Things_Locations.thingId as thingId')
      .where(column, '=', id);
    for (const row of this.#database.all(query)) touched.add('Thing', integer(row['thingId']));
  }

  /** 18-088, table 25: a Location takes the HistoricalLocations that refer to it along. */
  #forgetHistory(location: number): void {
    const { build } = this.#database;
    const pairs = build.selectFrom('Locations_HistoricalLocations').select('historicalLocationId');
    const gone = build.deleteFrom('HistoricalLocations').where('id', 'in', pairs.where('locationId', '=', location));
    this.#database.run(gone);
  }
}

function parseRemoval(json: string): Removal {
  const value: unknown = JSON.parse(json);
  return { datastreamIds: ids(value, 'datastreamIds'), featureOfInterestIds: ids(value, 'featureOfInterestIds') };
}

function ids(value: unknown, key: keyof Removal): number[] {
  if (typeof value !== 'object' || value === null) return [];
  const list: unknown = Reflect.get(value, key);
  return Array.isArray(list) ? list.map(integer) : [];
}
