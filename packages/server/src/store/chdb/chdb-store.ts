import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { recordKinds, RowCursor, type Observation } from '../../domain/mod.ts';
import { messageOf, OutsideError } from '../../kernel/mod.ts';
import type { Frame, Log, LogReader } from '../../log/mod.ts';
import type {
  Bucket,
  Extent,
  Newest,
  ObservationOrder,
  ObservationQuery,
  ObservationStore,
} from '../observation-store.ts';
import { Connection, type Parameter } from './connection.ts';
import { NewestTable } from './newest-table.ts';
import { PositionFile } from './position-file.ts';
import { parseRemovals } from './removal-lines.ts';
import { createTableSql, rowSelectList, rowStructure } from './schema.ts';
import { Spool } from './spool.ts';

export interface ChdbStoreOptions {
  /** Holds the database, the spool and the kept position; made when absent. One process at a time. */
  readonly directory: string;
  readonly log: Log;
  /** Longest time that a reading waits in the spool, in milliseconds. */
  readonly flushMillis: number;
  /** Rows that make the spool be inserted before its time. */
  readonly flushRows?: number;
  readonly logger: Logger;
}

/** Opens the store and begins to follow the log from the kept position. */
export async function openChdbStore(options: ChdbStoreOptions): Promise<ObservationStore> {
  const database = join(options.directory, 'chdb');
  await mkdir(database, { recursive: true });
  const positionFile = new PositionFile(options.directory);
  const position = await positionFile.read();
  const writer = new Connection(database);
  await writer.command(createTableSql);
  const readers = [new Connection(database), new Connection(database)];
  const store = new ChdbStore(options, { writer, readers, positionFile, position });
  await store.load();
  store.start();
  return store;
}

interface Parts {
  readonly writer: Connection;
  readonly readers: readonly Connection[];
  readonly positionFile: PositionFile;
  readonly position: number;
}

const orderColumns = {
  id: 'id',
  phenomenonTime: 'phenomenon_start',
  resultTime: 'result_time',
} as const satisfies Record<ObservationOrder, string>;

/** Rows at which the spool is inserted before its time: large inserts are what ClickHouse does best. */
const defaultFlushRows = 100_000;
const retryMillis = 1_000;

class ChdbStore implements ObservationStore {
  position: number;
  trouble: string | null = null;
  readonly #options: ChdbStoreOptions;
  readonly #parts: Parts;
  readonly #newest = new NewestTable();
  readonly #spool: Spool;
  readonly #reader: LogReader;
  readonly #keep: (position: number) => void;
  readonly #stop = new AbortController();
  readonly #waiting: {
    readonly sequence: number;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  /** Rows below this sequence may stand in the table already, from an insert whose end was not kept. */
  #doubtfulBelow = 0;
  #corrected = false;
  /** Lowest sequence that may stand in the spool. */
  #spoolFirst = 0;
  #nextReader = 0;
  #wake: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ChdbStoreOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.position = parts.position;
    this.#spool = new Spool(join(options.directory, 'spool.rows'));
    this.#reader = options.log.reader(parts.position);
    this.#keep = options.log.keep('store', parts.position);
  }

  /** What must be known before the first query: doubtful rows, corrections, newest values. */
  async load(): Promise<void> {
    const { log, logger } = this.#options;
    if (this.position < log.firstSequence) {
      logger.warn(
        { position: this.position, firstSequence: log.firstSequence },
        'the log no longer holds what the store has not read; the readings between are in neither',
      );
    }
    const summary = await this.#rows(
      'SELECT toUInt64(max(greatest(id, version))), toUInt64(countIf(version > 0)) FROM observations',
    );
    this.#doubtfulBelow = Number(summary.readBigUInt64LE(0)) + 1;
    this.#corrected = summary.readBigUInt64LE(8) > 0n;
    if (this.#doubtfulBelow > this.position) {
      logger.info({ position: this.position }, 'the last insert before the stop is compared with the log row by row');
    }
    await this.#loadNewest();
  }

  start(): void {
    this.#running = this.#follow().catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'the store cannot read the log and has stopped following it');
      this.#fail(error);
    });
  }

  newest(datastreamId: number): Newest | undefined {
    return this.#newest.newest(datastreamId);
  }

  extent(datastreamId: number): Extent | undefined {
    return this.#newest.extent(datastreamId);
  }

  async observation(id: number): Promise<Observation | undefined> {
    await this.#caughtUpNow();
    const rows = await this.#rows(
      `SELECT ${rowSelectList} FROM observations ${this.#final()} WHERE id = {id:UInt64} AND deleted = 0 LIMIT 1`,
      { id },
    );
    return decode(rows)[0];
  }

  async observations(query: ObservationQuery): Promise<readonly Observation[]> {
    await this.#caughtUpNow();
    const filter = filterOf(query);
    const direction = query.descending ? 'DESC' : 'ASC';
    // SensorThings sorts null first ascending and last descending (18-088, 9.3.3.2).
    const nulls = query.orderBy === 'resultTime' ? (query.descending ? ' NULLS LAST' : ' NULLS FIRST') : '';
    const key =
      query.orderBy === 'id'
        ? `id ${direction}`
        : `${orderColumns[query.orderBy]} ${direction}${nulls}, id ${direction}`;
    const rows = await this.#rows(
      `SELECT ${rowSelectList} FROM observations ${this.#final()} WHERE ${filter.sql} ORDER BY ${key} LIMIT {top:UInt64} OFFSET {skip:UInt64}`,
      { ...filter.parameters, top: query.top, skip: query.skip },
    );
    return decode(rows);
  }

  async count(query: Pick<ObservationQuery, 'datastreamIds' | 'featureOfInterestId'>): Promise<number> {
    await this.#caughtUpNow();
    const filter = filterOf(query);
    const rows = await this.#rows(
      `SELECT toUInt64(count()) FROM observations ${this.#final()} WHERE ${filter.sql}`,
      filter.parameters,
    );
    return Number(rows.readBigUInt64LE(0));
  }

  async series(datastreamId: number, from: number, to: number, bucketMillis: number): Promise<readonly Bucket[]> {
    await this.#caughtUpNow();
    const rows = await this.#rows(
      `SELECT toInt64(intDiv(toUnixTimestamp64Milli(phenomenon_start) - {from:Int64}, {bucket:Int64})) AS slot,
         avg(result_number), min(result_number), max(result_number), toUInt64(count())
       FROM observations ${this.#final()}
       WHERE datastream = {datastream:UInt64} AND deleted = 0 AND result_kind = 1
         AND phenomenon_start >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
         AND phenomenon_start < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
       GROUP BY slot ORDER BY slot`,
      { datastream: datastreamId, from, to, bucket: bucketMillis },
    );
    const buckets: Bucket[] = [];
    for (let offset = 0; offset + 40 <= rows.length; offset += 40) {
      buckets.push({
        time: from + Number(rows.readBigInt64LE(offset)) * bucketMillis,
        mean: rows.readDoubleLE(offset + 8),
        min: rows.readDoubleLE(offset + 16),
        max: rows.readDoubleLE(offset + 24),
        count: Number(rows.readBigUInt64LE(offset + 32)),
      });
    }
    return buckets;
  }

  async caughtUp(sequence: number): Promise<void> {
    if (this.position >= sequence) return;
    if (this.trouble !== null) throw new OutsideError('store-failed', this.trouble);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ sequence, resolve, reject });
      this.#wake?.();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#running;
    for (const waiter of this.#waiting.splice(0))
      waiter.reject(new OutsideError('store-failed', 'the store is closing'));
    await this.#reader.close();
    await this.#spool.close();
    for (const reader of this.#parts.readers) reader.close();
    this.#parts.writer.close();
  }

  #caughtUpNow(): Promise<void> {
    return this.caughtUp(this.#options.log.durableSequence);
  }

  /** Corrections are rare: only a table that has any pays for merging versions while it reads. */
  #final(): string {
    return this.#corrected ? 'FINAL' : '';
  }

  async #rows(sql: string, parameters: Readonly<Record<string, Parameter>> = {}): Promise<Buffer> {
    const { readers, writer } = this.#parts;
    this.#nextReader = (this.#nextReader + 1) % readers.length;
    return await (readers[this.#nextReader] ?? writer).rows(sql, parameters);
  }

  /** Follows the log until closed: fills the spool, and inserts it when it is full, old, or somebody waits for it. */
  async #follow(): Promise<void> {
    let reading: Promise<readonly Frame[]> | undefined;
    let position = this.position;
    let spoolSince = 0;
    while (!this.#stop.signal.aborted) {
      reading ??= this.#reader.read(this.#stop.signal);
      const due = this.#spool.rows > 0 || position > this.position ? spoolSince + this.#options.flushMillis : Infinity;
      const frames = this.#mustInsert(position, due) ? undefined : await this.#framesOrWake(reading, due);
      if (frames === undefined) {
        if (!this.#stop.signal.aborted && this.#mustInsert(position, due)) await this.#insert(position);
        continue;
      }
      reading = undefined;
      if (position === this.position) spoolSince = performance.now();
      for (const frame of frames) {
        position = await this.#take(frame, position);
      }
    }
    reading?.catch(() => undefined);
    await this.#insert(position, { lastTry: true });
  }

  #mustInsert(position: number, due: number): boolean {
    if (position === this.position) return false;
    if (this.#spool.rows >= (this.#options.flushRows ?? defaultFlushRows)) return true;
    if (performance.now() >= due) return true;
    return this.#waiting.some((waiter) => waiter.sequence <= position);
  }

  /** The next frames, or undefined when it is time to look at the spool. */
  async #framesOrWake(reading: Promise<readonly Frame[]>, due: number): Promise<readonly Frame[] | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const woken = new Promise<undefined>((resolve) => {
      this.#wake = () => resolve(undefined);
      if (due !== Infinity) timer = setTimeout(this.#wake, Math.max(0, due - performance.now()));
    });
    try {
      return await Promise.race([reading, woken]);
    } catch (error) {
      if (this.#stop.signal.aborted) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
      this.#wake = undefined;
    }
  }

  async #take(frame: Frame, position: number): Promise<number> {
    const end = frame.sequence + frame.count;
    if (frame.kind === recordKinds.observations) {
      // A frame that holds the kept position comes whole, with rows below it.
      if (this.#spool.rows === 0) this.#spoolFirst = Math.min(frame.sequence, this.position);
      await this.#spool.add(frame.payload, (row) => {
        if (row.version > 0) this.#correctedNow(row.datastreamId);
        else this.#newest.take(row);
      });
    }
    if (frame.kind === recordKinds.removals) {
      await this.#insert(position);
      await this.#untilItWorks(() => this.#remove(frame));
      await this.#keepPosition(end);
    }
    return end;
  }

  readonly #toReload = new Set<number>();

  #correctedNow(datastreamId: number): void {
    this.#corrected = true;
    this.#toReload.add(datastreamId);
  }

  /** Inserts the spool and keeps the position behind it. A failure is said and tried again until closed. */
  async #insert(position: number, { lastTry = false }: { readonly lastTry?: boolean } = {}): Promise<void> {
    if (position <= this.position) return;
    if (this.#spool.rows > 0) {
      const done = await this.#untilItWorks(() => this.#insertSpool(position), lastTry);
      if (!done) return;
      await this.#spool.clear();
    }
    await this.#keepPosition(position);
    if (this.#toReload.size > 0) {
      const ids = [...this.#toReload];
      this.#toReload.clear();
      await this.#untilItWorks(() => this.#reloadNewest(ids), lastTry);
    }
  }

  async #insertSpool(position: number): Promise<void> {
    const path = this.#spool.path.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    const source = `SELECT ${rowSelectList} FROM file('${path}', 'RowBinary', ${rowStructure})`;
    const from = this.#spoolFirst;
    const filter =
      from < this.#doubtfulBelow
        ? ` WHERE (id, version, deleted, phenomenon_start) NOT IN
            (SELECT id, version, deleted, phenomenon_start FROM observations WHERE id >= ${from} OR version >= ${from})`
        : '';
    // Until this insert is known to be whole, a second try must look at what the first one left.
    this.#doubtfulBelow = Math.max(this.#doubtfulBelow, position);
    await this.#parts.writer.command(`INSERT INTO observations ${source}${filter}`);
    this.#doubtfulBelow = Math.min(this.#doubtfulBelow, position);
  }

  async #keepPosition(position: number): Promise<void> {
    await this.#untilItWorks(() => this.#parts.positionFile.write(position));
    this.position = position;
    this.#keep(position);
    let index = 0;
    while (index < this.#waiting.length) {
      const waiter = this.#waiting[index];
      if (waiter !== undefined && waiter.sequence <= position) {
        this.#waiting.splice(index, 1);
        waiter.resolve();
      } else index += 1;
    }
  }

  async #remove(frame: Frame): Promise<void> {
    for (const removal of parseRemovals(frame.payload)) {
      const before = `id < ${frame.sequence}`;
      if (removal.datastreamIds.length > 0) {
        await this.#parts.writer.command(
          `DELETE FROM observations WHERE datastream IN (${removal.datastreamIds.join(', ')}) AND ${before}`,
        );
        for (const id of removal.datastreamIds) this.#newest.forget(id);
      }
      if (removal.featureOfInterestIds.length > 0) {
        const condition = `feature_of_interest IN (${removal.featureOfInterestIds.join(', ')}) AND ${before}`;
        const touched = await this.#parts.writer.rows(
          `SELECT DISTINCT datastream FROM observations WHERE ${condition}`,
        );
        await this.#parts.writer.command(`DELETE FROM observations WHERE ${condition}`);
        await this.#reloadNewest(readIds(touched));
      }
    }
  }

  /** Runs a step until it works; false when closing came first. */
  async #untilItWorks(step: () => Promise<void>, lastTry = false): Promise<boolean> {
    for (;;) {
      try {
        await step();
        if (this.trouble !== null) this.#options.logger.info('the observation store works again');
        this.trouble = null;
        return true;
      } catch (error) {
        this.#fail(error);
        if (lastTry || this.#stop.signal.aborted) return false;
        await sleep(retryMillis, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  #fail(error: unknown): void {
    if (this.trouble === null)
      this.#options.logger.error({ err: error }, 'the observation store refuses an insert; it is tried again');
    this.trouble = `The observation store refuses inserts: ${messageOf(error)}. Readings go on being taken into the log. Check the disk of ${this.#options.directory}.`;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new OutsideError('store-failed', this.trouble));
  }

  async #loadNewest(): Promise<void> {
    await this.#aggregateNewest('', this.#parts.readers[0] ?? this.#parts.writer);
  }

  async #reloadNewest(datastreamIds: readonly number[]): Promise<void> {
    if (datastreamIds.length === 0) return;
    for (const id of datastreamIds) this.#newest.forget(id);
    await this.#aggregateNewest(`AND datastream IN (${datastreamIds.join(', ')})`, this.#parts.writer);
  }

  async #aggregateNewest(condition: string, connection: Connection): Promise<void> {
    const from = `FROM observations ${this.#final()} WHERE deleted = 0 ${condition} GROUP BY datastream ORDER BY datastream`;
    const extents = await connection.rows(
      `SELECT toUInt64(datastream), toUnixTimestamp64Milli(min(phenomenon_start)), toUnixTimestamp64Milli(max(phenomenon_end)),
         toUInt8(count(result_time) > 0),
         ifNull(toUnixTimestamp64Milli(min(result_time)), toInt64(0)), ifNull(toUnixTimestamp64Milli(max(result_time)), toInt64(0)) ${from}`,
    );
    const newest = new RowCursor(
      await connection.rows(`SELECT argMax(tuple(${rowSelectList}), (phenomenon_start, id)) ${from}`),
    );
    for (let offset = 0; newest.advance() && offset + 41 <= extents.length; offset += 41) {
      const hasResultTime = extents[offset + 24] === 1;
      this.#newest.load(newest, {
        phenomenonStart: Number(extents.readBigInt64LE(offset + 8)),
        phenomenonEnd: Number(extents.readBigInt64LE(offset + 16)),
        resultStart: hasResultTime ? Number(extents.readBigInt64LE(offset + 25)) : null,
        resultEnd: hasResultTime ? Number(extents.readBigInt64LE(offset + 33)) : null,
      });
    }
  }
}

function decode(rows: Buffer): Observation[] {
  const cursor = new RowCursor(rows);
  const observations: Observation[] = [];
  while (cursor.advance()) observations.push(cursor.observation());
  return observations;
}

function readIds(rows: Buffer): number[] {
  const ids: number[] = [];
  for (let offset = 0; offset + 8 <= rows.length; offset += 8) ids.push(Number(rows.readBigUInt64LE(offset)));
  return ids;
}

function filterOf(query: Pick<ObservationQuery, 'datastreamIds' | 'featureOfInterestId'>): {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
} {
  const conditions = ['deleted = 0'];
  const parameters: Record<string, Parameter> = {};
  const [only, ...others] = query.datastreamIds ?? [];
  if (only !== undefined && others.length === 0) {
    conditions.push('datastream = {datastream:UInt64}');
    parameters['datastream'] = only;
  } else if (query.datastreamIds !== undefined) {
    conditions.push('datastream IN {datastreams:Array(UInt64)}');
    parameters['datastreams'] = query.datastreamIds;
  }
  if (query.featureOfInterestId !== undefined) {
    conditions.push('feature_of_interest = {feature:UInt64}');
    parameters['feature'] = query.featureOfInterestId;
  }
  return { sql: conditions.join(' AND '), parameters };
}
