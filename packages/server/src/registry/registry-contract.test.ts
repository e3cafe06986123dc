/** What every adapter of the Registry port must do. Another adapter joins the list at the top. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { EntityName } from '../domain/mod.ts';
import { isRefusal, refuse, type Clock, type Refusal } from '../kernel/mod.ts';
import { openSqliteRegistry, type Inserted, type PathStep, type RegistrationJudge, type Registry } from './mod.ts';

interface Adapter {
  readonly name: string;
  /** Opens the same data again when the name of the place is the same. */
  open(place: string, clock: Clock, judge: RegistrationJudge): Promise<Registry>;
}

const adapters: readonly Adapter[] = [
  { name: 'sqlite', open: (place, clock, judge) => openSqliteRegistry({ path: place, clock, judge }) },
];

const start = Date.parse('2026-03-01T12:00:00Z');
const everything = { top: 100, skip: 0, count: true };
const point = { type: 'Point', coordinates: [116.4, 39.9] };
const measurement = 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement';

const thing = (name = 'Aotizhongxin') => ({ name, description: 'an air quality station' });
const location = (name = 'roof', encodingType = 'application/geo+json') => ({
  name,
  description: 'where it stands',
  encodingType,
  location: point,
});
const sensor = { name: 'TEOM', description: 'a balance', encodingType: 'text/html', metadata: 'https://example.org' };
const property = (name = 'PM2.5') => ({ name, definition: `https://example.org/${name}`, description: 'fine dust' });
const datastream = (name = 'dust') => ({
  name,
  description: 'hourly',
  unitOfMeasurement: { name: 'microgram per cubic metre', symbol: 'ug/m3', definition: 'ucum:ug/m3' },
  observationType: measurement,
});
const station = () => ({
  ...thing(),
  Locations: [location()],
  Datastreams: [{ ...datastream(), Sensor: sensor, ObservedProperty: property() }],
});

function at(entity: EntityName, relation: string, id: number): PathStep[] {
  return [{ entity, relation, id }];
}

function accepted<T>(outcome: T | Refusal): T {
  if (isRefusal(outcome)) assert.fail(`refused: ${outcome.code}: ${outcome.detail} ${outcome.field ?? ''}`);
  return outcome;
}

function refused(outcome: unknown, code: string, field?: string): Refusal {
  assert.ok(isRefusal(outcome), `accepted: ${JSON.stringify(outcome)}`);
  assert.equal(outcome.code, code, outcome.detail);
  if (field !== undefined) assert.equal(outcome.field, field);
  return outcome;
}

for (const adapter of adapters) {
  describe(`a registry on ${adapter.name}`, () => {
    let folder = '';
    let places = 0;
    let place = '';
    let now = start;
    let judge: RegistrationJudge = () => undefined;
    let registry: Registry;
    const clock: Clock = { now: () => now, monotonic: () => now };
    const open = () => adapter.open(place, clock, (entity, body) => judge(entity, body));

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'belfry-registry-'));
    });
    after(async () => {
      await registry.close();
      rmSync(folder, { recursive: true });
    });
    beforeEach(async () => {
      if (places > 0) await registry.close();
      places += 1;
      place = join(folder, `registry-${places}.db`);
      now = start;
      judge = () => undefined;
      registry = await open();
    });

    const create = async (entity: EntityName, body: unknown, parent: readonly PathStep[] = []) =>
      accepted(await registry.create(entity, body, parent));
    const ids = async (entity: EntityName, parent: readonly PathStep[] = []) =>
      (await registry.list(entity, parent, everything)).entities.map((found) => found['@iot.id']);

    test('gives an entity back as it came, with its id first and absent properties absent', async () => {
      const id = await create('Thing', { ...thing(), properties: { owner: { name: 'town' } } });
      assert.deepEqual(await registry.get('Thing', id), {
        '@iot.id': id,
        ...thing(),
        properties: { owner: { name: 'town' } },
      });
      const bare = await create('Thing', thing('bare'));
      assert.deepEqual(Object.keys((await registry.get('Thing', bare)) ?? {}), ['@iot.id', 'name', 'description']);
      assert.equal(await registry.get('Thing', 99), undefined);
    });

    test('inserts what stands inside of a body at any depth', async () => {
      const id = await create('Thing', station());
      const [stream] = await ids('Datastream', at('Thing', 'Things', id));
      assert.ok(stream !== undefined);
      const path: PathStep[] = [
        { entity: 'Datastream', relation: 'Datastreams', id: stream },
        { entity: 'ObservedProperty', relation: 'ObservedProperty' },
      ];
      const observed = await registry.resolve(path);
      assert.ok(observed !== undefined);
      assert.equal((await registry.get('ObservedProperty', observed))?.['name'], 'PM2.5');
      assert.deepEqual(await ids('Location', at('Thing', 'Things', id)), [1]);
      assert.deepEqual(await ids('Datastream', at('Sensor', 'Sensors', 1)), [stream]);
    });

    test('mixes links to what exists with new entities', async () => {
      const observed = await create('ObservedProperty', property());
      const first = await create('Thing', station());
      const stream = await create('Datastream', {
        ...datastream('second'),
        Thing: { '@iot.id': first },
        Sensor: sensor,
        ObservedProperty: { '@iot.id': observed },
      });
      assert.deepEqual(await ids('Datastream', at('Thing', 'Things', first)), [1, stream]);
      assert.deepEqual(await ids('Sensor'), [1, 2]);
      assert.equal(registry.datastream(stream)?.observedPropertyId, observed);
    });

    test('keeps nothing of a body of which one part is wrong', async () => {
      const { unitOfMeasurement: _, ...wrong } = datastream();
      const outcome = await registry.create(
        'Thing',
        { ...station(), Datastreams: [{ ...wrong, Sensor: sensor, ObservedProperty: property() }] },
        [],
      );
      refused(outcome, 'missing-field', '/Datastreams/0/unitOfMeasurement');
      const link = await registry.create(
        'Thing',
        { ...station(), Datastreams: [{ ...datastream(), Sensor: { '@iot.id': 9 }, ObservedProperty: property() }] },
        [],
      );
      refused(link, 'bad-body', '/Datastreams/0/Sensor/@iot.id');
      for (const entity of ['Thing', 'Location', 'ObservedProperty', 'Datastream'] as const) {
        assert.deepEqual(await ids(entity), []);
      }
      assert.equal(registry.revision, 0);
    });

    test('names the fields that exist when one does not, and takes annotations', async () => {
      const outcome = refused(
        await registry.create('Thing', { ...thing(), colour: 'red' }, []),
        'unknown-field',
        '/colour',
      );
      assert.match(outcome.detail, /name, description, properties, Locations/);
      const back = { '@iot.id': 77, '@iot.selfLink': 'x', 'Locations@iot.navigationLink': 'y', ...thing() };
      assert.equal(await create('Thing', back), 1);
    });

    test('refuses what is mandatory and absent, null or of another kind', async () => {
      refused(await registry.create('Thing', { name: 'x' }, []), 'missing-field', '/description');
      refused(await registry.create('Thing', { name: null, description: '' }, []), 'missing-field', '/name');
      refused(await registry.create('Thing', { name: 1, description: '' }, []), 'bad-body', '/name');
      refused(await registry.create('Thing', [], []), 'bad-body');
      refused(await registry.create('Thing', { ...thing(), properties: [] }, []), 'bad-body', '/properties');
      refused(await registry.create('Datastream', datastream(), []), 'missing-field', '/Thing');
      const history = { time: 'yesterday', Thing: thing(), Locations: [location()] };
      refused(await registry.create('HistoricalLocation', history, []), 'bad-time', '/time');
      refused(
        await registry.create('HistoricalLocation', { time: '2026-01-01T00:00:00Z', Thing: thing() }, []),
        'missing-field',
        '/Locations',
      );
    });

    test('takes the parent of the address, also when the body says the same, and refuses another', async () => {
      const one = await create('Thing', thing('one'));
      const two = await create('Thing', thing('two'));
      const body = { ...datastream(), Sensor: sensor, ObservedProperty: property() };
      const parent = at('Thing', 'Things', one);
      await create('Datastream', body, parent);
      await create('Datastream', { ...body, Thing: { '@iot.id': one } }, parent);
      refused(
        await registry.create('Datastream', { ...body, Thing: { '@iot.id': two } }, parent),
        'conflict',
        '/Thing',
      );
      refused(await registry.create('Datastream', { ...body, Thing: thing() }, parent), 'conflict', '/Thing');
      assert.deepEqual(await ids('Datastream', parent), [1, 2]);
      refused(await registry.create('Datastream', body, at('Thing', 'Things', 9)), 'unknown-entity');
    });

    test('refuses bodies that nest too deep or hold too much', async () => {
      let deep: unknown = 1;
      for (let level = 0; level < 100; level += 1) deep = { deep };
      refused(await registry.create('Thing', { ...thing(), properties: { deep } }, []), 'too-large', '/properties');
      const many = { ...thing(), Locations: Array.from({ length: 20_001 }, () => ({ '@iot.id': 1 })) };
      refused(await registry.create('Thing', many, []), 'too-large');
    });

    test('lists in pages, in order of id, with a count where it is asked for', async () => {
      for (let index = 1; index <= 5; index += 1) await create('Thing', thing(`thing ${index}`));
      const first = await registry.list('Thing', [], { top: 2, skip: 0, count: true });
      assert.deepEqual(
        first.entities.map((found) => found['name']),
        ['thing 1', 'thing 2'],
      );
      assert.equal(first.count, 5);
      assert.equal(first.more, true);
      const last = await registry.list('Thing', [], { top: 2, skip: 4, count: false });
      assert.deepEqual(
        last.entities.map((found) => found['@iot.id']),
        [5],
      );
      assert.equal(last.more, false);
      assert.equal('count' in last, false);
      const down = await registry.list('Thing', [], { top: 1, skip: 0, count: false, descending: true });
      assert.equal(down.entities[0]?.['@iot.id'], 5);
    });

    test('follows a path only where each step belongs to the one before', async () => {
      await create('Thing', station());
      const other = await create('Thing', thing('other'));
      const path = (id: number): PathStep[] => [
        { entity: 'Thing', relation: 'Things', id },
        { entity: 'Datastream', relation: 'Datastreams', id: 1 },
        { entity: 'Thing', relation: 'Thing' },
        { entity: 'Location', relation: 'Locations', id: 1 },
      ];
      assert.equal(await registry.resolve(path(1)), 1);
      assert.equal(await registry.resolve(path(other)), undefined);
      assert.equal(await registry.resolve(at('Thing', 'Things', 9)), undefined);
      assert.deepEqual(await ids('Thing', at('Location', 'Locations', 1)), [1]);
    });

    test('remembers where a Thing was each time that its Locations change (18-088, 8.2.3)', async () => {
      const id = await create('Thing', station());
      const parent = at('Thing', 'Things', id);
      now += 60_000;
      await create('Location', location('cellar'), parent);
      now += 60_000;
      accepted(await registry.update('Thing', id, { Locations: [{ '@iot.id': 1 }] }));
      assert.deepEqual(await ids('Location', parent), [1]);
      const history = await registry.list('HistoricalLocation', parent, everything);
      assert.deepEqual(
        history.entities.map((found) => found['time']),
        ['2026-03-01T12:00:00.000Z', '2026-03-01T12:01:00.000Z', '2026-03-01T12:02:00.000Z'],
      );
      assert.deepEqual(await ids('Location', at('HistoricalLocation', 'HistoricalLocations', 2)), [2]);
      now += 60_000;
      await create('Location', { ...location('tower'), Things: [{ '@iot.id': id }] });
      assert.deepEqual(await ids('Location', parent), [3]);
    });

    test('moves a Thing by a HistoricalLocation only if none of its others is later', async () => {
      const id = await create('Thing', station());
      const history = (time: string) => ({ time, Thing: { '@iot.id': id }, Locations: [location(time)] });
      await create('HistoricalLocation', history('2020-01-01T00:00:00Z'));
      assert.deepEqual(await ids('Location', at('Thing', 'Things', id)), [1]);
      await create('HistoricalLocation', history('2026-03-02T00:00:00Z'));
      assert.deepEqual(await ids('Location', at('Thing', 'Things', id)), [3]);
      assert.equal((await ids('HistoricalLocation')).length, 3);
    });

    test('generates one FeatureOfInterest for a place and another when the Thing has moved', async () => {
      const id = await create('Thing', station());
      assert.equal(registry.datastream(1)?.featureOfInterestId, 0);
      const first = accepted(await registry.generateFeatureOfInterest(1));
      assert.equal(accepted(await registry.generateFeatureOfInterest(1)), first);
      assert.equal(registry.datastream(1)?.featureOfInterestId, first);
      assert.ok(registry.hasFeatureOfInterest(first));
      const { location: feature, ...same } = location();
      assert.deepEqual(await registry.get('FeatureOfInterest', first), { '@iot.id': first, ...same, feature });

      await create('Location', location('tower'), at('Thing', 'Things', id));
      assert.equal(registry.datastream(1)?.featureOfInterestId, 0);
      const second = accepted(await registry.generateFeatureOfInterest(1));
      assert.notEqual(second, first);
      await registry.remove('FeatureOfInterest', second);
      assert.equal(registry.datastream(1)?.featureOfInterestId, 0);
      const third = accepted(await registry.generateFeatureOfInterest(1));
      assert.notEqual(third, second, 'ids are never used again');
      accepted(await registry.update('Thing', id, { Locations: [{ '@iot.id': 1 }] }));
      assert.equal(registry.datastream(1)?.featureOfInterestId, first);
    });

    test('generates no FeatureOfInterest without a Location in GeoJSON', async () => {
      await create('Thing', { ...station(), Locations: [] });
      refused(await registry.generateFeatureOfInterest(1), 'no-location');
      await create('Location', location('text', 'text'), at('Thing', 'Things', 1));
      refused(await registry.generateFeatureOfInterest(1), 'no-location');
      refused(await registry.generateFeatureOfInterest(9), 'unknown-datastream');
      await create('Location', location('old', 'application/vnd.geo+json'), at('Thing', 'Things', 1));
      accepted(await registry.generateFeatureOfInterest(1));
    });

    test('holds the facts of Datastreams right through every change', async () => {
      const id = await create('Thing', station());
      assert.deepEqual(registry.datastream(1), {
        id: 1,
        name: 'dust',
        thingId: id,
        thingName: 'Aotizhongxin',
        observedPropertyId: 1,
        observedPropertyName: 'PM2.5',
        observedPropertyDefinition: 'https://example.org/PM2.5',
        unitName: 'microgram per cubic metre',
        unitSymbol: 'ug/m3',
        resultType: 'number',
        featureOfInterestId: 0,
      });
      accepted(await registry.update('Thing', id, { name: 'renamed' }));
      accepted(await registry.update('ObservedProperty', 1, { name: 'PM10' }));
      const truth = measurement.replace('Measurement', 'TruthObservation');
      accepted(await registry.update('Datastream', 1, { observationType: truth, unitOfMeasurement: { name: 'none' } }));
      const facts = registry.datastream(1);
      assert.equal(facts?.thingName, 'renamed');
      assert.equal(facts.observedPropertyName, 'PM10');
      assert.equal(facts.resultType, 'boolean');
      assert.equal(facts.unitSymbol, '');
      const other = await create('Thing', thing('other'));
      accepted(await registry.update('Datastream', 1, { Thing: { '@iot.id': other } }));
      assert.equal(registry.datastream(1)?.thingId, other);
      accepted(await registry.update('Thing', id, { Datastreams: [{ '@iot.id': 1 }] }));
      assert.equal(registry.datastream(1)?.thingId, id);
      await registry.remove('Thing', id);
      assert.equal(registry.datastream(1), undefined);
      assert.deepEqual([...registry.datastreams()], []);
    });

    test('tells of each change once, and of no refusal', async () => {
      let heard = 0;
      const stop = registry.onChange(() => {
        heard += 1;
      });
      await create('Thing', station());
      refused(await registry.create('Thing', {}, []), 'missing-field');
      await registry.update('Thing', 1, { name: 'x' });
      await registry.remove('Thing', 1);
      assert.equal(heard, 3);
      assert.equal(registry.revision, 3);
      stop();
      await create('Thing', thing());
      assert.equal(heard, 3);
    });

    test('merges at the top level with PATCH and replaces with PUT', async () => {
      const id = await create('Thing', { ...thing(), properties: { a: 1, b: 2 } });
      accepted(await registry.update('Thing', id, { properties: { c: 3 }, '@iot.id': 5 }));
      assert.deepEqual(await registry.get('Thing', id), { '@iot.id': id, ...thing(), properties: { c: 3 } });
      refused(await registry.update('Thing', id, { name: 'x' }, 'replace'), 'missing-field', '/description');
      accepted(await registry.update('Thing', id, { name: 'x', description: 'y' }, 'replace'));
      assert.deepEqual(await registry.get('Thing', id), { '@iot.id': id, name: 'x', description: 'y' });
      accepted(await registry.update('Thing', id, {}));
      refused(await registry.update('Thing', id, { name: null }), 'missing-field', '/name');
      refused(await registry.update('Thing', 9, {}), 'unknown-entity');
      refused(await registry.update('Thing', id, { Locations: [location()] }), 'bad-body', '/Locations/0');
      refused(await registry.update('Thing', id, { Locations: [{ '@iot.id': 9 }] }), 'bad-body');
    });

    test('deletes with cascade and orders the Observations away in the same change (18-088, table 25)', async () => {
      const id = await create('Thing', station());
      await create('Datastream', {
        ...datastream(),
        Thing: { '@iot.id': id },
        Sensor: sensor,
        ObservedProperty: property(),
      });
      assert.equal(await registry.remove('Sensor', 2), true);
      assert.deepEqual(await ids('Datastream'), [1]);
      assert.equal(await registry.remove('Thing', id), true);
      assert.equal(await registry.remove('Thing', id), false);
      assert.deepEqual(await ids('Datastream'), []);
      assert.deepEqual(await ids('HistoricalLocation'), []);
      assert.deepEqual(await ids('Location'), [1]);
      assert.deepEqual(await ids('Sensor'), [1]);
      const { location: shape, ...rest } = location();
      await registry.remove('FeatureOfInterest', await create('FeatureOfInterest', { ...rest, feature: shape }));
      const pending = await registry.pendingRemovals();
      assert.deepEqual(
        pending.map(({ removal }) => removal),
        [
          { datastreamIds: [2], featureOfInterestIds: [] },
          { datastreamIds: [1], featureOfInterestIds: [] },
          { datastreamIds: [], featureOfInterestIds: [1] },
        ],
      );
      for (const { key } of pending) await registry.removalDone(key);
      assert.deepEqual(await registry.pendingRemovals(), []);
    });

    test('takes the HistoricalLocations of a Location along when it goes', async () => {
      await create('Thing', station());
      await create('Location', location('tower'), at('Thing', 'Things', 1));
      await registry.remove('Location', 1);
      assert.deepEqual(await ids('HistoricalLocation'), [2]);
      assert.deepEqual(await ids('Thing'), [1]);
    });

    test('never uses an id again', async () => {
      const id = await create('Thing', thing());
      await registry.remove('Thing', id);
      assert.ok((await create('Thing', thing())) > id);
    });

    test('hands Observations of a deep insert back and takes the whole insert back when asked', async () => {
      const body = station();
      const [stream] = body.Datastreams;
      const Observations = [{ result: 1 }, { result: 2 }];
      const whole = { ...body, Datastreams: [{ ...stream, Observations }] };
      refused(await registry.create('Thing', whole, []), 'bad-body', '/Datastreams/0/Observations/0');
      assert.deepEqual(await ids('Thing'), []);
      const inserted: Inserted = accepted(await registry.insert('Thing', whole, []));
      assert.deepEqual(
        inserted.observations.map((placed) => [placed.pointer, placed.body, placed.parent.entity]),
        [
          ['/Datastreams/0/Observations/0', { result: 1 }, 'Datastream'],
          ['/Datastreams/0/Observations/1', { result: 2 }, 'Datastream'],
        ],
      );
      await registry.undo(inserted);
      for (const entity of ['Thing', 'Location', 'Sensor', 'ObservedProperty', 'Datastream'] as const) {
        assert.deepEqual(await ids(entity), []);
      }
      assert.equal([...registry.datastreams()].length, 0);
    });

    test('refuses Observations in a body that moves what was there before, since that could not be undone', async () => {
      await create('Thing', station());
      const body = {
        ...thing('taker'),
        Datastreams: [
          { '@iot.id': 1 },
          { ...datastream(), Sensor: sensor, ObservedProperty: property(), Observations: [{ result: 1 }] },
        ],
      };
      refused(await registry.insert('Thing', body, []), 'bad-body', '/Datastreams/1/Observations/0');
      assert.equal(registry.datastream(1)?.thingId, 1);
    });

    test('asks the judge about what is registered, wherever in a body it stands, and about the result of an update', async () => {
      judge = (_, body) =>
        typeof body['name'] === 'string' && body['name'].includes('face')
          ? refuse('watches-people', 'faces', '/name')
          : undefined;
      refused(await registry.create('Thing', thing('face reader'), []), 'watches-people', '/name');
      const inside = {
        ...station(),
        Datastreams: [{ ...datastream(), Sensor: sensor, ObservedProperty: property('face') }],
      };
      refused(await registry.create('Thing', inside, []), 'watches-people', '/Datastreams/0/ObservedProperty/name');
      assert.deepEqual(await ids('Thing'), []);
      const id = await create('Thing', thing());
      refused(await registry.update('Thing', id, { name: 'face' }), 'watches-people');
      assert.equal((await registry.get('Thing', id))?.['name'], 'Aotizhongxin');
    });

    test('has everything again after it was opened anew', async () => {
      await create('Thing', station());
      const feature = accepted(await registry.generateFeatureOfInterest(1));
      await create('Thing', {
        ...thing('gone'),
        Datastreams: [{ ...datastream(), Sensor: { '@iot.id': 1 }, ObservedProperty: property() }],
      });
      await registry.remove('Thing', 2);
      const facts = registry.datastream(1);
      // A second registry on the same data sees what the first has promised, without the first having closed.
      const again = await open();
      assert.deepEqual(again.datastream(1), facts);
      assert.equal(facts?.featureOfInterestId, feature);
      assert.deepEqual([...again.datastreams()].length, 1);
      assert.deepEqual((await again.pendingRemovals()).length, 1);
      assert.deepEqual(await again.get('Thing', 1), await registry.get('Thing', 1));
      await again.close();
    });
  });
}
