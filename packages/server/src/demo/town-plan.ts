import type { JsonObject } from './api-client.ts';
import type { StreamPlan, ThingPlan } from './registration.ts';
import { observedProperties, units, type ObservedProperty, type Unit } from './vocabulary.ts';

/**
 * Hollin on the Wend: a town that does not exist, in a steppe where nobody lives. Everything in it says that it is simulated.
 */

export type TownKind = 'gauge' | 'weather' | 'air' | 'cold-room';

export interface TownStation {
  readonly key: string;
  readonly kind: TownKind;
  readonly name: string;
  /** From the market place, in metres. */
  readonly east: number;
  readonly north: number;
  /** Gauges: metres down the river from the first. Others: 0. */
  readonly downstream: number;
  /** Air: how much traffic passes, 0 to 1. */
  readonly traffic: number;
}

function station(kind: TownKind, key: string, name: string, east: number, north: number): TownStation {
  return { kind, key, name, east, north, downstream: 0, traffic: 0 };
}

export const townStations: readonly TownStation[] = [
  { ...station('gauge', 'gauge-1', 'Upper Weir', -3200, 1900), downstream: 0 },
  { ...station('gauge', 'gauge-2', 'Mill Bridge', -1500, 900), downstream: 2_100 },
  { ...station('gauge', 'gauge-3', 'Old Town Bridge', 150, 260), downstream: 3_900 },
  { ...station('gauge', 'gauge-4', 'Tanners Quay', 1300, -350), downstream: 5_300 },
  { ...station('gauge', 'gauge-5', 'Lower Lock', 3100, -1200), downstream: 7_400 },
  station('weather', 'weather-1', 'Town Hall roof', 60, 40),
  station('weather', 'weather-2', 'Hollin Hill', -2600, 3100),
  station('weather', 'weather-3', 'Harbour', 1700, -700),
  station('weather', 'weather-4', 'Airfield', 4200, 1500),
  { ...station('air', 'air-1', 'Market Place', 0, 0), traffic: 0.6 },
  { ...station('air', 'air-2', 'Ring Road', 900, 1100), traffic: 1 },
  { ...station('air', 'air-3', 'Station Street', -700, -500), traffic: 0.8 },
  { ...station('air', 'air-4', 'Lime Park', -1100, 1500), traffic: 0.25 },
  { ...station('air', 'air-5', 'Brickworks', 2400, 500), traffic: 0.5 },
  { ...station('air', 'air-6', 'East Meadow', 3600, -400), traffic: 0.15 },
  station('cold-room', 'cold-1', 'Cold room 1, market hall', 30, -90),
  station('cold-room', 'cold-2', 'Cold room 2, market hall', 45, -95),
  station('cold-room', 'cold-3', 'Vaccine store, clinic', -900, 300),
  station('cold-room', 'cold-4', 'School kitchen', 700, 600),
];

const streamsOf: Readonly<Record<TownKind, readonly (readonly [string, string, ObservedProperty, Unit | null])[]>> = {
  gauge: [
    ['level', 'Water level', observedProperties.waterLevel, units.metre],
    ['discharge', 'Discharge', observedProperties.discharge, units.cubicMetrePerSecond],
    ['waterTemperature', 'Water temperature', observedProperties.waterTemperature, units.degreeCelsius],
  ],
  weather: [
    ['temperature', 'Air temperature', observedProperties.airTemperature, units.degreeCelsius],
    ['humidity', 'Relative humidity', observedProperties.humidity, units.percent],
    ['wind', 'Wind speed', observedProperties.windSpeed, units.metrePerSecond],
    ['rain', 'Rain intensity', observedProperties.rainIntensity, units.millimetrePerHour],
    ['pressure', 'Air pressure', observedProperties.airPressure, units.hectopascal],
  ],
  air: [
    ['pm25', 'PM2.5', observedProperties.pm25, units.microgramPerCubicMetre],
    ['pm10', 'PM10', observedProperties.pm10, units.microgramPerCubicMetre],
    ['no2', 'Nitrogen dioxide', observedProperties.no2, units.microgramPerCubicMetre],
    ['o3', 'Ozone', observedProperties.o3, units.microgramPerCubicMetre],
  ],
  'cold-room': [
    ['temperature', 'Air temperature', observedProperties.airTemperature, units.degreeCelsius],
    ['door', 'Door open', observedProperties.doorOpen, null],
  ],
};

const kindNames: Readonly<Record<TownKind, string>> = {
  gauge: 'River gauge',
  weather: 'Weather station',
  air: 'Air quality station',
  'cold-room': 'Cold room',
};

/** The plans of all Things: the stations, and the river itself, which has no Datastreams. */
export function townThings(): readonly ThingPlan[] {
  return [riverThing(), ...townStations.map(stationThing)];
}

const simulated = { simulated: true, town: 'Hollin' } as const;

function stationThing(station: TownStation): ThingPlan {
  const kind = kindNames[station.kind];
  const label = station.kind === 'cold-room' ? station.name : `${kind} ${station.name}`;
  return {
    key: station.key,
    name: `${label} (simulated)`,
    description: `${kind} of Hollin, a town that does not exist: every reading is simulated`,
    properties: { ...simulated, kind: station.kind },
    geometry: { type: 'Point', coordinates: position(station.east, station.north) },
    locationName: `${station.name} (simulated)`,
    sensor: {
      name: `${kind}, simulated`,
      description: `Simulated equipment of a ${kind.toLowerCase()}`,
      metadata: 'urn:belfry:demo:simulated-equipment',
    },
    streams: streamsOf[station.kind].map(([key, name, observedProperty, unit]): StreamPlan => ({
      key,
      name: `${name}, ${station.name} (simulated)`,
      description: `${observedProperty.description} (simulated)`,
      observedProperty,
      unit,
    })),
  };
}

function riverThing(): ThingPlan {
  const course = townStations.filter((station) => station.kind === 'gauge');
  const geometry: JsonObject = {
    type: 'LineString',
    coordinates: [
      position(-4100, 2300),
      ...course.flatMap(({ east, north }) => [position(east - 60, north + 90), position(east, north)]),
      position(3900, -1300),
    ],
  };
  return {
    key: 'river',
    name: 'River Wend (simulated)',
    description: 'The river through Hollin, a town that does not exist',
    properties: { ...simulated, kind: 'river' },
    geometry,
    locationName: 'Course of the Wend (simulated)',
    sensor: { name: '', description: '', metadata: '' },
    streams: [],
  };
}

const origin = { longitude: 66.3, latitude: 49.62 } as const;
const metresPerDegree = 111_320;

/** Longitude and latitude of a place, WGS 84, to about a metre. */
function position(east: number, north: number): readonly [number, number] {
  const longitude = origin.longitude + east / (metresPerDegree * Math.cos((origin.latitude * Math.PI) / 180));
  return [round(longitude, 5), round(origin.latitude + north / metresPerDegree, 5)];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
