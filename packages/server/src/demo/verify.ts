import { parseInstant } from '../domain/mod.ts';
import { quote, systemClock } from '../kernel/mod.ts';
import { ApiError, listPages, type ApiAccess, type JsonObject } from './api-client.ts';
import { beijingColumns, beijingThing, readBeijingHours, readBeijingStations } from './beijing-air.ts';
import { ProgressBar } from './progress.ts';
import { registerThings, type RegisteredThing } from './registration.ts';

export interface VerifyOptions extends ApiAccess {
  readonly directory: string;
  /** From this instant on, and before that one; milliseconds since 1970, UTC. */
  readonly from?: number;
  readonly to?: number;
  /** Called for what is not as it should be, at most 20 times; without it stderr hears of it. */
  readonly onFault?: (text: string) => void;
}

export interface VerifyResult {
  /** Readings of the record that the API gives with their value. */
  readonly found: number;
  /** Readings of the record that it does not give. */
  readonly missing: number;
  /** Given with another value, given twice, or not in the record. */
  readonly different: number;
}

interface Reading {
  readonly millis: number;
  readonly value: number;
}

const faultsToldMax = 20;

/** Pages every Datastream of the replay back through the API and compares each reading with its file. Throws ApiError. */
export async function verifyBeijingAir(options: VerifyOptions): Promise<VerifyResult> {
  const bar = new ProgressBar(process.stderr, systemClock);
  const stations = await readBeijingStations(options.directory);
  const things = await registerThings(options, 'beijingAirStation', stations.map(beijingThing));
  const total = { found: 0, missing: 0, different: 0 };
  let told = 0;
  const tell = (text: string): void => {
    told += 1;
    if (told > faultsToldMax) return;
    if (options.onFault === undefined) bar.say(text);
    else options.onFault(text);
  };
  for (const [index, station] of stations.entries()) {
    const columns = beijingColumns.map((): Reading[] => []);
    // What cannot be used was told of by the replay.
    for await (const hours of readBeijingHours([station], () => {})) {
      for (const { millis, cells } of hours) {
        if (millis < (options.from ?? -Infinity) || millis >= (options.to ?? Infinity)) continue;
        for (const [column, cell] of cells.entries()) {
          if (cell !== null) columns[column]?.push({ millis, value: Number(cell) });
        }
      }
    }
    for (const [column, expected] of columns.entries()) {
      const result = await compareStream(options, things[index], beijingColumns[column]?.name ?? '', expected, tell);
      total.found += result.found;
      total.missing += result.missing;
      total.different += result.different;
      const done = (index * columns.length + column + 1) / (stations.length * columns.length);
      if (options.onFault === undefined) bar.show(done, `${total.found.toLocaleString('en')} readings found again`);
    }
  }
  if (options.onFault === undefined) bar.end();
  return total;
}

async function compareStream(
  options: VerifyOptions,
  thing: RegisteredThing | undefined,
  key: string,
  expected: readonly Reading[],
  tell: (text: string) => void,
): Promise<VerifyResult> {
  const id = thing?.streams.get(key);
  const name = `${thing?.key ?? ''} ${key} (Datastream ${id ?? 'absent'})`;
  const result = { found: 0, missing: 0, different: 0 };
  const address = `/v1.1/Datastreams(${id})/Observations?$top=10000&$orderby=${encodeURIComponent('phenomenonTime asc')}`;
  let next = 0;
  for await (const page of listPages(options, address)) {
    for (const observation of page) {
      const read = readingOf(observation);
      if (read.millis < (options.from ?? -Infinity) || read.millis >= (options.to ?? Infinity)) continue;
      // Both are in order of time: what the record has before this one did not come.
      for (let wanted = expected[next]; wanted !== undefined && wanted.millis < read.millis; wanted = expected[next]) {
        result.missing += 1;
        next += 1;
        tell(`${name}: ${new Date(wanted.millis).toISOString()} is missing`);
      }
      const wanted = expected[next];
      const time = new Date(read.millis).toISOString();
      if (wanted?.millis !== read.millis) {
        result.different += 1;
        tell(`${name}: ${time} came twice or is not in the record: ${quote(observation)}`);
        continue;
      }
      next += 1;
      if (wanted.value === read.value) result.found += 1;
      else {
        result.different += 1;
        tell(`${name}: ${time} is ${read.value} and should be ${wanted.value}`);
      }
    }
  }
  if (next < expected.length) {
    result.missing += expected.length - next;
    tell(`${name}: the last ${expected.length - next} of ${expected.length} readings are missing`);
  }
  return result;
}

function readingOf(observation: JsonObject): Reading {
  const time = observation['phenomenonTime'];
  const value = observation['result'];
  const millis = typeof time === 'string' ? parseInstant(time) : Number.NaN;
  if (Number.isNaN(millis)) throw new ApiError(200, `an Observation came without an instant: ${quote(observation)}`);
  return { millis, value: typeof value === 'number' ? value : Number.NaN };
}
