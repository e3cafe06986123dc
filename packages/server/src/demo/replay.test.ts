import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../kernel/mod.ts';
import { openFakeBelfry } from './fake-belfry.ts';
import { ProgressBar } from './progress.ts';
import { replayBeijingAir, type ReplayProgress } from './replay.ts';
import { startTown } from './town.ts';
import { verifyBeijingAir } from './verify.ts';

const header =
  '"No","year","month","day","hour","PM2.5","PM10","SO2","NO2","CO","O3","TEMP","PRES","DEWP","RAIN","wd","WSPM","station"';
const hours = 40;
let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'belfry-replay-'));
  await writeFile(
    join(directory, 'stations.csv'),
    'station,latitude,longitude,district\nA,39.9,116.4,X\nB,40,116.5,Y\n',
  );
  for (const name of ['A', 'B']) {
    const rows = Array.from({ length: hours }, (_, index) => {
      const local = new Date(Date.UTC(2013, 2, 1, index));
      const time = `${local.getUTCFullYear()},${local.getUTCMonth() + 1},${local.getUTCDate()},${local.getUTCHours()}`;
      return `${index + 1},${time},${index},1.5,NA,4,500,6,-0.25,1020.8,-19.7,0,"E",0.5,"${name}"`;
    });
    await writeFile(join(directory, `PRSA_Data_${name}_x.csv.gz`), gzipSync(`${header}\n${rows.join('\n')}\n`));
  }
});

after(() => rm(directory, { recursive: true }));

test('every reading of the record is published once, and found again with its value', async () => {
  const belfry = await openFakeBelfry();
  try {
    const { httpUrl, mqttUrl } = belfry;
    const told: ReplayProgress[] = [];
    const onProgress = (progress: ReplayProgress): void => {
      told.push(progress);
    };
    const options = { directory, httpUrl, mqttUrl, speed: 'max', onProgress } as const;
    const result = await replayBeijingAir(options);
    assert.equal(result.readings, 2 * hours * 10);
    assert.equal(result.missing, 2 * hours);
    assert.equal(result.refused, 0);
    assert.equal(told.at(-1)?.readings, result.readings);
    assert.equal(belfry.sets.get('Things')?.length, 2);
    assert.equal(belfry.sets.get('Datastreams')?.length, 22);
    assert.equal(belfry.sets.get('ObservedProperties')?.length, 11);
    assert.equal(belfry.observations.get(1)?.[0]?.phenomenonTime, '2013-02-28T16:00:00Z');

    const faults: string[] = [];
    const onFault = (text: string): void => {
      faults.push(text);
    };
    assert.deepEqual(await verifyBeijingAir({ directory, httpUrl, onFault }), {
      found: result.readings,
      missing: 0,
      different: 0,
    });
    belfry.observations.set(
      1,
      (belfry.observations.get(1) ?? [])
        .toSpliced(5, 1)
        .with(6, { phenomenonTime: '2013-02-28T23:00:00Z', result: 99 }),
    );
    belfry.observations.set(2, [
      ...(belfry.observations.get(2) ?? []).slice(0, 1),
      ...(belfry.observations.get(2) ?? []),
    ]);
    const spoiled = await verifyBeijingAir({ directory, httpUrl, onFault });
    assert.deepEqual(spoiled, { found: result.readings - 2, missing: 1, different: 2 });
    assert.equal(faults.length, 3);
  } finally {
    await belfry.close();
  }
});

test('a second run registers nothing twice, and from and to bound what is sent', async () => {
  const belfry = await openFakeBelfry();
  try {
    const { httpUrl, mqttUrl } = belfry;
    const from = Date.UTC(2013, 1, 28, 20);
    const options = {
      directory,
      httpUrl,
      mqttUrl,
      speed: 'max',
      from,
      to: from + 3 * 3_600_000,
      connections: 1,
      onProgress: () => {},
    } as const;
    assert.equal((await replayBeijingAir(options)).readings, 2 * 3 * 10);
    const rules = belfry.rules.length;
    assert.equal((await replayBeijingAir(options)).readings, 2 * 3 * 10);
    assert.equal(belfry.sets.get('Things')?.length, 2);
    assert.equal(belfry.sets.get('ObservedProperties')?.length, 11);
    assert.equal(belfry.sets.get('Sensors')?.length, 1);
    assert.equal(belfry.rules.length, rules);
    assert.deepEqual([...belfry.clientIds], ['beijing-air-1']);
    assert.ok(belfry.observations.get(1)?.every(({ phenomenonTime }) => phenomenonTime >= '2013-02-28T20:00:00Z'));
  } finally {
    await belfry.close();
  }
});

test('a given speed takes its time', async () => {
  const belfry = await openFakeBelfry();
  try {
    const { httpUrl, mqttUrl } = belfry;
    const to = Date.UTC(2013, 1, 28, 16) + 5 * 3_600_000;
    // An hour in 20 ms: the fifth hour is due 80 ms after the first.
    const result = await replayBeijingAir({ directory, httpUrl, mqttUrl, speed: 180_000, to, onProgress: () => {} });
    assert.equal(result.readings, 2 * 5 * 10);
    assert.ok(result.millis >= 75, `${result.millis}`);
  } finally {
    await belfry.close();
  }
});

test('the town registers itself once, fills in history and publishes as its devices would', async () => {
  const belfry = await openFakeBelfry();
  try {
    const { httpUrl, mqttUrl } = belfry;
    const run = async (rounds: number): Promise<number> => {
      const stop = new AbortController();
      const start = [...belfry.observations.values()].flat().length;
      const town = startTown({
        httpUrl,
        mqttUrl,
        seed: 4,
        clock: systemClock,
        signal: stop.signal,
        intervalMillis: 20,
        historyHours: 0.1,
      });
      const total = (): number => [...belfry.observations.values()].flat().length;
      while (total() < start + rounds * 60) await new Promise((resolve) => setTimeout(resolve, 10));
      stop.abort();
      const report = await town;
      assert.equal(report.dropped, 0);
      return report.published;
    };
    assert.ok((await run(12)) > 0);
    assert.equal(belfry.sets.get('Things')?.length, 20);
    assert.equal(belfry.clientIds.size, 19);
    assert.equal(belfry.rules.length, 4);
    assert.ok((await run(4)) > 0);
    assert.equal(belfry.sets.get('Things')?.length, 20);
    assert.equal(belfry.rules.length, 4);
  } finally {
    await belfry.close();
  }
});

test('progress is a bar on a terminal and plain lines elsewhere', () => {
  for (const isTTY of [true, false]) {
    let written = '';
    let now = 0;
    const output = { isTTY, columns: 60, write: (text: string) => (written += text) };
    const bar = new ProgressBar(output, { now: () => now, monotonic: () => now });
    bar.show(0, 'a');
    bar.show(0.1, 'too soon');
    now = 6_000;
    bar.show(0.5, 'b');
    bar.show(1, 'c');
    bar.end();
    const lines = ['  0 %  a\n', ' 50 %  b\n', '100 %  c\n'];
    if (isTTY)
      assert.match(written, /^\r\[\.{40}\] +0 % {2}a.*\r\[#{20}\.{20}\] +50 % {2}b.*\r\[#{40}\] 100 % {2}c.*\n$/u);
    else assert.equal(written, lines.join(''));
  }
});
