import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CsvReader, readGzippedCsv, type CsvRow } from './csv-reader.ts';
import type { ThingPlan } from './registration.ts';
import { observedProperties, units, type ObservedProperty, type Unit } from './vocabulary.ts';

/**
 * The record of Beijing's air: hourly readings of 12 stations from March 2013 to February 2017 (UCI Machine Learning
 * Repository, data set 501, CC BY 4.0), one gzipped CSV file a station. Reads it in order of time across all stations.
 * The column `wd`, the wind's direction as a text, is no number and stays out.
 */

interface Column {
  readonly name: string;
  readonly observedProperty: ObservedProperty;
  readonly unit: Unit;
}

/** The 11 numeric columns. All gases and particles, CO too, are in µg/m³. */
export const beijingColumns: readonly Column[] = [
  { name: 'PM2.5', observedProperty: observedProperties.pm25, unit: units.microgramPerCubicMetre },
  { name: 'PM10', observedProperty: observedProperties.pm10, unit: units.microgramPerCubicMetre },
  { name: 'SO2', observedProperty: observedProperties.so2, unit: units.microgramPerCubicMetre },
  { name: 'NO2', observedProperty: observedProperties.no2, unit: units.microgramPerCubicMetre },
  { name: 'CO', observedProperty: observedProperties.co, unit: units.microgramPerCubicMetre },
  { name: 'O3', observedProperty: observedProperties.o3, unit: units.microgramPerCubicMetre },
  { name: 'TEMP', observedProperty: observedProperties.airTemperature, unit: units.degreeCelsius },
  { name: 'PRES', observedProperty: observedProperties.airPressure, unit: units.hectopascal },
  { name: 'DEWP', observedProperty: observedProperties.dewPoint, unit: units.degreeCelsius },
  { name: 'RAIN', observedProperty: observedProperties.rainfall, unit: units.millimetre },
  { name: 'WSPM', observedProperty: observedProperties.windSpeed, unit: units.metrePerSecond },
];

/** First and last hour of the record, milliseconds since 1970, UTC. */
export const beijingFirstMillis: number = Date.UTC(2013, 1, 28, 16);
export const beijingLastMillis: number = Date.UTC(2017, 1, 28, 15);

export interface BeijingStation {
  readonly name: string;
  readonly longitude: number;
  readonly latitude: number;
  readonly district: string;
  /** The file with its readings. */
  readonly path: string;
}

/** One hour of one station. */
export interface BeijingHour {
  /** Index in the list of stations. */
  readonly station: number;
  /** Milliseconds since 1970, UTC. */
  readonly millis: number;
  /** A cell a column of `beijingColumns`: the number as written (valid JSON), or null where the reading is missing. */
  readonly cells: readonly (string | null)[];
}

/** A row or cell that cannot be used. */
export interface CsvFault {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** The 12 stations, by name. Throws where the folder does not hold the record. */
export async function readBeijingStations(directory: string): Promise<readonly BeijingStation[]> {
  const positions = new CsvReader();
  const text = await readFile(join(directory, 'stations.csv'), 'utf8');
  const rows = [...positions.push(text), ...positions.end()].slice(1);
  const files = (await readdir(directory)).filter((file) => file.endsWith('.csv.gz'));
  const stations = rows.map((row): BeijingStation => {
    const [name = '', latitude, longitude, district = ''] = row.cells;
    const file = files.find((file) => file.startsWith(`PRSA_Data_${name}_`));
    if (file === undefined) throw new Error(`${directory} has no file PRSA_Data_${name}_*.csv.gz for station ${name}.`);
    const station = { name, latitude: Number(latitude), longitude: Number(longitude), district };
    if (!Number.isFinite(station.latitude) || !Number.isFinite(station.longitude)) {
      throw new Error(`stations.csv, line ${row.line}: the position of ${name} is not two numbers.`);
    }
    return { ...station, path: join(directory, file) };
  });
  return stations.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/**
 * The hours of some stations in order of time, an array for each hour of the record that any of them has.
 * What cannot be used goes to `onFault`, and not into the hours.
 */
export async function* readBeijingHours(
  stations: readonly BeijingStation[],
  onFault: (fault: CsvFault) => void,
): AsyncGenerator<readonly BeijingHour[]> {
  const sources = stations.map((station, index) => new StationSource(station, index, onFault));
  try {
    await Promise.all(sources.map((source) => source.fill()));
    for (;;) {
      let millis = Number.POSITIVE_INFINITY;
      for (const source of sources) millis = Math.min(millis, source.nextMillis);
      if (millis === Number.POSITIVE_INFINITY) return;
      const hours: BeijingHour[] = [];
      for (const source of sources) {
        while (source.nextMillis === millis) {
          const hour = source.take();
          if (hour !== undefined) hours.push(hour);
          if (source.isEmpty) await source.fill();
        }
      }
      yield hours;
    }
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

/** The plan of a station's Thing, with a Datastream for each column. */
export function beijingThing(station: BeijingStation): ThingPlan {
  return {
    key: station.name,
    name: `Beijing ${station.name}`,
    description: `Air quality station ${station.name} in ${station.district}, Beijing: a replay of its record of 2013 to 2017`,
    properties: {
      replay: true,
      source: 'https://archive.ics.uci.edu/dataset/501',
      licence: 'CC BY 4.0',
      positionAccuracyMetres: 100,
    },
    geometry: { type: 'Point', coordinates: [station.longitude, station.latitude] },
    locationName: `${station.name}, ${station.district}`,
    sensor: {
      name: 'Beijing station, hourly values',
      description: 'Analysers of the stations of the Beijing Municipal Environmental Monitoring Center, hourly values',
      metadata: 'https://archive.ics.uci.edu/dataset/501',
    },
    streams: beijingColumns.map((column) => ({
      key: column.name,
      name: `${column.observedProperty.name}, ${station.name}`,
      description: `${column.observedProperty.description}: hourly value, column ${column.name} of the record`,
      observedProperty: column.observedProperty,
      unit: column.unit,
    })),
  };
}

/** Reads one file ahead, a batch of rows at a time. */
class StationSource {
  readonly #station: BeijingStation;
  readonly #index: number;
  readonly #onFault: (fault: CsvFault) => void;
  readonly #batches: AsyncGenerator<readonly CsvRow[]>;
  #parser: RowParser | undefined;
  #hours: readonly BeijingHour[] = [];
  #next = 0;

  constructor(station: BeijingStation, index: number, onFault: (fault: CsvFault) => void) {
    this.#station = station;
    this.#index = index;
    this.#onFault = onFault;
    this.#batches = readGzippedCsv(station.path);
  }

  get nextMillis(): number {
    return this.#hours[this.#next]?.millis ?? Number.POSITIVE_INFINITY;
  }

  get isEmpty(): boolean {
    return this.#next >= this.#hours.length;
  }

  take(): BeijingHour | undefined {
    this.#next += 1;
    return this.#hours[this.#next - 1];
  }

  /** Reads until there is an hour or the file ends. */
  async fill(): Promise<void> {
    while (this.isEmpty) {
      const batch = await this.#batches.next();
      if (batch.done === true) return;
      this.#parser ??= new RowParser(this.#station, this.#index, batch.value[0], this.#onFault);
      this.#hours = this.#parser.parse(batch.value);
      this.#next = 0;
    }
  }

  async close(): Promise<void> {
    await this.#batches.return(undefined);
  }
}

/** A number as JSON writes it (RFC 8259, 6). */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/u;
const hourMillis = 3_600_000;
/** The record's clock stands at UTC+8 all year. */
const offsetMillis = 8 * hourMillis;

class RowParser {
  readonly #station: BeijingStation;
  readonly #index: number;
  readonly #onFault: (fault: CsvFault) => void;
  readonly #width: number;
  readonly #at: ReadonlyMap<string, number>;
  readonly #columnAt: readonly number[];

  constructor(station: BeijingStation, index: number, header: CsvRow | undefined, onFault: (fault: CsvFault) => void) {
    const names = header?.cells ?? [];
    const needed = ['year', 'month', 'day', 'hour', 'station', ...beijingColumns.map((column) => column.name)];
    const missing = needed.filter((name) => !names.includes(name));
    if (missing.length > 0) throw new Error(`${station.path}: the header has no column ${missing.join(', ')}.`);
    this.#station = station;
    this.#index = index;
    this.#onFault = onFault;
    this.#width = names.length;
    this.#at = new Map(names.map((name, at) => [name, at]));
    this.#columnAt = beijingColumns.map((column) => names.indexOf(column.name));
  }

  parse(rows: readonly CsvRow[]): readonly BeijingHour[] {
    const hours: BeijingHour[] = [];
    for (const row of rows) {
      if (row.line === 1) continue;
      const hour = this.#hour(row);
      if (hour !== undefined) hours.push(hour);
    }
    return hours;
  }

  #hour(row: CsvRow): BeijingHour | undefined {
    if (row.cells.length !== this.#width) {
      return this.#fault(row, `${row.cells.length} cells where the header has ${this.#width}; the row is left out`);
    }
    const station = this.#cell(row, 'station');
    if (station !== this.#station.name)
      return this.#fault(row, `station "${station}" in the file of another; left out`);
    const parts = ['year', 'month', 'day', 'hour'].map((name) => this.#cell(row, name));
    const [year = Number.NaN, month = Number.NaN, day = Number.NaN, hour = Number.NaN] = parts.map(Number);
    const local = Date.UTC(year, month - 1, day, hour);
    const check = new Date(local);
    if (check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day || check.getUTCHours() !== hour) {
      return this.#fault(row, `"${parts.join(' ')}" is no date and hour; the row is left out`);
    }
    const cells = this.#columnAt.map((at, column) => this.#value(row, at, column));
    return { station: this.#index, millis: local - offsetMillis, cells };
  }

  #cell(row: CsvRow, name: string): string {
    return row.cells[this.#at.get(name) ?? -1] ?? '';
  }

  #value(row: CsvRow, at: number, column: number): string | null {
    const text = row.cells[at] ?? '';
    if (text === 'NA') return null;
    if (jsonNumber.test(text)) return text;
    this.#fault(row, `${beijingColumns[column]?.name ?? ''} is "${text}", which is neither a number nor NA; not sent`);
    return null;
  }

  #fault(row: CsvRow, reason: string): undefined {
    this.#onFault({ file: this.#station.path, line: row.line, reason });
  }
}

/** Counts the readings of the record without sending them: numbers, `NA`s and faults, in the 11 numeric columns. */
export async function countBeijingReadings(
  directory: string,
): Promise<{ readonly readings: number; readonly missing: number; readonly faults: readonly CsvFault[] }> {
  const faults: CsvFault[] = [];
  let readings = 0;
  let empty = 0;
  for await (const hours of readBeijingHours(await readBeijingStations(directory), (fault) => faults.push(fault))) {
    for (const hour of hours) {
      for (const cell of hour.cells) {
        if (cell === null) empty += 1;
        else readings += 1;
      }
    }
  }
  return { readings, missing: empty, faults };
}
