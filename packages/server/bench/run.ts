/**
 * `npm run bench`: starts Belfry as its users do, loads it from other processes, and prints a table and JSON.
 * Options: --short for a data set of a tenth, as CI would take; --json FILE to write the figures to a file.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { startBelfryProcess, type BelfryProcess } from '../testkit/belfry-process.ts';
import { median, quantile, table, type Figure } from './figures.ts';
import type { FillResult } from './fill.ts';
import { fetchJson, memberOf } from './http.ts';
import type { LoadPlan, LoadResult } from './load-generator.ts';
import { openMosquitto } from './peers.ts';
import { registerTown, type BenchTown } from './town.ts';

const { values: options } = parseArgs({ options: { short: { type: 'boolean' }, json: { type: 'string' } } });
const datastreams = 1_000;
const rowsPerDatastream = options.short === true ? 1_440 : 10_000;
const rounds = 3;
const roundMillis = options.short === true ? 1_500 : 4_000;
const minuteMillis = 60_000;

const figures: Figure[] = [];

async function main(): Promise<void> {
  const started = performance.now();
  const directory = await mkdtemp(join(tmpdir(), 'belfry-bench-'));
  const environment = { BELFRY_LOGGING_LEVEL: 'info' };
  let belfry = await startBelfryProcess({ directory, environment });
  add('start, empty', belfry.startMillis, 'ms', 'from the start of the process to ready');
  add('resident memory, empty', await residentMegabytes(belfry.pid), 'MB', '');
  try {
    const town = await registerTown(belfry.httpUrl, datastreams);
    await belfry.stop();
    await measureFill(directory, town);
    belfry = await startBelfryProcess({ directory, environment });
    add('start, full', belfry.startMillis, 'ms', `with ${datastreams * rowsPerDatastream} Observations`);
    await caughtUp(belfry);
    await measureQueries(belfry, town);
    const rate = await measureMqtt(belfry, town);
    await measureDataArray(belfry, town);
    await measureAlerts(belfry, town, rate / 2);
    add('resident memory, after all', await residentMegabytes(belfry.pid), 'MB', '');
  } finally {
    await belfry.stop();
    await rm(directory, { recursive: true, force: true });
  }
  process.stdout.write(`\n${table(figures)}\n${JSON.stringify(figures)}\n`);
  process.stdout.write(`whole bench: ${Math.round((performance.now() - started) / 1000)} s\n`);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`);
}

async function measureFill(directory: string, town: BenchTown): Promise<void> {
  const plan = {
    directory,
    datastreamIds: town.datastreamIds,
    featureOfInterestId: town.featureOfInterestId,
    rowsPerDatastream,
    end: Math.floor(Date.now() / minuteMillis) * minuteMillis,
  };
  const result: FillResult = JSON.parse(await runNode('fill.ts', plan));
  add('log and store alone', (result.rows / result.millis) * 1000, 'obs/s', `${result.rows} rows, durable and stored`);
}

/** Rounds of Belfry and Mosquitto in turn, so that both meet the same machine. */
async function measureMqtt(belfry: BelfryProcess, town: BenchTown): Promise<number> {
  const mosquitto = await openMosquitto();
  const acknowledged: number[] = [];
  const stored: number[] = [];
  const bare: number[] = [];
  const cost: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const before = Number(memberOf(memberOf(await fetchJson(`${belfry.httpUrl}/ingest`), 'log'), 'durableSequence'));
      const processorBefore = await processorMillis(belfry.pid);
      const result = await load({ port: belfry.mqttPort, datastreamIds: town.datastreamIds, millis: roundMillis });
      acknowledged.push(perSecond(result));
      const began = performance.now() - result.millis;
      const after = await caughtUp(belfry);
      if (after - before < result.acknowledged) throw new Error('less is durable than was acknowledged');
      stored.push(((after - before) / (performance.now() - began)) * 1000);
      cost.push(((await processorMillis(belfry.pid)) - processorBefore) / (result.acknowledged / 1000));
      if (mosquitto !== undefined) {
        bare.push(
          perSecond(await load({ port: mosquitto.port, datastreamIds: town.datastreamIds, millis: roundMillis })),
        );
      }
    }
  } finally {
    await mosquitto?.close();
  }
  add(
    'MQTT QoS 1, acknowledged',
    median(acknowledged),
    'obs/s',
    '50 connections, 200 in flight; durable, one rule each',
  );
  add('MQTT QoS 1, stored', median(stored), 'obs/s', 'from the first message until every consumer has caught up');
  add('processor time per 1,000', median(cost), 'ms', 'of the Belfry process, all threads');
  if (mosquitto === undefined) {
    process.stdout.write('mosquitto is not installed: no ratio\n');
    return median(acknowledged);
  }
  add('Mosquitto, accepted only', median(bare), 'msg/s', `bare ${mosquitto.version}, same stream, nothing kept`);
  const ratios = acknowledged.map((rate, round) => rate / (bare[round] ?? Number.NaN));
  add('ratio to Mosquitto', median(ratios), 'x', `each round: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
  return median(acknowledged);
}

async function measureDataArray(belfry: BelfryProcess, town: BenchTown): Promise<void> {
  const rows = 10_000;
  const body = JSON.stringify(
    town.datastreamIds.slice(0, 10).map((id) => ({
      Datastream: { '@iot.id': id },
      components: ['phenomenonTime', 'result'],
      'dataArray@iot.count': rows / 10,
      dataArray: Array.from({ length: rows / 10 }, (_, index) => [
        new Date(Date.now() - index * 1000).toISOString(),
        index / 10,
      ]),
    })),
  );
  const rates: number[] = [];
  const until = performance.now() + roundMillis;
  while (performance.now() < until) {
    const began = performance.now();
    const answers = await Promise.all([post(body), post(body)]);
    rates.push(((answers.length * rows) / (performance.now() - began)) * 1000);
  }
  add('DataArray over HTTP', median(rates), 'obs/s', 'two requests at a time, 10,000 rows each; durable');
  await caughtUp(belfry);

  async function post(text: string): Promise<void> {
    const response = await fetch(`${belfry.httpUrl}/v1.1/CreateObservations`, { method: 'POST', body: text });
    const lines: unknown = await response.json();
    if (response.status !== 201 || !Array.isArray(lines) || lines.length !== rows)
      throw new Error(`${response.status}`);
    if (lines.some((line) => String(line).startsWith('error'))) throw new Error('a row was refused');
  }
}

async function measureQueries(belfry: BelfryProcess, town: BenchTown): Promise<void> {
  const queries = [
    [
      '24 h of one Datastream',
      (id: number) => `/v1.1/Datastreams(${id})/Observations?$orderby=phenomenonTime%20desc&$top=1440`,
    ],
    [
      'newest of one Datastream',
      (id: number) => `/v1.1/Datastreams(${id})/Observations?$orderby=phenomenonTime%20desc&$top=1`,
    ],
    [
      'chart of 7 days, 800 points',
      (id: number) => `/series/${id}?points=800&from=${new Date(Date.now() - 7 * 86_400_000).toISOString()}`,
    ],
  ] as const;
  for (const [name, path] of queries) {
    const millis: number[] = [];
    for (let run = 0; run < 100; run += 1) {
      const id = town.datastreamIds[(run * 389) % town.datastreamIds.length] ?? 0;
      const began = performance.now();
      await fetchJson(`${belfry.httpUrl}${path(id)}`);
      if (run >= 10) millis.push(performance.now() - began);
    }
    add(`${name}, p50`, median(millis), 'ms', `out of ${datastreams * rowsPerDatastream}, over HTTP`);
    add(`${name}, p99`, quantile(millis, 0.99), 'ms', '');
  }
}

/** From the publish of a reading that crosses a threshold to the alert's event at /live, under load. */
async function measureAlerts(belfry: BelfryProcess, town: BenchTown, ratePerSecond: number): Promise<void> {
  const stop = new AbortController();
  const live = await fetch(`${belfry.httpUrl}/live`, { signal: stop.signal });
  const client = await connectAsync(belfry.mqttUrl, { protocolVersion: 5 });
  const millis: number[] = [];
  let sentAt = 0;
  let heard: (() => void) | undefined;
  const reading = (async () => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of live.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        if (!event.includes('event: alert') || !event.includes(`"datastreamId":${town.bellId}`)) continue;
        millis.push(performance.now() - sentAt);
        heard?.();
      }
    }
  })().catch(() => undefined);
  const loading = load({
    port: belfry.mqttPort,
    datastreamIds: town.datastreamIds,
    millis: roundMillis * 2,
    ratePerSecond,
  });
  await sleep(1_000);
  const until = performance.now() + roundMillis * 2 - 1_500;
  for (let count = 0; performance.now() < until; count += 1) {
    const event = new Promise<void>((resolve) => (heard = resolve));
    sentAt = performance.now();
    client.publish(
      `v1.1/Datastreams(${town.bellId})/Observations`,
      JSON.stringify({ result: count % 2 === 0 ? 2_000 : 0 }),
      { qos: 1 },
    );
    await Promise.race([event, sleep(5_000)]);
    await sleep(10);
  }
  stop.abort();
  await reading;
  await client.endAsync(true);
  const result = await loading;
  add(
    'alert latency, p50',
    median(millis),
    'ms',
    `publish to /live, ${millis.length} alerts, at ${Math.round(perSecond(result))} obs/s`,
  );
  add('alert latency, p99', quantile(millis, 0.99), 'ms', '');
}

async function load(
  part: Partial<LoadPlan> & Pick<LoadPlan, 'port' | 'datastreamIds' | 'millis'>,
): Promise<LoadResult> {
  const plan: LoadPlan = { connections: 50, inFlight: 200, ratePerSecond: 0, messagesMax: 0, ...part };
  const result: LoadResult = JSON.parse(await runNode('load-generator.ts', plan));
  return result;
}

async function runNode(script: string, argument: unknown): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [path, JSON.stringify(argument)], {
    maxBuffer: 10_000_000,
  });
  return stdout;
}

/** Waits until every consumer stands at the end of the log; gives that sequence. */
async function caughtUp(belfry: BelfryProcess): Promise<number> {
  for (;;) {
    const report = await fetchJson(`${belfry.httpUrl}/ingest`);
    const consumers = memberOf(report, 'consumers');
    const durable = Number(memberOf(memberOf(report, 'log'), 'durableSequence'));
    if (Array.isArray(consumers) && consumers.every((consumer) => Number(memberOf(consumer, 'position')) >= durable))
      return durable;
    await sleep(5);
  }
}

function perSecond(result: LoadResult): number {
  return (result.acknowledged / result.millis) * 1000;
}

async function residentMegabytes(pid: number): Promise<number> {
  if (process.platform !== 'linux') return Number.NaN;
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function processorMillis(pid: number): Promise<number> {
  if (process.platform !== 'linux') return Number.NaN;
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  // utime and stime, in ticks of a hundredth of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function add(name: string, value: number, unit: string, note: string): void {
  figures.push({ name, value, unit, note });
  process.stdout.write(`${name}: ${value.toFixed(2)} ${unit} ${note}\n`);
}

await main();
