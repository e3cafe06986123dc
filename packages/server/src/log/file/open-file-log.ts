import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { limits, OutsideError, type Clock } from '../../kernel/mod.ts';
import type { Log } from '../log.ts';
import { nodeDisk, type Disk } from './disk.ts';
import { FileLog } from './file-log.ts';
import { markBytes } from './frame.ts';
import { recoverLog, type TornTail } from './recover.ts';
import { diskFailure } from './segment.ts';

/** What an operator should know of, though the log goes on. */
export type LogNotice =
  | TornTail
  /** A segment that nobody needs could not be removed; it is tried again at the next start. */
  | { readonly kind: 'not-removed'; readonly segment: string; readonly reason: string };

/** `segmentBytesMax` and the like stand for those of kernel/limits.ts where a test wants smaller ones. */
export interface FileLogSettings {
  readonly directory: string;
  readonly clock: Clock;
  readonly disk?: Disk;
  readonly onNotice?: (notice: LogNotice) => void;
  /** Consumers without whose kept position nothing is deleted, in whatever order they register. */
  readonly consumers?: readonly string[];
  /** Eight random bytes for each new segment. */
  readonly newMark?: () => Buffer;
  readonly segmentBytesMax?: number;
  readonly frameBytesMax?: number;
  readonly pendingBytesMax?: number;
}

/**
 * Opens the log in `directory` and makes it where there is none. What recover.ts cuts off is told by `onNotice`.
 * Rejects with OutsideError `log-failed` where another process has it open, the disk refuses, or the log is damaged.
 */
export async function openFileLog(settings: FileLogSettings): Promise<Log> {
  const { directory, clock, disk = nodeDisk, onNotice = () => {} } = settings;
  const newMark = settings.newMark ?? (() => randomBytes(markBytes));
  const unlock = await lockDirectory(disk, directory);
  try {
    const recovered = await recoverLog(disk, directory, newMark);
    if (recovered.tornTail !== null) onNotice(recovered.tornTail);
    return new FileLog(
      {
        disk,
        clock,
        directory,
        newMark,
        onNotice,
        unlock,
        consumers: settings.consumers ?? [],
        segmentBytesMax: settings.segmentBytesMax ?? limits.segmentBytesMax,
        frameBytesMax: settings.frameBytesMax ?? limits.frameBytesMax,
        pendingBytesMax: settings.pendingBytesMax ?? limits.logPendingBytesMax,
      },
      recovered,
    );
  } catch (error) {
    unlock();
    throw error instanceof OutsideError ? error : diskFailure('open', directory, error);
  }
}

async function lockDirectory(disk: Disk, directory: string): Promise<() => void> {
  let unlock: (() => void) | undefined;
  try {
    await disk.makeDirectory(directory);
    unlock = disk.lock(join(directory, 'lock'));
  } catch (error) {
    throw diskFailure('open', directory, error);
  }
  if (unlock !== undefined) return unlock;
  throw new OutsideError(
    'log-failed',
    `The log in ${directory} is open in another process. Stop that one, or give this one another directory.`,
  );
}
