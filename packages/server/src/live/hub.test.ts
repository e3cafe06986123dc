import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { LiveObservations } from '@belfry/contract';
import { MemoryLog } from '../../testkit/memory-log.ts';
import { appendReading } from '../../testkit/observations.ts';
import { resultKinds, type Observation } from '../domain/mod.ts';
import { openLive, type Live, type LiveOptions } from './hub.ts';

void test('a round gives the newest reading of each Datastream and counts those behind it', async (t) => {
  const { log, live } = open(t);
  const events = collect(live);
  for (let index = 1; index <= 5; index += 1) appendReading(log, 1, index * 1_000, index);
  appendReading(log, 1, 2_500, 99);
  appendReading(log, 2, 0, 0, { resultKind: resultKinds.string, resultText: 'open' });
  appendReading(log, 3, 0, 1, { resultKind: resultKinds.boolean });
  appendReading(log, 4, 0, 0, { deleted: true });
  appendReading(log, 5, 0, 0, { version: 7 });
  log.sync();
  await until(() => events.length > 0);
  assert.deepEqual(events, [
    {
      value: [
        { datastreamId: 1, observationId: 5, time: 5_000, value: 5 },
        { datastreamId: 2, observationId: 7, time: 0, value: null, text: 'open' },
        { datastreamId: 3, observationId: 8, time: 0, value: 1, text: 'true' },
      ],
      dropped: 5,
    },
  ]);
});

void test('a subscriber gets the Datastreams that it chose, at most as many as an event may hold', async (t) => {
  const { log, live } = open(t, { datastreamsMax: 2 });
  const events: LiveObservations[] = [];
  live.subscribe({ datastreams: (id) => id % 2 === 0, onObservations: (event) => events.push(event) });
  for (let id = 1; id <= 8; id += 1) appendReading(log, id, 0, id);
  log.sync();
  await until(() => events.length > 0);
  assert.deepEqual(
    events.map(({ value, dropped }) => [value.map(({ datastreamId }) => datastreamId), dropped]),
    [[[2, 4], 2]],
  );
});

void test('a tap gets every Observation from its beginning on, in order, corrections among them', async (t) => {
  const { log, live } = open(t);
  appendReading(log, 1, 0, 0);
  log.sync();
  const all: Observation[] = [];
  const one: Observation[] = [];
  live.tap('all', (observation) => all.push(observation));
  const end = live.tap(2, (observation) => one.push(observation));
  for (let index = 0; index < 300; index += 1) {
    appendReading(log, 1 + (index % 3), index, index);
    if (index % 7 === 0) log.sync();
  }
  appendReading(log, 2, 1, 1, { version: 400 });
  appendReading(log, 2, 1, 1, { deleted: true });
  log.sync();
  await until(() => all.length >= 301);
  assert.deepEqual(
    all.map(({ id }) => id),
    Array.from({ length: 301 }, (_, index) => index + 2),
  );
  assert.equal(one.length, 101);
  end();
  appendReading(log, 2, 2, 2);
  log.sync();
  await until(() => all.length === 302);
  assert.equal(one.length, 101);
});

void test('what comes while nobody listens is not read, and a new listener begins at the end', async (t) => {
  const { log, live } = open(t);
  const first: Observation[] = [];
  const end = live.tap('all', (observation) => first.push(observation));
  appendReading(log, 1, 0, 0);
  log.sync();
  await until(() => first.length === 1);
  end();
  assert.equal(live.subscribers, 0);
  appendReading(log, 1, 1, 1);
  log.sync();
  const second: Observation[] = [];
  live.tap(1, (observation) => second.push(observation));
  appendReading(log, 1, 2, 2);
  log.sync();
  await until(() => second.length === 1);
  assert.deepEqual([first.length, second[0]?.id], [1, 3]);
  assert.equal(live.skipped, 0);
});

void test('too far behind, it skips to the end and says how many records it left out', async (t) => {
  const { log, live } = open(t, { lagMax: 10 });
  const events = collect(live);
  const tapped: Observation[] = [];
  live.tap('all', (observation) => tapped.push(observation));
  // All of it is durable before the reader takes its first turn.
  for (let index = 0; index < 50; index += 1) appendReading(log, 1, index, index);
  log.sync();
  await until(() => live.skipped > 0 && events.length > 0);
  assert.equal(live.skipped + tapped.length, 50);
  assert.equal(events.at(0)?.dropped, live.skipped);
  appendReading(log, 1, 60, 60);
  log.sync();
  await until(() => tapped.at(-1)?.resultNumber === 60);
});

function open(t: TestContext, options: Partial<LiveOptions> = {}): { readonly log: MemoryLog; readonly live: Live } {
  const log = new MemoryLog();
  // The test says when something is durable, so that what belongs together comes together.
  log.hold();
  const live = openLive({ log, roundMillis: 20, ...options });
  t.after(() => live.close());
  return { log, live };
}

function collect(live: Live): LiveObservations[] {
  const events: LiveObservations[] = [];
  live.subscribe({ onObservations: (event) => events.push(event) });
  return events;
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    assert.ok(tries < 2_000, 'it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
