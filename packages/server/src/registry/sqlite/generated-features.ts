/**
 * The FeatureOfInterest that an Observation gets when it names none (18-088, 10.2.1.3): a copy of the Location of its Thing, made
 * once and used again as long as the Thing stays there.
 */
import { entityModel, type DatastreamFacts } from '../../domain/mod.ts';
import { refuse, type Refusal } from '../../kernel/mod.ts';
import { knownRelation } from '../sql-names.ts';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';
import type { Touched } from './touched.ts';

/** GeoJSON as 1.1 and as 1.0 name it; both are in use. */
const geoJsonTypes: ReadonlySet<unknown> = new Set(['application/geo+json', 'application/vnd.geo+json']);

/** Inside of a transaction. */
export function generateFeature(
  database: Database,
  tables: Tables,
  facts: DatastreamFacts,
  touched: Touched,
): number | Refusal {
  const places = tables.linked(entityModel.Thing, facts.thingId, knownRelation('Thing', 'Locations'));
  for (const place of places) {
    const location = tables.values('Location', place);
    if (location === undefined || !geoJsonTypes.has(location['encodingType'])) continue;
    const values = new Map<string, unknown>([
      ['name', location['name']],
      ['description', location['description']],
      ['encodingType', location['encodingType']],
      ['feature', location['location']],
      ['properties', location['properties'] ?? null],
    ]);
    const id = tables.insert(entityModel.FeatureOfInterest, values, new Map());
    const remember = database.build.updateTable('Locations').set({ generatedFeatureOfInterestId: id });
    database.run(remember.where('id', '=', place));
    // The other Things at this place get it as well.
    for (const thing of tables.linked(entityModel.Location, place, knownRelation('Location', 'Things'))) {
      touched.add('Thing', thing);
    }
    return id;
  }
  const where = places.length === 0 ? 'has no Location' : 'has no Location with a GeoJSON encoding';
  return refuse('no-location', `Thing ${facts.thingId} (${facts.thingName}) ${where}`);
}
