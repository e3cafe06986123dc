/**
 * Keeps a Thing's Locations and HistoricalLocations in step (18-088, 8.2.2 and 8.2.3). The Locations that a change names replace the
 * Thing's current ones, and a HistoricalLocation remembers exactly them. A HistoricalLocation that a client makes and that is not
 * older than any other of its Thing sets the Thing's Locations; an older one only documents the past.
 */
import { entityModel } from '../../domain/mod.ts';
import type { Clock } from '../../kernel/mod.ts';
import { knownRelation } from '../sql-names.ts';
import type { Tables } from './tables.ts';
import type { Touched } from './touched.ts';

export class LocationMoves {
  readonly #tables: Tables;
  readonly #clock: Clock;
  readonly #touched: Touched;
  readonly #moves = new Map<number, Set<number>>();
  readonly #documented: number[] = [];

  constructor(tables: Tables, clock: Clock, touched: Touched) {
    this.#tables = tables;
    this.#clock = clock;
    this.#touched = touched;
  }

  /** The change says that the Thing is at this Location. */
  add(thing: number, location: number): void {
    const locations = this.#moves.get(thing);
    if (locations === undefined) this.#moves.set(thing, new Set([location]));
    else locations.add(location);
  }

  /** A client has made this HistoricalLocation. */
  document(historicalLocation: number): void {
    this.#documented.push(historicalLocation);
  }

  things(): number[] {
    return [...this.#moves.keys()];
  }

  apply(): void {
    const { HistoricalLocation } = entityModel;
    const locations = knownRelation('HistoricalLocation', 'Locations');
    for (const [thing, places] of this.#moves) {
      this.#place(thing, places);
      const values = new Map([['time', this.#clock.now()]]);
      const id = this.#tables.insert(HistoricalLocation, values, new Map([['Thing', thing]]));
      for (const place of places) this.#tables.link(HistoricalLocation, id, locations, place);
    }
    for (const id of this.#documented) {
      const thing = this.#tables.single(HistoricalLocation, id, knownRelation('HistoricalLocation', 'Thing'));
      if (thing === undefined || this.#tables.newestHistory(thing) !== id) continue;
      this.#place(thing, new Set(this.#tables.linked(HistoricalLocation, id, locations)));
    }
  }

  #place(thing: number, places: ReadonlySet<number>): void {
    const locations = knownRelation('Thing', 'Locations');
    this.#tables.unlinkAll(entityModel.Thing, thing, locations);
    for (const place of places) this.#tables.link(entityModel.Thing, thing, locations, place);
    this.#touched.add('Thing', thing);
  }
}
