import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, type Clock } from '../../kernel/mod.ts';
import type { Finding } from './finding.ts';

const nodeVersionMin = 24;
const freeBytesFail = 500_000_000;
const freeBytesWarn = 5_000_000_000;
const syncRounds = 40;

export function checkNode(version: string): Finding {
  const name = 'Node';
  if (Number(/^v(\d+)/.exec(version)?.[1]) >= nodeVersionMin) return { name, grade: 'ok', words: version };
  return {
    name,
    grade: 'fail',
    words: `${version} is too old`,
    remedy: `Start Belfry by \`npx belfry\` or \`npm start\`: they bring Node ${nodeVersionMin}.`,
  };
}

/** The data directory, or where it is not made yet the folder that it would be made in. */
export function checkWritable(dataDirectory: string): Finding {
  const name = 'data directory';
  const folder = existingFolder(dataDirectory);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    return {
      name,
      grade: 'fail',
      words: `${folder} cannot be written`,
      remedy: 'Give the user that runs Belfry the right to it, or set dataDirectory.',
    };
  }
  if (folder !== dataDirectory) return { name, grade: 'ok', words: `${dataDirectory} will be made at the first start` };
  if ((statSync(folder).mode & 0o007) !== 0) {
    return {
      name,
      grade: 'warn',
      words: `${folder} is open to every user of this machine`,
      remedy: `chmod o-rwx ${folder}`,
    };
  }
  return { name, grade: 'ok', words: dataDirectory };
}

export function checkDisk(dataDirectory: string): Finding {
  const name = 'disk';
  const facts = statfsSync(existingFolder(dataDirectory));
  const free = facts.bavail * facts.bsize;
  const words = `${(free / 1e9).toFixed(1)} GB free`;
  const remedy = 'Free some, or move dataDirectory: a full disk stops the log, and with it every acknowledgement.';
  if (free < freeBytesFail) return { name, grade: 'fail', words, remedy };
  return free < freeBytesWarn ? { name, grade: 'warn', words, remedy } : { name, grade: 'ok', words };
}

/** How fast the disk makes small writes durable: the log waits for it once a batch, so it bounds the delay of each reading. */
export function checkSync(dataDirectory: string, clock: Clock): Finding {
  const name = 'durable writes';
  const file = join(existingFolder(dataDirectory), `.belfry-doctor-${process.pid}`);
  try {
    const handle = openSync(file, 'wx');
    try {
      const start = clock.monotonic();
      for (let round = 0; round < syncRounds; round += 1) {
        writeSync(handle, Buffer.alloc(4096, round));
        fdatasyncSync(handle);
      }
      return gradeSync((clock.monotonic() - start) / syncRounds);
    } finally {
      closeSync(handle);
      rmSync(file, { force: true });
    }
  } catch (error) {
    return {
      name,
      grade: 'fail',
      words: messageOf(error),
      remedy: 'The log needs a disk that writes and syncs; look at the disk and the file system.',
    };
  }
}

function gradeSync(millis: number): Finding {
  const name = 'durable writes';
  const words = `${millis < 1 ? millis.toFixed(2) : millis.toFixed(0)} ms each`;
  if (millis > 50) {
    return {
      name,
      grade: 'warn',
      words,
      remedy:
        'Each acknowledgement waits that long. A solid-state disk takes about 1 ms; network and SD-card storage take far more.',
    };
  }
  if (millis < 0.02) {
    return {
      name,
      grade: 'warn',
      words,
      remedy:
        'That is faster than disks are: this storage may only pretend (memory, or a cache without battery), and lose readings with the power.',
    };
  }
  return { name, grade: 'ok', words };
}

/** Readings without a time get the time of receipt, so the machine's clock must be right. */
export function checkClock(dataDirectory: string, clock: Clock): Finding {
  const name = 'clock';
  const now = clock.now();
  const words = new Date(now).toISOString();
  const remedy =
    'Set the clock and keep it right with NTP: readings without a time of their own get the time of receipt.';
  if (now < Date.UTC(2026, 0)) return { name, grade: 'fail', words: `${words} is in the past`, remedy };
  const newest = existsSync(dataDirectory)
    ? Math.max(0, ...readdirSync(dataDirectory).map((entry) => statSync(join(dataDirectory, entry)).mtimeMs))
    : 0;
  if (newest > now + 60_000) {
    return { name, grade: 'warn', words: `${words} is before the newest file in the data directory`, remedy };
  }
  return { name, grade: 'ok', words };
}

/** The path itself, or the nearest folder above it that is there. */
function existingFolder(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : existingFolder(dirname(path));
}
