import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRegistration } from '../domain/mod.ts';
import { createTownModel, townThresholds, type TownReading } from './town-model.ts';
import { townStations, townThings } from './town-plan.ts';

const hour = 3_600_000;
const midnight = Date.UTC(2026, 10, 24);

function valueOf(readings: readonly TownReading[], station: string, stream: string): number {
  const value = readings.find((reading) => reading.station === station && reading.stream === stream)?.value;
  return typeof value === 'number' ? value : Number.NaN;
}

test('the same seed, start and time give the same readings, and another seed others', () => {
  const at = midnight + 90_000;
  const read = (seed: number): readonly TownReading[] => createTownModel({ seed, startMillis: midnight }).readings(at);
  assert.deepEqual(read(1), read(1));
  assert.notDeepEqual(read(1), read(2));
});

test('whatever the hour and the seed, high water stands at the upper gauge from 30 s to 4 min after the start', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    for (let at = 0; at < 24; at += 3) {
      const start = midnight + at * hour;
      const model = createTownModel({ seed, startMillis: start });
      for (let second = 30; second <= 240; second += 10) {
        const level = valueOf(model.readings(start + second * 1000), 'gauge-1', 'level');
        assert.ok(level >= townThresholds.highWater.raise, `seed ${seed}, ${at} h, ${second} s: ${level} m`);
      }
    }
  }
});

test('whatever the hour and the seed, cold room 2 is too warm at the start and cold again within 5 minutes', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    for (let at = 0; at < 24; at += 3) {
      const start = midnight + at * hour;
      const model = createTownModel({ seed, startMillis: start });
      for (let second = 0; second <= 40; second += 2) {
        const warm = valueOf(model.readings(start + second * 1000), 'cold-2', 'temperature');
        assert.ok(warm >= townThresholds.tooWarm.raise, `seed ${seed}, ${at} h, ${second} s: ${warm} °C`);
      }
      const cold = valueOf(model.readings(start + 300_000), 'cold-2', 'temperature');
      assert.ok(cold < townThresholds.tooWarm.clear, `seed ${seed}, ${at} h, after 5 min: ${cold} °C`);
    }
  }
});

test('the flood wave reaches one gauge after the other and runs off', () => {
  const model = createTownModel({ seed: 7, startMillis: midnight });
  const firstAbove = townStations
    .filter((station) => station.kind === 'gauge')
    .map((station) => {
      for (let second = -600; second < 3600; second += 10) {
        const level = valueOf(model.readings(midnight + second * 1000), station.key, 'level');
        if (level >= townThresholds.highWater.raise) return second;
      }
      return Number.POSITIVE_INFINITY;
    });
  assert.ok(firstAbove.every(Number.isFinite), firstAbove.join(' '));
  assert.deepEqual(
    firstAbove,
    [...firstAbove].sort((left, right) => left - right),
  );
  const later = valueOf(model.readings(midnight + 30 * 60_000), 'gauge-1', 'level');
  assert.ok(later < townThresholds.highWater.clear, `${later}`);
});

test('every reading over a month is a finite number within what nature allows, or a boolean', () => {
  const model = createTownModel({ seed: 3, startMillis: midnight });
  const bounds: Readonly<Record<string, readonly [number, number]>> = {
    level: [0.3, 5],
    discharge: [0, 250],
    waterTemperature: [0, 30],
    temperature: [-35, 130],
    humidity: [0, 320],
    wind: [0, 90],
    rain: [0, 120],
    pressure: [930, 3100],
    pm25: [0, 900],
    pm10: [0, 900],
    no2: [0, 900],
    o3: [0, 500],
  };
  for (let at = midnight; at < midnight + 30 * 24 * hour; at += 1_234_567) {
    for (const { station, stream, value } of model.readings(at)) {
      if (typeof value === 'boolean') continue;
      const [min, max] = bounds[stream] ?? [0, 0];
      assert.ok(value >= min && value <= max, `${station} ${stream} at ${at}: ${value}`);
    }
  }
});

test('over an hour some messages are broken, and none of them before the start', () => {
  const model = createTownModel({ seed: 5, startMillis: midnight });
  let broken = 0;
  for (let at = midnight; at < midnight + hour; at += 2000) {
    broken += model.readings(at).filter((reading) => reading.broken !== undefined).length;
    assert.ok(model.readings(at - hour).every((reading) => reading.broken === undefined));
  }
  assert.ok(broken > 5 && broken < 1000, `${broken}`);
});

test('every Thing of the town says that it is simulated, and none watches people', () => {
  for (const plan of townThings()) {
    assert.equal(plan.properties['simulated'], true);
    assert.match(plan.name, /\(simulated\)$/u);
    assert.equal(judgeRegistration('Thing', plan, []), undefined);
    for (const stream of plan.streams) {
      assert.match(stream.name, /\(simulated\)$/u);
      assert.equal(judgeRegistration('Datastream', stream, []), undefined);
      assert.equal(judgeRegistration('ObservedProperty', stream.observedProperty, []), undefined);
    }
  }
});
