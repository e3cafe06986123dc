import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FailingDisk } from '../../../testkit/failing-disk.ts';
import { systemClock } from '../../kernel/mod.ts';
import { appendText, describeLogContract, readAll, readFrom, type LogPlace } from '../log-contract.ts';
import type { Log } from '../log.ts';
import { openFileLog } from './open-file-log.ts';

const directory = '/log';

describeLogContract('segment files', async (): Promise<LogPlace> => {
  const path = await mkdtemp(join(tmpdir(), 'belfry-log-'));
  return {
    open: () => openFileLog({ directory: join(path, 'deep', 'log'), clock: systemClock, segmentBytesMax: 2000 }),
    dispose: () => rm(path, { recursive: true }),
  };
});

describeLogContract('segment files on a disk in memory', async (): Promise<LogPlace> => {
  const disk = new FailingDisk();
  return { open: () => openOn(disk), dispose: async () => {} };
});

function openOn(disk: FailingDisk, bounds: { pendingBytesMax?: number; frameBytesMax?: number } = {}): Promise<Log> {
  return openFileLog({ directory, clock: systemClock, disk, segmentBytesMax: 2000, ...bounds });
}

describe('file log: group commit', () => {
  it('syncs once for all records of one turn, and once for all that come meanwhile', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk);
    const syncsBefore = disk.counts.get('dataSync') ?? 0;
    const syncs = (): number => (disk.counts.get('dataSync') ?? 0) - syncsBefore;
    const release = disk.hold('dataSync');
    for (let index = 0; index < 10; index += 1) appendText(log, 1, 'first turn');
    const first = log.whenDurable(11);
    while (syncs() === 0) await turn();
    for (let index = 0; index < 10; index += 1) {
      appendText(log, 1, 'meanwhile');
      await turn();
    }
    assert.equal(log.durableSequence, 1);
    assert.equal(syncs(), 1);
    release();
    await first;
    await log.whenDurable(21);
    assert.equal(syncs(), 2);
    await log.close();
  });

  it('makes a new segment durable by name before it acknowledges what is in it', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk);
    for (let index = 0; index < 100; index += 1) appendText(log, 1, 'a record that fills the segment');
    await log.whenDurable(101);
    const release = disk.hold('syncDirectory');
    appendText(log, 1, 'first of the second segment');
    for (let turns = 0; turns < 50; turns += 1) await turn();
    assert.equal(log.durableSequence, 101);
    release();
    await log.whenDurable(102);
    assert.deepEqual(disk.paths(), ['/log/0000000000000001.log', '/log/0000000000000101.log']);
    await log.close();
  });

  it('takes nothing more while as many bytes wait as the bound allows, and goes on afterwards', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk, { pendingBytesMax: 2000 });
    const release = disk.hold('dataSync');
    let taken = 0;
    while (appendText(log, 1, 'x'.repeat(99)) !== 0) {
      taken += 1;
      if (taken === 5) await turn();
    }
    assert.ok(taken > 15 && log.pendingBytes <= 2000, `${taken} records, ${log.pendingBytes} bytes`);
    assert.equal(log.nextSequence, taken + 1);
    assert.equal(log.trouble, null);
    release();
    await log.whenDurable(taken + 1);
    assert.equal(appendText(log, 1, 'room again'), taken + 1);
    await log.close();
  });

  it('begins a new frame where the kind changes or the frame would pass its bound', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk, { frameBytesMax: 148 });
    for (const kind of [1, 1, 2, 2, 2, 2, 1]) appendText(log, kind, 'x'.repeat(29));
    await log.whenDurable(8);
    const frames = await log.reader(1).readAvailable();
    assert.deepEqual(
      frames.map(({ kind, sequence, count }) => [kind, sequence, count]),
      [
        [1, 1, 2],
        [2, 3, 3],
        [2, 6, 1],
        [1, 7, 1],
      ],
    );
    assert.throws(() => appendText(log, 1, 'x'.repeat(100)), { name: 'BrokenInvariant' });
    await log.close();
  });

  it('keeps records of some megabytes and gives them back whole', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk);
    const large = 'y'.repeat(3_000_000);
    for (const text of ['small', large, 'small', large]) appendText(log, 1, text);
    await log.whenDurable(5);
    assert.deepEqual(await readFrom(log, 1), ['1:1:small', `2:1:${large}`, '3:1:small', `4:1:${large}`]);
    await log.close();
  });
});

describe('file log: failures of the disk', () => {
  for (const operation of ['write', 'dataSync'] as const) {
    it(`acknowledges nothing more after a failed ${operation}, says so, and does not try again`, async () => {
      const disk = new FailingDisk();
      const log = await openOn(disk);
      appendText(log, 1, 'good');
      await log.whenDurable(2);
      const heard: number[] = [];
      log.onDurable((sequence) => heard.push(sequence));
      disk.fail(operation, new Error('EIO: i/o error'));
      appendText(log, 1, 'bad');
      await assert.rejects(log.whenDurable(3), { name: 'OutsideError', code: 'log-failed', message: /EIO.*df, dmesg/ });
      assert.match(log.trouble ?? '', /0000000000000001\.log: EIO/);
      assert.deepEqual(heard, [0]);
      disk.heal();
      assert.equal(appendText(log, 1, 'refused'), 0);
      for (let turns = 0; turns < 10; turns += 1) await turn();
      assert.equal(log.durableSequence, 2);
      await assert.rejects(log.whenDurable(3), { code: 'log-failed' });
      assert.deepEqual(await readFrom(log, 1), ['1:1:good']);
      await log.close();
    });
  }

  it('fails in the same way where a new segment cannot be made', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk);
    for (let index = 0; index < 100; index += 1) appendText(log, 1, 'a record that fills the segment');
    await log.whenDurable(101);
    disk.fail('syncDirectory', new Error('EIO'));
    appendText(log, 1, 'first of the second segment');
    await assert.rejects(log.whenDurable(102), { code: 'log-failed', message: /segment for sequence 101/ });
    await log.close();
    const again = await openOn(disk.cutPower(() => 0));
    assert.equal(again.nextSequence, 101);
    await again.close();
  });

  it('writes again, after a restart, what a failed fdatasync left in the page cache only', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk);
    appendText(log, 1, 'good');
    await log.whenDurable(2);
    disk.fail('dataSync', new Error('EIO'));
    appendText(log, 1, 'in the page cache only');
    await assert.rejects(log.whenDurable(3));
    const restarted = disk.killProcess();
    const again = await openOn(restarted);
    assert.equal(again.durableSequence, 3);
    appendText(again, 1, 'behind it');
    await again.whenDurable(4);
    const afterPowerCut = await openOn(restarted.cutPower(() => 0));
    assert.deepEqual(await readFrom(afterPowerCut, 1), ['1:1:good', '2:1:in the page cache only', '3:1:behind it']);
    await afterPowerCut.close();
  });

  it('reports a close that could not write what was pending', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk);
    disk.fail('write', new Error('ENOSPC: no space left on device'));
    appendText(log, 1, 'never durable');
    const waiting = assert.rejects(log.whenDurable(2), /ENOSPC/);
    await assert.rejects(log.close(), /ENOSPC/);
    await waiting;
    await (await openOn(disk.killProcess())).close();
  });

  it('tells a reader whose disk fails, and lets it go on where it was', async () => {
    const disk = new FailingDisk();
    const log = await openOn(disk);
    appendText(log, 1, 'one');
    await log.whenDurable(2);
    const reader = log.reader(1);
    disk.fail('read', new Error('EIO'));
    await assert.rejects(reader.readAvailable(), { code: 'log-failed', message: /could not read .*EIO/ });
    disk.heal();
    assert.deepEqual(await readAll(reader), ['1:1:one']);
    await log.close();
  });

  it('goes on where an old segment cannot be removed, and says so', async () => {
    const disk = new FailingDisk();
    const notices: string[] = [];
    const log = await openFileLog({
      directory,
      disk,
      clock: systemClock,
      segmentBytesMax: 100,
      onNotice: (notice) => notices.push(notice.kind),
    });
    for (let sequence = 1; sequence <= 10; sequence += 1) {
      appendText(log, 1, 'x'.repeat(100));
      await log.whenDurable(sequence + 1);
    }
    disk.fail('remove', new Error('EPERM'));
    log.keep('only', 1)(11);
    for (let turns = 0; turns < 10; turns += 1) await turn();
    assert.deepEqual(notices, ['not-removed']);
    assert.equal(log.trouble, null);
    await log.close();
  });
});

describe('file log: truncation', () => {
  it('deletes nothing before every consumer that it was told of is registered', async () => {
    const disk = new FailingDisk();
    const consumers = ['rules', 'store'];
    const log = await openFileLog({ directory, disk, clock: systemClock, segmentBytesMax: 100, consumers });
    for (let sequence = 1; sequence <= 10; sequence += 1) {
      appendText(log, 1, 'x'.repeat(100));
      await log.whenDurable(sequence + 1);
    }
    const moveRules = log.keep('rules', 1);
    moveRules(11);
    for (let turns = 0; turns < 10; turns += 1) await turn();
    assert.equal(log.firstSequence, 1);
    const moveStore = log.keep('store', 1);
    moveRules(11);
    for (let turns = 0; turns < 10; turns += 1) await turn();
    assert.equal(log.firstSequence, 1);
    moveStore(5);
    await log.close();
    assert.equal(log.firstSequence, 5);
    assert.deepEqual(disk.paths()[0], '/log/0000000000000005.log');
  });
});

describe('file log: one process at a time', () => {
  it('does not open a log that is open, and opens it when it was closed', async () => {
    const path = await mkdtemp(join(tmpdir(), 'belfry-log-'));
    const log = await openFileLog({ directory: path, clock: systemClock });
    await assert.rejects(openFileLog({ directory: path, clock: systemClock }), {
      name: 'OutsideError',
      message: /open in another process/,
    });
    await log.close();
    await (await openFileLog({ directory: path, clock: systemClock })).close();
    await rm(path, { recursive: true });
  });

  it('rejects a waiting reader and a waiting caller when it is closed', async () => {
    const log = await openOn(new FailingDisk());
    const reading = assert.rejects(log.reader(1).read(new AbortController().signal), /closed/);
    const waiting = assert.rejects(log.whenDurable(9), /closed/);
    for (let turns = 0; turns < 10; turns += 1) await turn();
    await log.close();
    await reading;
    await waiting;
    await assert.rejects(log.whenDurable(9), /closed/);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
