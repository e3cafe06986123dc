/** Kills a process that appends, with SIGKILL. The same file is the process: with a directory as argument it appends for ever. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { systemClock } from '../../kernel/mod.ts';
import { appendText, readFrom } from '../log-contract.ts';
import { openFileLog } from './open-file-log.ts';

const rounds = 10;
const segmentBytesMax = 200_000;
const childDirectory = process.argv[2];

if (childDirectory === undefined) {
  it(`a process that holds the log alone and is killed ${rounds} times with SIGKILL loses nothing it acknowledged`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'belfry-log-kill-'));
    for (let round = 1; round <= rounds; round += 1) {
      const acknowledged = await killWhileAppending(directory, round * 12);
      // A stale lock does not block the next process.
      const log = await openFileLog({ directory, clock: systemClock, segmentBytesMax });
      assert.ok(log.durableSequence >= acknowledged, `${log.durableSequence} is durable, ${acknowledged} acknowledged`);
      const records = await readFrom(log, 1);
      assert.equal(records.length, log.nextSequence - 1);
      for (const [index, record] of records.entries()) {
        assert.equal(record, `${index + 1}:1:${'record '.repeat((index + 1) % 40)}${index + 1}`);
      }
      await log.close();
    }
    await rm(directory, { recursive: true });
  });
} else {
  await appendForEver(childDirectory);
}

/** Returns the last durable sequence that the process told. It is killed a moment after its first word. */
async function killWhileAppending(directory: string, millis: number): Promise<number> {
  const child = spawn(process.execPath, [import.meta.filename, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    told += text;
  });
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  await assert.rejects(openFileLog({ directory, clock: systemClock }), /open in another process/);
  setTimeout(() => child.kill('SIGKILL'), millis);
  const [, signal] = await closed;
  assert.equal(signal, 'SIGKILL');
  const lines = told.split('\n').slice(0, -1);
  assert.ok(lines.length > 0);
  return Number(lines.at(-1));
}

async function appendForEver(directory: string): Promise<void> {
  const log = await openFileLog({ directory, clock: systemClock, segmentBytesMax });
  log.onDurable((sequence) => writeSync(1, `${sequence}\n`));
  for (;;) {
    for (let count = 0; count < 5; count += 1) {
      appendText(log, 1, `${'record '.repeat(log.nextSequence % 40)}${log.nextSequence}`);
    }
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
