import { setTimeout as sleep } from 'node:timers/promises';
import type { RuleDraft } from '@belfry/contract';
import { connectAsync, type MqttClient } from 'mqtt';
import type { Clock } from '../kernel/mod.ts';
import { postJson, type ApiAccess } from './api-client.ts';
import { registerRules, registerThings, type RegisteredThing } from './registration.ts';
import { createTownModel, townThresholds, type TownModel, type TownReading } from './town-model.ts';
import { townStations, townThings } from './town-plan.ts';
import { observedProperties } from './vocabulary.ts';

export interface TownOptions {
  readonly httpUrl: string;
  /** `mqtt://host:port` */
  readonly mqttUrl: string;
  readonly token?: string;
  readonly seed: number;
  readonly clock: Clock;
  /** Ends the town. */
  readonly signal: AbortSignal;
  /** Milliseconds between two readings of a Datastream; 2,000 where absent. */
  readonly intervalMillis?: number;
  /** Hours before the start that a new town is filled with; 6 where absent. */
  readonly historyHours?: number;
}

export interface TownReport {
  readonly published: number;
  readonly refused: number;
  /** Readings that a device threw away, because its connection was down. */
  readonly dropped: number;
}

const minuteMillis = 60_000;
const historyRowsMax = 5_000;
/** Messages that a device keeps while its connection is down. */
const waitingMax = 100;

/**
 * Registers the town where it is not there yet, fills a new one with some hours of history, and publishes its readings over MQTT 5,
 * QoS 1, one connection a station, until the signal ends it. Rejects where the server cannot be reached at the start; later it
 * connects again by itself, as devices do.
 */
export async function startTown(options: TownOptions): Promise<TownReport> {
  const { clock, signal, seed } = options;
  const devices: Device[] = [];
  try {
    const things = await registerThings(options, 'townId', townThings());
    const byKey = new Map(things.map((thing) => [thing.key, thing]));
    const newThings = new Map(things.filter((thing) => thing.isNew).map((thing) => [thing.key, thing]));
    if (newThings.size > 0) await fillHistory(options, newThings);
    await registerRules(options, townRules(byKey));
    for (const station of townStations) {
      const thing = byKey.get(station.key);
      if (thing !== undefined) devices.push(await Device.open(options, thing));
    }
    // The story begins when everything is there to tell it.
    await publishLive(options, createTownModel({ seed, startMillis: clock.now() }), devices);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await Promise.all(devices.map((device) => device.close()));
  }
  return {
    published: devices.reduce((sum, device) => sum + device.published, 0),
    refused: devices.reduce((sum, device) => sum + device.refused, 0),
    dropped: devices.reduce((sum, device) => sum + device.dropped, 0),
  };
}

/** The rules of the town, bound to its own Datastreams. */
function townRules(things: ReadonlyMap<string, RegisteredThing>): readonly RuleDraft[] {
  const streams = (kind: string, key: string): number[] =>
    townStations
      .filter((station) => station.kind === kind)
      .map((station) => things.get(station.key)?.streams.get(key))
      .filter((id) => id !== undefined);
  return [
    {
      name: 'High water (simulated)',
      description: 'The Wend stands at or above 2.40 m. Simulated: no such river exists.',
      instruction: 'Keep away from the banks and move what stands in cellars (simulated).',
      event: 'High water (simulated)',
      category: 'Geo',
      severity: 'Severe',
      binding: { datastreamIds: streams('gauge', 'level') },
      direction: 'above',
      ...townThresholds.highWater,
      forSeconds: 10,
    },
    {
      name: 'Cold room too warm (simulated)',
      description: 'A cold room is at or above 8 °C. Simulated: no such room exists.',
      instruction: 'Close the door and check the goods (simulated).',
      event: 'Cold room too warm (simulated)',
      category: 'Health',
      severity: 'Moderate',
      binding: { datastreamIds: streams('cold-room', 'temperature') },
      direction: 'above',
      ...townThresholds.tooWarm,
      forSeconds: 4,
    },
    {
      name: 'Fine particles (simulated)',
      description: `${observedProperties.pm25.name} at or above 50 µg/m³ for ten minutes. Simulated.`,
      event: 'Air pollution (simulated)',
      category: 'Env',
      severity: 'Minor',
      binding: { datastreamIds: streams('air', 'pm25') },
      direction: 'above',
      raise: 50,
      clear: 40,
      forSeconds: 600,
    },
    {
      name: 'Strong wind (simulated)',
      description: 'Wind at or above 13 m/s for half a minute. Simulated.',
      event: 'Strong wind (simulated)',
      category: 'Met',
      severity: 'Moderate',
      binding: { datastreamIds: streams('weather', 'wind') },
      direction: 'above',
      raise: 13,
      clear: 10,
      forSeconds: 30,
    },
  ];
}

/** A reading a minute for the hours before the start, as one data array a Datastream (18-088, 13.2). */
async function fillHistory(options: TownOptions, things: ReadonlyMap<string, RegisteredThing>): Promise<void> {
  const now = options.clock.now();
  const model = createTownModel({ seed: options.seed, startMillis: now });
  const minutes = Math.floor((options.historyHours ?? 6) * 60);
  let rows = new Map<number, (readonly [string, number | boolean])[]>();
  let count = 0;
  for (let minute = minutes; minute > 0; minute -= 1) {
    const at = now - minute * minuteMillis;
    for (const { station, stream, value, broken } of model.readings(at)) {
      const id = things.get(station)?.streams.get(stream);
      if (id === undefined || broken !== undefined) continue;
      const row: readonly [string, number | boolean] = [new Date(at).toISOString(), value];
      const known = rows.get(id);
      if (known === undefined) rows.set(id, [row]);
      else known.push(row);
      count += 1;
    }
    if (count < historyRowsMax && minute > 1) continue;
    await postDataArrays(options, rows);
    rows = new Map();
    count = 0;
  }
}

async function postDataArrays(
  access: ApiAccess,
  rows: ReadonlyMap<number, readonly (readonly [string, number | boolean])[]>,
): Promise<void> {
  const body = [...rows].map(([id, dataArray]) => ({
    Datastream: { '@iot.id': id },
    components: ['phenomenonTime', 'result'],
    'dataArray@iot.count': dataArray.length,
    dataArray,
  }));
  if (body.length > 0) await postJson(access, '/v1.1/CreateObservations', body);
}

async function publishLive(options: TownOptions, model: TownModel, devices: readonly Device[]): Promise<void> {
  const { clock, signal } = options;
  const interval = options.intervalMillis ?? 2_000;
  for (let next = clock.monotonic(); !signal.aborted; next += interval) {
    const now = clock.now();
    const byStation = Map.groupBy(model.readings(now), (reading) => reading.station);
    for (const device of devices) device.publish(now, byStation.get(device.key) ?? []);
    // After a pause of the machine the rounds that were missed are left out.
    next = Math.max(next, clock.monotonic() - interval);
    await sleep(Math.max(0, next + interval - clock.monotonic()), undefined, { signal });
  }
}

/** One station with its connection. */
class Device {
  readonly key: string;
  published = 0;
  refused = 0;
  dropped = 0;
  readonly #thing: RegisteredThing;
  readonly #client: MqttClient;
  #waiting = 0;

  private constructor(thing: RegisteredThing, client: MqttClient) {
    this.key = thing.key;
    this.#thing = thing;
    this.#client = client;
  }

  static async open(options: TownOptions, thing: RegisteredThing): Promise<Device> {
    const clientId = `hollin-${thing.key}`;
    const client = await connectAsync(
      options.mqttUrl,
      {
        protocolVersion: 5,
        clientId,
        reconnectPeriod: 2_000,
        ...(options.token === undefined ? {} : { username: clientId, password: options.token }),
      },
      false,
    );
    // Without a listener an error would end the process; mqtt.js connects again by itself.
    client.on('error', () => {});
    return new Device(thing, client);
  }

  publish(at: number, readings: readonly TownReading[]): void {
    const time = new Date(at).toISOString();
    for (const { stream, value, broken } of readings) {
      const id = this.#thing.streams.get(stream);
      if (id === undefined) continue;
      if (this.#waiting >= waitingMax) {
        this.dropped += 1;
        continue;
      }
      this.#waiting += 1;
      const payload = broken ?? JSON.stringify({ result: value, phenomenonTime: time });
      this.#client.publish(`v1.1/Datastreams(${id})/Observations`, payload, { qos: 1 }, (error) => {
        this.#waiting -= 1;
        // A reason code of failure in the PUBACK (MQTT 5, 3.4.2.1) comes as an error.
        if (error instanceof Error) this.refused += 1;
        else this.published += 1;
      });
    }
  }

  async close(): Promise<void> {
    // By force, because a server that has gone would be waited for.
    await this.#client.endAsync(!this.#client.connected);
  }
}
