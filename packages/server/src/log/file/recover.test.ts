import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailingDisk } from '../../../testkit/failing-disk.ts';
import { OutsideError, systemClock } from '../../kernel/mod.ts';
import { appendText, readAll, readFrom } from '../log-contract.ts';
import type { Log } from '../log.ts';
import { frameHeaderBytes, segmentHeaderBytes } from './frame.ts';
import { openFileLog, type LogNotice } from './open-file-log.ts';

const directory = '/log';
const firstPath = '/log/0000000000000001.log';

function openOn(disk: FailingDisk, notices: LogNotice[] = [], segmentBytesMax: number = 1_000_000): Promise<Log> {
  return openFileLog({
    directory,
    clock: systemClock,
    disk,
    segmentBytesMax,
    onNotice: (notice) => notices.push(notice),
  });
}

function diskWith(files: ReadonlyMap<string, Buffer>): FailingDisk {
  const disk = new FailingDisk();
  for (const [path, bytes] of files) disk.putFile(path, bytes);
  return disk;
}

interface Placed {
  readonly batch: number;
  readonly start: number;
  readonly end: number;
  readonly nextSequence: number;
  readonly records: readonly string[];
}

/** A log that died after four acknowledged batches, the last of three frames, and where each frame lies. */
async function deadLog(): Promise<{ bytes: Buffer; frames: readonly Placed[]; records: readonly string[] }> {
  const disk = new FailingDisk();
  const log = await openOn(disk);
  const batches = [[1, 1, 2], [1], [3, 3, 1], [1, 2, 3]];
  const frames: Placed[] = [];
  let start = segmentHeaderBytes;
  let sequence = 1;
  for (const [batch, kinds] of batches.entries()) {
    for (const kind of kinds) appendText(log, kind, `record ${log.nextSequence}`);
    await log.whenDurable(log.nextSequence);
    const reader = log.reader(sequence);
    for (const frame of await reader.readAvailable()) {
      const end = start + frameHeaderBytes + frame.payload.length;
      sequence = frame.sequence + frame.count;
      const texts = frame.payload.toString().split('\n').slice(0, -1);
      const records = texts.map((text, index) => `${frame.sequence + index}:${frame.kind}:${text}`);
      frames.push({ batch, start, end, nextSequence: sequence, records });
      start = end;
    }
    await reader.close();
  }
  const bytes = disk.killProcess().fileAt(firstPath);
  assert.equal(bytes.length, start);
  return { bytes, frames, records: await readFrom(log, 1) };
}

/** Opens, checks that exactly the frames before `offset` are there, and that the log goes on and can be opened again. */
async function expectCut(disk: FailingDisk, offset: number, frames: readonly Placed[], what: string): Promise<void> {
  const size = disk.fileAt(firstPath).length;
  const kept = frames.filter((frame) => frame.end <= offset);
  const nextSequence = kept.at(-1)?.nextSequence ?? 1;
  const notices: LogNotice[] = [];
  const log = await openOn(disk, notices);
  const expected = { kind: 'torn-tail', segment: firstPath, offset, bytes: size - offset, sequence: nextSequence };
  assert.deepEqual(notices, size === offset && offset > 0 ? [] : [expected], what);
  assert.equal(log.durableSequence, nextSequence, what);
  assert.equal(appendText(log, 1, 'afterwards'), nextSequence, what);
  await log.whenDurable(nextSequence + 1);
  await log.close();
  const noticesAgain: LogNotice[] = [];
  const again = await openOn(disk, noticesAgain);
  assert.deepEqual(noticesAgain, [], `${what}: nothing is left of what was cut off`);
  assert.deepEqual(
    await readFrom(again, 1),
    [...kept.flatMap((frame) => frame.records), `${nextSequence}:1:afterwards`],
    what,
  );
  await again.close();
}

async function expectDamage(disk: FailingDisk, path: string, offset: number, what: string): Promise<void> {
  const before = Buffer.from(disk.fileAt(path));
  await assert.rejects(
    openOn(disk),
    (error) => {
      assert.ok(error instanceof OutsideError, what);
      assert.ok(error.message.includes(`${path} at byte ${offset}:`), `${what}: ${error.message}`);
      return true;
    },
    what,
  );
  assert.deepEqual(disk.fileAt(path), before, 'nothing is changed');
}

describe('recovery of a log that was not closed', () => {
  it('cuts off what is left of a frame, wherever the file was cut, and keeps every frame before it', async () => {
    const { bytes, frames } = await deadLog();
    for (let length = bytes.length; length >= 0; length -= 1) {
      const disk = diskWith(new Map([[firstPath, bytes.subarray(0, length)]]));
      const whole = frames.findLast((frame) => frame.end <= length)?.end ?? segmentHeaderBytes;
      await expectCut(disk, length < segmentHeaderBytes ? 0 : whole, frames, `cut to ${length} bytes`);
    }
  });

  it('cuts off from a flipped byte on within the last batch, and refuses to open where it was durable before', async () => {
    const { bytes, frames } = await deadLog();
    const lastBatch = frames.at(-1)?.batch;
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      const disk = diskWith(new Map([[firstPath, flipped]]));
      const frame = frames.find((each) => each.start <= at && at < each.end);
      if (frame === undefined) await expectDamage(disk, firstPath, 0, `byte ${at} flipped`);
      else if (frame.batch === lastBatch) await expectCut(disk, frame.start, frames, `byte ${at} flipped`);
      else await expectDamage(disk, firstPath, frame.start, `byte ${at} flipped`);
    }
  });

  it('cuts off garbage and zeroes behind the last frame', async () => {
    const { bytes, frames } = await deadLog();
    for (const garbage of [Buffer.alloc(1), Buffer.alloc(5000), Buffer.alloc(300_000, 'garbage')]) {
      const disk = diskWith(new Map([[firstPath, Buffer.concat([bytes, garbage])]]));
      await expectCut(disk, bytes.length, frames, `${garbage.length} bytes of garbage`);
    }
  });

  it('does not take a frame that a stranger put into a reading for one of its own', async () => {
    const { bytes, frames } = await deadLog();
    const disk = new FailingDisk();
    const log = await openOn(disk);
    // The whole of another log, with frames that say that they were durable.
    log.append(1, bytes, 0, bytes.length);
    await log.whenDurable(2);
    const image = disk.killProcess().fileAt(firstPath).subarray(0, -1);
    assert.ok(frames.length > 3);
    const notices: LogNotice[] = [];
    const again = await openOn(diskWith(new Map([[firstPath, image]])), notices);
    assert.equal(again.nextSequence, 1);
    assert.deepEqual(
      notices.map((notice) => notice.kind),
      ['torn-tail'],
    );
  });
});

describe('recovery of a log that was closed', () => {
  it('knows every flipped byte of a record as damage, and cuts off nothing but its seal', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk);
    for (const kind of [1, 2]) appendText(log, kind, 'text');
    await log.close();
    const bytes = disk.fileAt(firstPath);
    const sealStart = bytes.length - frameHeaderBytes;
    for (let at = segmentHeaderBytes; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x80;
      const damaged = diskWith(new Map([[firstPath, flipped]]));
      if (at < sealStart) {
        const frameStart = at < segmentHeaderBytes + 53 ? segmentHeaderBytes : segmentHeaderBytes + 53;
        await expectDamage(damaged, firstPath, frameStart, `byte ${at}`);
        continue;
      }
      const notices: LogNotice[] = [];
      const opened = await openOn(damaged, notices);
      assert.equal(opened.nextSequence, 3);
      assert.equal(notices.length, 1);
      await opened.close();
    }
  });

  it('does not grow by being opened and closed', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk);
    appendText(log, 1, 'text');
    await log.close();
    const size = disk.fileAt(firstPath).length;
    for (let round = 0; round < 3; round += 1) await (await openOn(disk)).close();
    assert.equal(disk.fileAt(firstPath).length, size);
  });
});

describe('segments before the last', () => {
  async function threeSegments(): Promise<Map<string, Buffer>> {
    const disk = new FailingDisk();
    const log = await openOn(disk, [], 100);
    for (let sequence = 1; sequence <= 3; sequence += 1) {
      appendText(log, 1, 'a text that fills the segment, so that the next record begins another');
      await log.whenDurable(sequence + 1);
    }
    const dead = disk.killProcess();
    assert.equal(dead.paths().length, 3);
    return new Map(dead.paths().map((path) => [path, dead.fileAt(path)]));
  }
  const secondPath = '/log/0000000000000002.log';

  it('are damaged where the header or the seal is broken', async () => {
    const files = await threeSegments();
    const bytes = files.get(secondPath) ?? Buffer.alloc(0);
    for (const at of [0, 9, 13, 21, 30, bytes.length - 1, bytes.length - 20, bytes.length - frameHeaderBytes]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      const offset = at < segmentHeaderBytes ? 0 : bytes.length - frameHeaderBytes;
      await expectDamage(diskWith(new Map([...files, [secondPath, flipped]])), secondPath, offset, `byte ${at}`);
    }
    const shorter = bytes.subarray(0, -1);
    await expectDamage(diskWith(new Map([...files, [secondPath, shorter]])), secondPath, shorter.length - 48, 'cut');
  });

  it('are damaged where one is missing', async () => {
    const files = await threeSegments();
    files.delete(secondPath);
    await assert.rejects(openOn(diskWith(files)), { message: /ends before sequence 2, the next begins with 3/ });
  });

  it('give an error with segment and byte to the reader that meets a broken frame, and no record of it', async () => {
    const files = await threeSegments();
    const flipped = Buffer.from(files.get(secondPath) ?? Buffer.alloc(0));
    flipped[90] = (flipped[90] ?? 0) ^ 1;
    const log = await openOn(diskWith(new Map([...files, [secondPath, flipped]])));
    const reader = log.reader(1);
    const pattern = {
      name: 'OutsideError',
      message: /0000000000000002\.log at byte 32: the CRC of the frame is wrong/,
    };
    assert.equal((await reader.readAvailable()).length, 1);
    await assert.rejects(readAll(reader), pattern);
    await assert.rejects(readAll(reader), pattern);
    assert.equal(reader.position, 2);
    const behind = log.reader(3);
    assert.equal((await readAll(behind)).length, 1);
    await log.close();
  });
});

describe('a log whose machine loses power', () => {
  const rounds = 200;
  it(`has all that was acknowledged and nothing that was not appended, in ${rounds} random cuts`, async () => {
    for (let seed = 1; seed <= rounds; seed += 1) await losePower(seed);
  });

  async function losePower(seed: number): Promise<void> {
    const random = randomFrom(seed);
    let disk = new FailingDisk();
    let acknowledged = 1;
    let kept = 1;
    const appended: string[] = [];
    const closings: Promise<void>[] = [];
    for (let life = 0; life < 3; life += 1) {
      const log = await openOn(disk, [], 1500).catch((error: unknown) => {
        throw new Error(`seed ${seed}, life ${life}`, { cause: error });
      });
      assert.ok(log.durableSequence >= acknowledged, `seed ${seed}: ${log.durableSequence} < ${acknowledged}`);
      const survived = await readFrom(log, 1);
      assert.deepEqual(survived, appended.slice(log.firstSequence - 1, log.nextSequence - 1), `seed ${seed}`);
      assert.ok(log.firstSequence <= kept, `seed ${seed}: ${log.firstSequence} > ${kept}`);
      appended.length = log.nextSequence - 1;
      acknowledged = log.durableSequence;
      const move = log.keep('store', kept);
      log.onDurable((sequence) => {
        acknowledged = Math.max(acknowledged, sequence);
      });
      const turns = Math.floor(random() * 60);
      for (let turn = 0; turn < turns; turn += 1) {
        for (let count = Math.floor(random() * 8); count > 0; count -= 1) {
          const kind = random() < 0.8 ? 1 : 2;
          const text = String(seed).repeat(1 + Math.floor(random() * 60));
          appended.push(`${appendText(log, kind, text)}:${kind}:${text}`);
        }
        if (random() < 0.1) {
          kept = Math.max(kept, Math.floor(random() * acknowledged));
          move(kept);
        }
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      if (random() < 0.3) closings.push(log.close());
      // The machine stops between any two steps of the log.
      for (let step = Math.floor(random() * 20); step > 0; step -= 1) await Promise.resolve();
      disk = random() < 0.8 ? disk.cutPower(random) : disk.killProcess();
    }
    await Promise.all(closings);
  }
});

/** Numbers from 0 up to 1 that a seed decides (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
