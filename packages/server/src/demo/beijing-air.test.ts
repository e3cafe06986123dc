import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { countBeijingReadings, readBeijingHours, readBeijingStations, type CsvFault } from './beijing-air.ts';

const record = join(import.meta.dirname, '../../../../../shared/data/beijing-air');
const header =
  '"No","year","month","day","hour","PM2.5","PM10","SO2","NO2","CO","O3","TEMP","PRES","DEWP","RAIN","wd","WSPM","station"';

async function withRecord(
  files: Readonly<Record<string, string>>,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'belfry-beijing-'));
  try {
    const names = Object.keys(files).map((name) => `${name},39.9,116.4,District`);
    await writeFile(join(directory, 'stations.csv'), `station,latitude,longitude,district\n${names.join('\n')}\n`);
    for (const [name, rows] of Object.entries(files)) {
      await writeFile(join(directory, `PRSA_Data_${name}_x.csv.gz`), gzipSync(`${header}\n${rows}\n`));
    }
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('the record has 4,556,243 readings, and one cell that is neither a number nor NA', async (context) => {
  if (!existsSync(record)) {
    context.skip(`the record is not at ${record}`);
    return;
  }
  const { readings, missing, faults } = await countBeijingReadings(record);
  assert.equal(readings, 4_556_243);
  // 420,768 rows of 11 numeric columns.
  assert.equal(readings + missing, 420_768 * 11);
  assert.equal(faults.length, 1);
  assert.match(faults[0]?.file ?? '', /PRSA_Data_Aotizhongxin/u);
  assert.equal(faults[0]?.line, 76);
});

test('hours of all stations come in order of time, in UTC, with the digits of the file', async () => {
  await withRecord(
    {
      A: '1,2013,3,1,0,4,NA,3,NA,200,82,-2.3,1020.8,-19.7,0,"E",0.5,"A"\n2,2013,3,1,2,5,7,3,NA,200,82,-2.30,1e3,-19,0,"E",0.5,"A"',
      B: '1,2013,3,1,1,9,9,9,9,9,9,9,9,9,9,NA,9,"B"\n2,2013,3,1,2,8,8,8,8,8,8,8,8,8,8,NA,8,"B"',
    },
    async (directory) => {
      const stations = await readBeijingStations(directory);
      const seen: unknown[] = [];
      for await (const hours of readBeijingHours(stations, (fault) => assert.fail(fault.reason))) {
        seen.push(
          hours.map(({ station, millis, cells }) => [station, new Date(millis).toISOString(), cells.slice(0, 8)]),
        );
      }
      assert.deepEqual(seen, [
        [[0, '2013-02-28T16:00:00.000Z', ['4', null, '3', null, '200', '82', '-2.3', '1020.8']]],
        [[1, '2013-02-28T17:00:00.000Z', ['9', '9', '9', '9', '9', '9', '9', '9']]],
        [
          [0, '2013-02-28T18:00:00.000Z', ['5', '7', '3', null, '200', '82', '-2.30', '1e3']],
          [1, '2013-02-28T18:00:00.000Z', ['8', '8', '8', '8', '8', '8', '8', '8']],
        ],
      ]);
    },
  );
});

test('rows and cells that cannot be used are told of with file and line', async () => {
  const rows = [
    '1,2013,2,30,0,4,4,3,1,200,82,-2.3,1020.8,-19.7,0,"E",0.5,"A"',
    '2,2013,3,1,1,x,4,3,1,200,82,-2.3,1020.8,-19.7,0,"E",0.5,"A"',
    '3,2013,3,1,2,4,4',
    '4,2013,3,1,3,4,4,3,1,200,82,-2.3,1020.8,-19.7,0,"E",0.5,"Elsewhere"',
  ];
  await withRecord({ A: rows.join('\n') }, async (directory) => {
    const { readings, missing, faults } = await countBeijingReadings(directory);
    assert.deepEqual([readings, missing], [10, 1]);
    assert.deepEqual(
      faults.map((fault: CsvFault) => [fault.line, fault.reason]),
      [
        [2, '"2013 2 30 0" is no date and hour; the row is left out'],
        [3, 'PM2.5 is "x", which is neither a number nor NA; not sent'],
        [4, '7 cells where the header has 18; the row is left out'],
        [5, 'station "Elsewhere" in the file of another; left out'],
      ],
    );
  });
});

test('a folder that is not the record is told of', async () => {
  await withRecord({}, async (directory) => {
    await writeFile(join(directory, 'stations.csv'), 'station,latitude,longitude,district\nA,1,2,D\n');
    await assert.rejects(readBeijingStations(directory), /has no file PRSA_Data_A_/u);
  });
});
