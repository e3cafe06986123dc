import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, type Clock } from '../kernel/mod.ts';
import {
  beijingColumns,
  beijingFirstMillis,
  beijingLastMillis,
  beijingThing,
  readBeijingHours,
  readBeijingStations,
  type BeijingHour,
  type CsvFault,
} from './beijing-air.ts';
import { beijingRules } from './beijing-rules.ts';
import { ProgressBar } from './progress.ts';
import { Publisher } from './publisher.ts';
import { registerRules, registerThings } from './registration.ts';

export interface ReplayOptions {
  /** Folder with stations.csv and the PRSA_Data_….csv.gz files. */
  readonly directory: string;
  readonly httpUrl: string;
  /** `mqtt://host:port` */
  readonly mqttUrl: string;
  readonly token?: string;
  /** Times real time, or as fast as the server takes it. */
  readonly speed: number | 'max';
  /** From this instant on, and before that one; milliseconds since 1970, UTC. */
  readonly from?: number;
  readonly to?: number;
  /** MQTT connections, at most one a station, which is the default. */
  readonly connections?: number;
  /** Called a few times a second; without it a progress bar goes to stderr. */
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Called for each row or cell of the files that cannot be used; without it they are told on stderr. */
  readonly onFault?: (fault: CsvFault) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface ReplayProgress {
  /** Sent so far. */
  readonly readings: number;
  readonly refused: number;
  /** The hour that is being sent, milliseconds since 1970. */
  readonly at: number;
  /** Of the time between `from` and `to`, 0 to 1. */
  readonly fraction: number;
}

export interface ReplayResult {
  /** Sent and acknowledged. */
  readonly readings: number;
  /** Cells without a value that can be sent: `NA`, and those in `faults`. */
  readonly missing: number;
  readonly refused: number;
  /** Why, in the server's words, with counts; the first ones. */
  readonly reasons: ReadonlyMap<string, number>;
  readonly faults: readonly CsvFault[];
  /** From the first message to the last acknowledgement. */
  readonly millis: number;
}

const inFlightMax = 1_000;
const progressMillis = 200;

/**
 * Registers the stations and rules that are not there yet, and publishes the record as devices would: MQTT 5, QoS 1, in
 * order of time across the stations. Rejects where the server cannot be reached or a connection is lost.
 */
export async function replayBeijingAir(options: ReplayOptions): Promise<ReplayResult> {
  const clock = options.clock ?? systemClock;
  const bar = new ProgressBar(process.stderr, clock);
  const stations = await readBeijingStations(options.directory);
  const things = await registerThings(options, 'beijingAirStation', stations.map(beijingThing));
  await registerRules(options, beijingRules);
  const topics = things.map((thing) =>
    beijingColumns.map((column) =>
      Buffer.from(`v1.1/Datastreams(${thing.streams.get(column.name) ?? 0})/Observations`),
    ),
  );
  const faults: CsvFault[] = [];
  const onFault = (fault: CsvFault): void => {
    faults.push(fault);
    if (options.onFault !== undefined) options.onFault(fault);
    else bar.say(`${fault.file}, line ${fault.line}: ${fault.reason}`);
  };
  const publishers: Publisher[] = [];
  try {
    const count = Math.max(1, Math.min(options.connections ?? stations.length, stations.length));
    for (let index = 0; index < count; index += 1) publishers.push(await openPublisher(options, index));
    const run = new Replay(options, clock, publishers, topics, bar);
    const missing = await run.send(readBeijingHours(stations, onFault));
    for (const publisher of publishers) await publisher.drained();
    const millis = run.elapsed();
    run.tell(1);
    if (options.onProgress === undefined) bar.end();
    const reasons = new Map(publishers.flatMap((publisher) => [...publisher.reasons]));
    const readings = publishers.reduce((sum, publisher) => sum + publisher.acknowledged, 0);
    const refused = publishers.reduce((sum, publisher) => sum + publisher.refused, 0);
    if (options.onProgress === undefined) for (const [reason, count] of reasons) bar.say(`refused ${count}: ${reason}`);
    return { readings, missing, refused, reasons, faults, millis };
  } finally {
    await Promise.all(publishers.map((publisher) => publisher.close()));
  }
}

function openPublisher(options: ReplayOptions, index: number): Promise<Publisher> {
  const url = new URL(options.mqttUrl);
  return Publisher.open({
    host: url.hostname.replaceAll(/[[\]]/gu, ''),
    port: url.port === '' ? 1883 : Number(url.port),
    clientId: `beijing-air-${index + 1}`,
    inFlightMax,
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #clock: Clock;
  readonly #publishers: readonly Publisher[];
  readonly #topics: readonly (readonly Buffer[])[];
  readonly #bar: ProgressBar;
  readonly #from: number;
  readonly #to: number;
  readonly #started: number;
  #sent = 0;
  #at = 0;
  #told = Number.NEGATIVE_INFINITY;

  constructor(
    options: ReplayOptions,
    clock: Clock,
    publishers: readonly Publisher[],
    topics: readonly (readonly Buffer[])[],
    bar: ProgressBar,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#publishers = publishers;
    this.#topics = topics;
    this.#bar = bar;
    this.#from = Math.max(options.from ?? beijingFirstMillis, beijingFirstMillis);
    this.#to = Math.min(options.to ?? Number.POSITIVE_INFINITY, beijingLastMillis + 1);
    this.#at = this.#from;
    this.#started = clock.monotonic();
  }

  elapsed(): number {
    return this.#clock.monotonic() - this.#started;
  }

  /** Sends the hours between from and to; returns how many cells had no value. */
  async send(hours: AsyncIterable<readonly BeijingHour[]>): Promise<number> {
    let missing = 0;
    for await (const sameTime of hours) {
      const millis = sameTime[0]?.millis ?? 0;
      if (millis < this.#from) continue;
      if (millis >= this.#to) break;
      this.#options.signal?.throwIfAborted();
      await this.#pace(millis);
      this.#at = millis;
      const instant = `,"phenomenonTime":"${new Date(millis).toISOString().slice(0, 19)}Z"}`;
      for (const hour of sameTime) missing += await this.#sendHour(hour, instant);
      if (this.#options.speed !== 'max') for (const publisher of this.#publishers) publisher.flush();
      this.tell((millis - this.#from) / Math.max(1, this.#to - this.#from));
    }
    return missing;
  }

  /** Tells how far it is, but not more often than anyone can see. */
  tell(fraction: number): void {
    const now = this.#clock.monotonic();
    if (fraction < 1 && now - this.#told < progressMillis) return;
    this.#told = now;
    const refused = this.#publishers.reduce((sum, publisher) => sum + publisher.refused, 0);
    const progress = { readings: this.#sent, refused, at: this.#at, fraction };
    if (this.#options.onProgress !== undefined) {
      this.#options.onProgress(progress);
      return;
    }
    const rate = Math.round(this.#sent / Math.max(this.elapsed() / 1000, 0.001));
    const day = new Date(this.#at).toISOString().slice(0, 10);
    this.#bar.show(
      fraction,
      `${day}  ${this.#sent.toLocaleString('en')} readings, ${rate.toLocaleString('en')}/s` +
        (refused > 0 ? `, ${refused.toLocaleString('en')} refused` : ''),
    );
  }

  async #pace(millis: number): Promise<void> {
    if (this.#options.speed === 'max') return;
    const due = (millis - this.#from) / this.#options.speed;
    for (let wait = due - this.elapsed(); wait > 0; wait = due - this.elapsed()) {
      const signal = this.#options.signal;
      // In slices, because a slow replay of a gap can outlast the longest timer.
      await sleep(Math.min(wait, 60_000), undefined, signal === undefined ? {} : { signal });
    }
  }

  async #sendHour(hour: BeijingHour, instant: string): Promise<number> {
    const publisher = this.#publishers[hour.station % this.#publishers.length];
    const topics = this.#topics[hour.station];
    let missing = 0;
    for (const [column, cell] of hour.cells.entries()) {
      const topic = topics?.[column];
      if (cell === null || topic === undefined || publisher === undefined) {
        missing += 1;
        continue;
      }
      if (!publisher.ready) {
        // The others send what they have, while this one waits for the server.
        for (const other of this.#publishers) other.flush();
        await publisher.whenReady();
      }
      publisher.publish(topic, Buffer.from(`{"result":${cell}${instant}`, 'latin1'));
      this.#sent += 1;
    }
    return missing;
  }
}
