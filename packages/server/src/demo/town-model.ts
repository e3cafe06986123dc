import { hashText, smoothNoise, whiteNoise } from './noise.ts';
import { townStations, type TownStation } from './town-plan.ts';
import { dayPartOf, weatherAt, type Weather } from './town-weather.ts';

/**
 * What the devices of the simulated town measure: a pure function of seed, start and time.
 *
 * The story, whatever the hour: cold room 2 stands open and is too warm when the demo starts; its door closes after a minute
 * and the room is cold again within four. A flood wave comes down the Wend and passes its threshold at the Upper Weir within
 * twenty seconds, at the lower gauges in the minutes after. Both come again later, so that a demo that runs for a day lives.
 */
export interface TownReading {
  /** Key of the station and of its Datastream. */
  readonly station: string;
  readonly stream: string;
  readonly value: number | boolean;
  /** A message that the device sends in place of the reading, and that no server can take. */
  readonly broken?: string;
}

export const townThresholds = {
  /** Metres at each gauge. */
  highWater: { raise: 2.4, clear: 2.1 },
  /** Cel in a cold room. */
  tooWarm: { raise: 8, clear: 6.5 },
} as const;

const minuteMillis = 60_000;
const floodEveryMillis = 55 * minuteMillis;
const doorEveryMillis = 17 * minuteMillis;
const floodMetresPerSecond = 9;

export interface TownModel {
  /** The readings of all devices that speak at that instant, milliseconds since 1970. */
  readings(atMillis: number): readonly TownReading[];
}

export function createTownModel(options: { readonly seed: number; readonly startMillis: number }): TownModel {
  const { seed, startMillis } = options;
  return {
    readings: (atMillis) =>
      townStations.flatMap((station) => {
        const weather = weatherAt(seed, atMillis, station.east);
        const own = seed ^ hashText(station.key);
        const values = measure(station, own, atMillis, startMillis, weather);
        return withFaults(station, own, atMillis, startMillis, values);
      }),
  };
}

type Values = Readonly<Record<string, number | boolean>>;

function measure(station: TownStation, seed: number, at: number, start: number, weather: Weather): Values {
  switch (station.kind) {
    case 'gauge':
      return gauge(station, seed, at, start, weather);
    case 'weather':
      return {
        temperature: rounded(weather.temperature + jitter(seed, at, 0.08), 1),
        humidity: rounded(Math.min(100, weather.humidity + jitter(seed + 1, at, 0.6)), 0),
        wind: rounded(Math.max(0, weather.wind * (1 + jitter(seed + 2, at, 0.12))), 1),
        rain: rounded(weather.rain, 1),
        pressure: rounded(weather.pressure - station.north / 100 + jitter(seed + 3, at, 0.05), 1),
      };
    case 'air':
      return air(station, seed, at, weather);
    case 'cold-room':
      return coldRoom(station, seed, at, start);
  }
}

function gauge(station: TownStation, seed: number, at: number, start: number, weather: Weather): Values {
  const travel = (station.downstream / floodMetresPerSecond) * 1000;
  const width = 1 - station.downstream / 30_000;
  const base = 0.95 + station.downstream / 20_000 + 0.15 * smoothNoise(seed, at, 8 * 60 * minuteMillis);
  const level = base + weather.rain * 0.02 + 2.05 * width * flood(at - start - travel) + jitter(seed, at, 0.006);
  const discharge = 14 * Math.max(0.05, level - 0.2) ** 1.6;
  const water = 4 + Math.max(0, weather.temperature) * 0.55 + smoothNoise(seed + 9, at, 3 * 60 * minuteMillis) * 0.4;
  return { level: rounded(level, 3), discharge: rounded(discharge, 1), waterTemperature: rounded(water, 1) };
}

/**
 * The flood wave, 0 to 1, some time after the start of the demo: it rises within minutes, stands at 0.85 of its height fifteen
 * seconds after the start, and runs off slowly. Nothing of it before the demo but its beginning.
 */
function flood(sinceStart: number): number {
  if (sinceStart < -20 * minuteMillis) return 0;
  const turn = Math.max(0, Math.floor((sinceStart + 20 * minuteMillis) / floodEveryMillis));
  const since = sinceStart - turn * floodEveryMillis;
  const rise = 1 / (1 + Math.exp(-(since + 75_000) / 52_000));
  const fall = 1 / (1 + Math.exp((since - 13 * minuteMillis) / (2 * minuteMillis)));
  return rise * fall;
}

function air(station: TownStation, seed: number, at: number, weather: Weather): Values {
  const part = dayPartOf(at);
  const rush = bump(part, 8 / 24) + 0.9 * bump(part, 17.8 / 24);
  // Wind carries it away, rain washes it out, and the calm of the night keeps it in.
  const airing = 2.4 / (0.8 + weather.wind);
  const haze = Math.max(0, 1 + 0.6 * smoothNoise(seed ^ 0x51, at, 18 * 60 * minuteMillis));
  const dust = 1 + 0.25 * smoothNoise(seed ^ 0x52, at, 4 * minuteMillis);
  const washed = 1 / (1 + weather.rain * 0.3);
  const pm25 = (7 + 9 * haze + 16 * rush * station.traffic) * airing * dust * washed;
  const no2 = (9 + 44 * rush * station.traffic + 6 * station.traffic) * airing * dust;
  const o3 = Math.max(3, 38 + 62 * weather.sun - no2 * 0.5);
  return {
    pm25: rounded(pm25 * (1 + jitter(seed, at, 0.04)), 1),
    pm10: rounded(pm25 * 1.55 + 5 * dust + weather.wind * 0.8 + jitter(seed + 1, at, 0.8), 1),
    no2: rounded(no2 * (1 + jitter(seed + 2, at, 0.03)), 1),
    o3: rounded(o3 + jitter(seed + 3, at, 1), 1),
  };
}

function coldRoom(station: TownStation, seed: number, at: number, start: number): Values {
  const set = station.key === 'cold-3' ? 5 : 3.5;
  // The compressor runs for a third of every twelve minutes.
  const cycle = Math.sin((at / (12 * minuteMillis) + whiteNoise(seed, 7)) * 2 * Math.PI);
  const cold = set + 0.6 * cycle + jitter(seed, at, 0.05);
  if (station.key !== 'cold-2') {
    const slot = Math.floor(at / (2 * minuteMillis));
    return { temperature: rounded(cold, 1), door: whiteNoise(seed, slot) < 0.04 };
  }
  const since = at - start;
  const turn = Math.max(0, Math.floor((since + 8 * minuteMillis) / doorEveryMillis));
  const within = since - turn * doorEveryMillis;
  const opened = -7 * minuteMillis;
  const open = within >= opened && within < minuteMillis;
  // Warm air comes in for as long as the door stands open, and goes again with the compressor.
  const warmed = within < opened ? 0 : 8.5 * (1 - Math.exp(-(Math.min(within, minuteMillis) - opened) / 150_000));
  const warm = within > minuteMillis ? warmed * Math.exp(-(within - minuteMillis) / 75_000) : warmed;
  return { temperature: rounded(cold + warm, 1), door: open };
}

/** Faults of devices: silence, a value that stands still, a spike, and now and then a message that is no JSON. */
function withFaults(
  station: TownStation,
  seed: number,
  at: number,
  start: number,
  values: Values,
): readonly TownReading[] {
  const own = Object.entries(values).map(([stream, value]): TownReading => ({ station: station.key, stream, value }));
  const inStory = station.key === 'cold-2' || (station.kind === 'gauge' && station.downstream === 0);
  if (inStory) return own;
  // Silent for three minutes, about once in five hours.
  if (whiteNoise(seed ^ 0xd0, Math.floor(at / (3 * minuteMillis))) < 0.01) return [];
  return own.map((reading): TownReading => {
    const stream = seed ^ hashText(reading.stream);
    if (typeof reading.value === 'boolean') return reading;
    if (at >= start && whiteNoise(stream ^ 0xb0, Math.floor(at / 2000)) < 0.0008) {
      return { ...reading, broken: '{"result":NaN}' };
    }
    if (station.kind !== 'gauge' && whiteNoise(stream ^ 0xa0, Math.floor(at / 2000)) < 0.0002) {
      return { ...reading, value: rounded(reading.value * 3 + 5, 1) };
    }
    // Stands still for ten minutes, about once in four hours.
    const slot = Math.floor(at / (10 * minuteMillis));
    const stuck = whiteNoise(stream ^ 0xc0, slot) < 0.04 && station.kind === 'weather';
    return stuck ? { ...reading, value: rounded(reading.value - (reading.value % 1), 0) } : reading;
  });
}

function jitter(seed: number, at: number, height: number): number {
  return (whiteNoise(seed ^ 0x0e, Math.floor(at / 1000)) * 2 - 1) * height;
}

/** A bell around a part of the day, 1 at its top and about two hours wide. */
function bump(part: number, top: number): number {
  const distance = Math.abs(part - top);
  return Math.exp(-((Math.min(distance, 1 - distance) * 24) ** 2) / 2.6);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
