import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import pino from 'pino';
import { MemoryLog } from '../../../testkit/memory-log.ts';
import { recordKinds, resultKinds, rowBytesBound, writeRow, type Observation } from '../../domain/mod.ts';
import type { ObservationStore } from '../observation-store.ts';
import { openChdbStore } from './chdb-store.ts';

const epoch = Date.UTC(2026, 0, 1);

describe('the chDB store', () => {
  let directory: string;
  let log: MemoryLog;
  let store: ObservationStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'belfry-store-'));
    log = new MemoryLog();
    store = await open();
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(): Promise<ObservationStore> {
    return await openChdbStore({ directory, log, flushMillis: 50, logger: pino({ level: 'silent' }) });
  }

  function append(part: Partial<Observation>): number {
    const observation: Observation = { ...plain, id: log.nextSequence, ...part };
    const row = Buffer.alloc(rowBytesBound(observation));
    return log.append(recordKinds.observations, row, 0, writeRow(row, 0, observation));
  }

  async function durable(): Promise<void> {
    await log.whenDurable(log.nextSequence);
  }

  it('gives back every property of an Observation as it was admitted', async () => {
    const full: Partial<Observation> = {
      phenomenonEnd: epoch + 60_000,
      resultKind: resultKinds.json,
      resultText: '{"a":[1,"ü"]}',
      resultNumber: 0,
      resultTime: epoch + 5,
      validStart: epoch,
      validEnd: epoch + 1,
      resultQuality: '"good"',
      parameters: '{"depth":3}',
    };
    const id = append(full);
    await durable();
    assert.deepEqual(await store.observation(id), { ...plain, ...full, id });
  });

  it('answers on what was durable when it was asked', async () => {
    for (let index = 0; index < 100; index += 1) {
      append({ phenomenonStart: epoch + index, phenomenonEnd: epoch + index, resultNumber: index });
      await durable();
      assert.equal(await store.count({ datastreamIds: [1] }), index + 1);
    }
  });

  it('pages by time and id in both directions', async () => {
    for (let index = 0; index < 10; index += 1) {
      const start = epoch + (index % 5) * 1000;
      append({ phenomenonStart: start, phenomenonEnd: start, resultNumber: index });
    }
    await durable();
    const query = { datastreamIds: [1], orderBy: 'phenomenonTime', top: 4, skip: 2 } as const;
    const ascending = await store.observations({ ...query, descending: false });
    const descending = await store.observations({ ...query, descending: true });
    assert.deepEqual(
      ascending.map((observation) => observation.id),
      [2, 7, 3, 8],
    );
    assert.deepEqual(
      descending.map((observation) => observation.id),
      [9, 4, 8, 3],
    );
  });

  it('stores nothing twice when it stopped between an insert and its kept position', async () => {
    for (let index = 0; index < 50; index += 1)
      append({ phenomenonStart: epoch + index, phenomenonEnd: epoch + index });
    await durable();
    await store.caughtUp(log.durableSequence);
    await store.close();
    // What a crash leaves: the rows are in the table, the position says that the last 30 are not.
    await writeFile(join(directory, 'position'), '21\n');
    append({ phenomenonStart: epoch + 99, phenomenonEnd: epoch + 99 });
    await durable();
    store = await open();
    assert.equal(await store.count({}), 51);
  });

  it('shows the newest value by phenomenonTime, also after a restart and when readings come late', async () => {
    append({ phenomenonStart: epoch + 2000, phenomenonEnd: epoch + 2000, resultNumber: 2 });
    append({ phenomenonStart: epoch + 1000, phenomenonEnd: epoch + 1000, resultNumber: 1 });
    await durable();
    await store.caughtUp(log.durableSequence);
    const newest = { observationId: 1, time: epoch + 2000, value: 2 };
    assert.deepEqual(store.newest(1), newest);
    await store.close();
    store = await open();
    assert.deepEqual(store.newest(1), newest);
    assert.deepEqual(store.extent(1), {
      phenomenonStart: epoch + 1000,
      phenomenonEnd: epoch + 2000,
      resultStart: null,
      resultEnd: null,
    });
  });

  it('applies corrections and tombstones by version', async () => {
    const id = append({ resultNumber: 1 });
    const other = append({ resultNumber: 5, phenomenonStart: epoch + 1, phenomenonEnd: epoch + 1 });
    append({ id, resultNumber: 2, version: log.nextSequence });
    append({
      id: other,
      deleted: true,
      version: log.nextSequence,
      phenomenonStart: epoch + 1,
      phenomenonEnd: epoch + 1,
    });
    await durable();
    assert.equal((await store.observation(id))?.resultNumber, 2);
    assert.equal(await store.observation(other), undefined);
    assert.equal(await store.count({ datastreamIds: [1] }), 1);
    assert.equal(store.newest(1)?.value, 2);
  });

  it('removes what belongs to a deleted Datastream or FeatureOfInterest, and nothing that came later', async () => {
    append({ datastreamId: 1 });
    append({ datastreamId: 2, featureOfInterestId: 7 });
    append({ datastreamId: 3 });
    const line = Buffer.from(`${JSON.stringify({ datastreamIds: [1], featureOfInterestIds: [7] })}\n`);
    log.append(recordKinds.removals, line, 0, line.length);
    append({ datastreamId: 3, phenomenonStart: epoch + 5, phenomenonEnd: epoch + 5 });
    await durable();
    assert.equal(await store.count({ datastreamIds: [1] }), 0);
    assert.equal(await store.count({ datastreamIds: [2] }), 0);
    assert.equal(await store.count({ datastreamIds: [3] }), 2);
    assert.equal(store.newest(1), undefined);
    assert.equal(store.newest(2), undefined);
  });

  it('draws readings together into buckets', async () => {
    for (let index = 0; index < 10; index += 1) {
      append({ phenomenonStart: epoch + index * 1000, phenomenonEnd: epoch + index * 1000, resultNumber: index });
    }
    append({ phenomenonStart: epoch + 500, phenomenonEnd: epoch + 500, resultKind: resultKinds.null });
    await durable();
    assert.deepEqual(await store.series(1, epoch, epoch + 10_000, 5_000), [
      { time: epoch, mean: 2, min: 0, max: 4, count: 5 },
      { time: epoch + 5_000, mean: 7, min: 5, max: 9, count: 5 },
    ]);
  });
});

const plain: Observation = {
  id: 0,
  datastreamId: 1,
  featureOfInterestId: 1,
  phenomenonStart: epoch,
  phenomenonEnd: epoch,
  resultKind: resultKinds.number,
  resultNumber: 1.5,
  resultText: '',
  resultTime: null,
  validStart: null,
  validEnd: null,
  resultQuality: '',
  parameters: '',
  version: 0,
  deleted: false,
};
