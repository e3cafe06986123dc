/**
 * Fills a data directory with Observations the way they would have come: through the log, from which the store takes them.
 * A process of its own, because chDB binds one data directory a process. Argument: JSON FillPlan; prints a JSON FillResult.
 */
import { join } from 'node:path';
import pino from 'pino';
import { recordKinds, resultKinds, rowBytesMin, writeRow } from '../src/domain/mod.ts';
import { systemClock } from '../src/kernel/mod.ts';
import { openFileLog } from '../src/log/mod.ts';
import { openChdbStore } from '../src/store/mod.ts';

export interface FillPlan {
  readonly directory: string;
  readonly datastreamIds: readonly number[];
  readonly featureOfInterestId: number;
  readonly rowsPerDatastream: number;
  /** phenomenonTime of the newest row, milliseconds since 1970; one row a minute before it. */
  readonly end: number;
}

export interface FillResult {
  readonly rows: number;
  readonly millis: number;
}

const minuteMillis = 60_000;

async function fill(plan: FillPlan): Promise<FillResult> {
  const log = await openFileLog({
    directory: join(plan.directory, 'log'),
    clock: systemClock,
    // The other consumers come later and begin at the start, so nothing may be deleted before them.
    consumers: ['store', 'rules', 'alerts'],
  });
  const store = await openChdbStore({
    directory: join(plan.directory, 'observations'),
    log,
    flushMillis: 1_000,
    logger: pino({ level: 'warn' }),
  });
  const started = performance.now();
  const row = Buffer.alloc(rowBytesMin);
  for (let minute = plan.rowsPerDatastream - 1; minute >= 0; minute -= 1) {
    const time = plan.end - minute * minuteMillis;
    for (const datastreamId of plan.datastreamIds) {
      const value = Math.round((20 + 10 * Math.sin(minute / 229 + datastreamId)) * 10) / 10;
      writeRow(row, 0, {
        id: log.nextSequence,
        datastreamId,
        featureOfInterestId: plan.featureOfInterestId,
        phenomenonStart: time,
        phenomenonEnd: time,
        resultKind: resultKinds.number,
        resultNumber: value,
        resultText: '',
        resultTime: null,
        validStart: null,
        validEnd: null,
        resultQuality: '',
        parameters: '',
        version: 0,
        deleted: false,
      });
      if (log.append(recordKinds.observations, row, 0, row.length) === 0)
        throw new Error(log.trouble ?? 'the log is full');
    }
    if (log.pendingBytes > 16_000_000) await log.whenDurable(log.nextSequence);
  }
  await log.whenDurable(log.nextSequence);
  await store.caughtUp(log.durableSequence);
  const millis = performance.now() - started;
  await store.close();
  await log.close();
  return { rows: plan.datastreamIds.length * plan.rowsPerDatastream, millis };
}

const plan: FillPlan = JSON.parse(process.argv[2] ?? '{}');
process.stdout.write(`${JSON.stringify(await fill(plan))}\n`);
