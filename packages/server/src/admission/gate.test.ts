import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { MemoryLog } from '../../testkit/memory-log.ts';
import { recordKinds, RowCursor, type Observation } from '../domain/mod.ts';
import { isRefusal, systemClock } from '../kernel/mod.ts';
import { openSqliteRegistry, type Registry } from '../registry/mod.ts';
import type { Outcome, Source } from './admission.ts';
import { Gate } from './gate.ts';

const source: Source = { protocol: 'mqtt', name: 'gauge-1', mayWrite: true };

describe('the gate', () => {
  let log: MemoryLog;
  let registry: Registry;
  let gate: Gate;

  beforeEach(async () => {
    log = new MemoryLog();
    registry = await openSqliteRegistry({ path: ':memory:', clock: systemClock, judge: () => undefined });
    gate = new Gate({
      log,
      registry,
      clock: systemClock,
      futureMillisMax: 60_000,
      strictTypes: true,
      consumerLagMax: 100,
    });
    gate.open();
  });

  async function register(location: object | undefined): Promise<number> {
    const id = await registry.create('Datastream', { ...datastream, Thing: { ...thing, ...location } }, []);
    assert.ok(typeof id === 'number', JSON.stringify(id));
    return id;
  }

  async function accepted(outcome: Outcome | Promise<Outcome>): Promise<number> {
    const settled = await outcome;
    assert.ok(typeof settled === 'number', JSON.stringify(settled));
    return settled;
  }

  async function codeOf(outcome: Outcome | Promise<Outcome>): Promise<string> {
    const settled = await outcome;
    assert.ok(isRefusal(settled));
    return settled.code;
  }

  async function rows(): Promise<Observation[]> {
    await log.whenDurable(log.nextSequence);
    const found: Observation[] = [];
    for (const frame of log.frames) {
      if (frame.kind !== recordKinds.observations) continue;
      const cursor = new RowCursor(frame.payload);
      while (cursor.advance()) found.push(cursor.observation());
    }
    return found;
  }

  it('gives an Observation its sequence as id and the feature of its Thing, made once', async () => {
    const id = await register(place);
    const first = gate.submit(source, id, { result: 1 });
    assert.ok(first instanceof Promise, 'the first has to make the feature');
    const firstSequence = await accepted(first);
    const second = gate.submit(source, id, { result: 2 });
    assert.equal(typeof second, 'number', 'the second finds it in memory');
    const [one, two] = await rows();
    assert.equal(one?.id, firstSequence);
    assert.equal(two?.id, second);
    assert.equal(one?.featureOfInterestId, two?.featureOfInterestId);
    assert.ok(registry.hasFeatureOfInterest(one?.featureOfInterestId ?? 0));
    assert.deepEqual(gate.record.accepted, { mqtt: 2, http: 0 });
  });

  it('takes the feature that a message names and refuses one that is not there', async () => {
    const id = await register(place);
    const feature = await registry.create('FeatureOfInterest', featureBody, []);
    await accepted(gate.submit(source, id, { result: 1, FeatureOfInterest: { '@iot.id': feature } }));
    assert.equal((await rows())[0]?.featureOfInterestId, feature);
    const outcome = gate.submit(source, id, { result: 1, FeatureOfInterest: { '@iot.id': 999 } });
    assert.equal(await codeOf(outcome), 'unknown-feature');
  });

  it('refuses a reading of a Thing without a place, and says what to do', async () => {
    const id = await register(undefined);
    assert.equal(await codeOf(gate.submit(source, id, { result: 1 })), 'no-location');
  });

  it('keeps each refusal with its Thing, and counts it by code', async () => {
    const id = await register(place);
    const thingId = registry.datastream(id)?.thingId;
    assert.equal(await codeOf(gate.submit(source, 4711, { result: 1 })), 'unknown-datastream');
    assert.equal(await codeOf(gate.submit(source, id, { result: 'high' })), 'wrong-type');
    assert.equal(await codeOf(gate.submitNamed(source, { result: 1 })), 'missing-field');
    assert.equal(
      await codeOf(gate.submitNamed(source, { result: 1, Datastream: { '@iot.id': 'x' } })),
      'unknown-datastream',
    );
    assert.equal(gate.record.refusals().length, 4);
    assert.deepEqual(
      gate.record.refusals(thingId).map((record) => record.code),
      ['wrong-type'],
    );
    assert.deepEqual(gate.record.refusedByCode, { 'unknown-datastream': 2, 'wrong-type': 1, 'missing-field': 1 });
    assert.deepEqual(await rows(), []);
  });

  it('lets nobody write who may not', async () => {
    const id = await register(place);
    assert.equal(await codeOf(gate.submit({ ...source, mayWrite: false }, id, { result: 1 })), 'not-allowed');
  });

  it('says busy, and loses nothing, when the log takes nothing now', async () => {
    const id = await register(place);
    await accepted(gate.submit(source, id, { result: 1 }));
    log.refuseNext(1);
    assert.equal(await codeOf(gate.submit(source, id, { result: 2 })), 'busy');
    await accepted(gate.submit(source, id, { result: 2 }));
    assert.equal((await rows()).length, 2);
  });

  it('presses listeners while a consumer is too far behind, and releases them when it has caught up', async () => {
    const id = await register(place);
    const keep = log.keep('slow', 1);
    const changes: boolean[] = [];
    gate.onPressure((pressed) => changes.push(pressed));
    await accepted(gate.submit(source, id, { result: 0 }));
    for (let count = 0; count < 150; count += 1) await accepted(gate.submit(source, id, { result: count }));
    await log.whenDurable(log.nextSequence);
    assert.equal(gate.pressed, true);
    keep(log.durableSequence - 40);
    await accepted(gate.submit(source, id, { result: 1 }));
    await log.whenDurable(log.nextSequence);
    assert.equal(gate.pressed, false);
    assert.deepEqual(changes, [true, false]);
  });

  it('writes a correction as a new version, and the old time as a tombstone when the time changes', async () => {
    const id = await register(place);
    const sequence = await accepted(
      gate.submit(source, id, { result: 1, phenomenonTime: '2026-01-01T00:00:00Z', parameters: { a: 1 } }),
    );
    const [stored] = await rows();
    assert.ok(stored !== undefined);
    await accepted(gate.correct(source, stored, { result: 2 }));
    await accepted(gate.correct(source, stored, { phenomenonTime: '2026-01-02T00:00:00Z' }));
    await accepted(gate.withdraw(source, stored));
    const versions = (await rows()).slice(1);
    assert.ok(versions.every((row) => row.id === sequence && row.version > sequence));
    assert.deepEqual(
      versions.map((row) => [
        row.resultNumber,
        row.parameters,
        new Date(row.phenomenonStart).getUTCDate(),
        row.deleted,
      ]),
      [
        [2, '{"a":1}', 1, false],
        [1, '{"a":1}', 1, true],
        [1, '{"a":1}', 2, false],
        [1, '{"a":1}', 1, true],
      ],
    );
    assert.equal(await codeOf(gate.correct(source, stored, { result: 'x' })), 'wrong-type');
  });

  it('takes back the Datastream of a deep insert whose Observation it refuses', async () => {
    const body = { result: 'high', Datastream: { ...datastream, Thing: { ...thing, ...place } } };
    const administrator: Source = { ...source, mayAdminister: true };
    assert.equal(await codeOf(gate.submitNamed(source, body)), 'not-allowed');
    assert.equal(await codeOf(gate.submitNamed(administrator, body)), 'wrong-type');
    assert.deepEqual([...registry.datastreams()], []);
    await accepted(gate.submitNamed(administrator, { ...body, result: 1 }));
    assert.equal([...registry.datastreams()].length, 1);
  });
});

const thing = { name: 'Mill bridge', description: 'A gauge station' } as const;
const place = {
  Locations: [
    {
      name: 'Mill bridge',
      description: 'At the bridge',
      encodingType: 'application/geo+json',
      location: { type: 'Point', coordinates: [8.5, 50.1] },
    },
  ],
} as const;
const featureBody = {
  name: 'The river',
  description: 'Below the bridge',
  encodingType: 'application/geo+json',
  feature: { type: 'Point', coordinates: [8.5, 50.1] },
} as const;
const datastream = {
  name: 'Water level',
  description: 'Level at the gauge',
  observationType: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement',
  unitOfMeasurement: { name: 'centimetre', symbol: 'cm', definition: 'ucum:cm' },
  Sensor: { name: 'Float', description: 'A float', encodingType: 'text/html', metadata: 'none' },
  ObservedProperty: {
    name: 'Water level',
    definition: 'https://example.org/level',
    description: 'Height of the water',
  },
} as const;
