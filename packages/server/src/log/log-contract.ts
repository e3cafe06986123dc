/** What every adapter of the Log port must do. Each adapter's own test calls `describeLogContract` with a way to open it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Frame, Log, LogReader } from './log.ts';

/** A place that keeps a log from one `open` to the next. The log in it has small segments: 4,000 bytes or less. */
export interface LogPlace {
  open(): Promise<Log>;
  /** Removes everything. */
  dispose(): Promise<void>;
}

/** Records of frames as texts, `sequence:kind:text`; a record of these tests ends with a line feed. */
function recordsOf(frames: readonly Frame[]): string[] {
  return frames.flatMap((frame) => {
    const texts = frame.payload.toString().split('\n').slice(0, -1);
    assert.equal(texts.length, frame.count);
    return texts.map((text, index) => `${frame.sequence + index}:${frame.kind}:${text}`);
  });
}

/** Everything that is durable from the reader's position on. */
export async function readAll(reader: LogReader): Promise<string[]> {
  const records: string[] = [];
  for (;;) {
    const frames = await reader.readAvailable();
    if (frames.length === 0) return records;
    records.push(...recordsOf(frames));
  }
}

/** Everything that is durable from `sequence` on, by a reader of its own. */
export async function readFrom(log: Log, sequence: number): Promise<string[]> {
  const reader = log.reader(sequence);
  try {
    return await readAll(reader);
  } finally {
    await reader.close();
  }
}

/** Appends a text as one record. */
export function appendText(log: Log, kind: number, text: string): number {
  const bytes = Buffer.from(`__${text}\n__`);
  return log.append(kind, bytes, 2, bytes.length - 2);
}

export function describeLogContract(name: string, newPlace: () => Promise<LogPlace>): void {
  const withLog = async (run: (log: Log, place: LogPlace) => Promise<void>): Promise<void> => {
    const place = await newPlace();
    const log = await place.open();
    try {
      await run(log, place);
    } finally {
      await log.close();
      await place.dispose();
    }
  };
  const appendDurably = async (log: Log, first: number, last: number): Promise<void> => {
    for (let number = first; number <= last; number += 1) {
      assert.equal(appendText(log, 1, `record ${number}`), number);
      if (number % 7 === 0) await log.whenDurable(log.nextSequence);
    }
    await log.whenDurable(log.nextSequence);
  };
  const numbers = (first: number, last: number): string[] =>
    Array.from({ length: last - first + 1 }, (_, index) => `${first + index}:1:record ${first + index}`);

  describe(`log contract: ${name}`, () => {
    it('gives the first record the sequence 1 and each next one more', () =>
      withLog(async (log) => {
        assert.equal(log.nextSequence, 1);
        assert.equal(log.durableSequence, 1);
        assert.deepEqual(
          [1, 2, 3].map((kind) => appendText(log, kind, 'x')),
          [1, 2, 3],
        );
        assert.equal(log.nextSequence, 4);
        assert.equal(log.trouble, null);
        await log.whenDurable(4);
        assert.equal(log.durableSequence, 4);
        assert.equal(log.pendingBytes, 0);
      }));

    it('copies the record, so that the source can be used again at once', () =>
      withLog(async (log) => {
        const bytes = Buffer.from('one\n');
        log.append(1, bytes, 0, 4);
        bytes.write('two\n');
        log.append(1, bytes, 0, 4);
        await log.whenDurable(3);
        assert.deepEqual(await readFrom(log, 1), ['1:1:one', '2:1:two']);
      }));

    it('keeps the order of records of several kinds', () =>
      withLog(async (log) => {
        const kinds = [1, 1, 2, 1, 3, 3, 3, 1, 2, 2];
        for (const [index, kind] of kinds.entries()) appendText(log, kind, `text ${index}`);
        await log.whenDurable(log.nextSequence);
        const reader = log.reader(1);
        assert.deepEqual(
          await readAll(reader),
          kinds.map((kind, index) => `${index + 1}:${kind}:text ${index}`),
        );
        await reader.close();
      }));

    it('tells listeners of each growth of the durable sequence until they leave', () =>
      withLog(async (log) => {
        const heard: number[] = [];
        const leave = log.onDurable((sequence) => heard.push(sequence));
        appendText(log, 1, 'one');
        await log.whenDurable(2);
        appendText(log, 1, 'two');
        await log.whenDurable(3);
        assert.deepEqual(heard, [2, 3]);
        leave();
        appendText(log, 1, 'three');
        await log.whenDurable(4);
        assert.deepEqual(heard, [2, 3]);
      }));

    it('lets a waiting caller go when its signal is aborted', () =>
      withLog(async (log) => {
        const reason = new Error('enough');
        const controller = new AbortController();
        const waiting = log.whenDurable(99, controller.signal);
        controller.abort(reason);
        await assert.rejects(waiting, reason);
        await assert.rejects(log.whenDurable(99, AbortSignal.abort(reason)), reason);
      }));

    it('shows a reader nothing before it is durable, and then everything', () =>
      withLog(async (log) => {
        const reader = log.reader(1);
        appendText(log, 1, 'one');
        assert.deepEqual(await reader.readAvailable(), []);
        await log.whenDurable(2);
        assert.deepEqual(recordsOf(await reader.readAvailable()), ['1:1:one']);
        assert.equal(reader.position, 2);
        await reader.close();
      }));

    it('makes a reader wait at the end until a record is durable', () =>
      withLog(async (log) => {
        const reader = log.reader(1);
        const reading = reader.read(new AbortController().signal);
        appendText(log, 5, 'late');
        assert.deepEqual(recordsOf(await reading), ['1:5:late']);
        await reader.close();
      }));

    it('lets a waiting reader go when its signal is aborted, and loses nothing by it', () =>
      withLog(async (log) => {
        const reader = log.reader(1);
        const controller = new AbortController();
        const reason = new Error('stopping');
        const reading = reader.read(controller.signal);
        controller.abort(reason);
        await assert.rejects(reading, reason);
        appendText(log, 1, 'after');
        await log.whenDurable(2);
        await assert.rejects(reader.read(controller.signal), reason);
        assert.deepEqual(recordsOf(await reader.read(new AbortController().signal)), ['1:1:after']);
        await reader.close();
      }));

    it('replays from any sequence, across segments, with the whole frame that holds it', () =>
      withLog(async (log) => {
        await appendDurably(log, 1, 600);
        const all = numbers(1, 600);
        for (let from = 1; from <= 602; from += 13) {
          const reader = log.reader(from);
          const records = await readAll(reader);
          assert.equal(reader.position, Math.max(from, 601));
          const extra = records.length - Math.max(0, 601 - from);
          assert.ok(extra >= 0 && extra < 7, `${extra} records before ${from}`);
          assert.deepEqual(records, all.slice(from - 1 - extra));
          await reader.close();
        }
      }));

    it('keeps records and sequences when it is closed and opened again', async () => {
      const place = await newPlace();
      for (let round = 0; round < 4; round += 1) {
        const log = await place.open();
        assert.equal(log.durableSequence, round * 100 + 1);
        await appendDurably(log, round * 100 + 1, round * 100 + 100);
        const reader = log.reader(1);
        assert.deepEqual(await readAll(reader), numbers(1, round * 100 + 100));
        await reader.close();
        await log.close();
      }
      await place.dispose();
    });

    it('writes what is pending before it is closed, and takes nothing afterwards', async () => {
      const place = await newPlace();
      const log = await place.open();
      appendText(log, 1, 'last words');
      const waiting = log.whenDurable(2);
      await log.close();
      await waiting;
      assert.equal(appendText(log, 1, 'too late'), 0);
      const again = await place.open();
      assert.deepEqual(await readFrom(again, 1), ['1:1:last words']);
      await again.close();
      await place.dispose();
    });

    it('serves several readers at their own pace while records come', () =>
      withLog(async (log) => {
        const count = 3000;
        const follow = async (pause: number): Promise<string[]> => {
          const reader = log.reader(1);
          const records: string[] = [];
          while (reader.position <= count) {
            records.push(...recordsOf(await reader.read(AbortSignal.timeout(30_000))));
            for (let turn = 0; turn < pause; turn += 1) {
              await new Promise((resolve) => {
                setImmediate(resolve);
              });
            }
          }
          await reader.close();
          return records;
        };
        const following = Promise.all([follow(0), follow(1), follow(5)]);
        await appendDurably(log, 1, count);
        for (const records of await following) assert.deepEqual(records, numbers(1, count));
      }));

    it('deletes nothing while no consumer is registered or one still needs it', () =>
      withLog(async (log) => {
        await appendDurably(log, 1, 600);
        assert.equal(log.firstSequence, 1);
        const moveSlow = log.keep('slow', 1);
        const moveFast = log.keep('fast', 1);
        moveFast(601);
        await settle();
        assert.equal(log.firstSequence, 1);
        moveSlow(300);
        await until(() => log.firstSequence > 1);
        await settle();
        assert.ok(log.firstSequence <= 300);
        assert.deepEqual(
          [...log.positions()],
          [
            ['slow', 300],
            ['fast', 601],
          ],
        );
        const reader = log.reader(300);
        assert.deepEqual((await readAll(reader)).slice(-301), numbers(300, 600));
        await reader.close();
      }));

    it('starts at the first record that is left, and goes on with its sequences, after truncation and reopening', async () => {
      const place = await newPlace();
      const log = await place.open();
      await appendDurably(log, 1, 600);
      log.keep('only', 1)(601);
      await until(() => log.firstSequence > 1);
      await log.close();
      const { firstSequence } = log;
      const again = await place.open();
      assert.equal(again.firstSequence, firstSequence);
      assert.deepEqual(await readFrom(again, 1), numbers(firstSequence, 600));
      await appendDurably(again, 601, 610);
      assert.deepEqual(await readFrom(again, 601), numbers(601, 610));
      await again.close();
      await place.dispose();
    });

    it('refuses a kept position that lies behind its end: acknowledged records would be missing', () =>
      withLog(async (log) => {
        await appendDurably(log, 1, 3);
        assert.throws(() => log.keep('store', 5), { code: 'log-failed', message: /the log ends at 4/ });
      }));
  });
}

/** Waits until something that happens by itself has happened. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
}
