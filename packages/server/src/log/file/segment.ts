import { join } from 'node:path';
import { BrokenInvariant, messageOf, OutsideError } from '../../kernel/mod.ts';
import type { Disk, DiskFile } from './disk.ts';
import { encodeSegmentHeader, segmentHeaderBytes } from './frame.ts';

/** One file of the log. `bytes` is how far it is durable and grows while it is the last; nobody reads beyond. */
export interface Segment {
  readonly path: string;
  readonly firstSequence: number;
  readonly mark: Buffer;
  bytes: number;
}

/** Segments are named by their first sequence in decimal, filled up to the 16 digits of 2^53. */
export function segmentPath(directory: string, firstSequence: number): string {
  return join(directory, `${firstSequence.toString().padStart(16, '0')}.log`);
}

/** The first sequence that a file's name gives; undefined where the file is no segment. */
export function sequenceOfName(name: string): number | undefined {
  return /^\d{16}\.log$/.test(name) ? Number(name.slice(0, 16)) : undefined;
}

/** Makes a segment file that is durable with header and name before anything is put behind the header. */
export async function createSegment(
  disk: Disk,
  directory: string,
  firstSequence: number,
  mark: Buffer,
): Promise<{ readonly segment: Segment; readonly file: DiskFile }> {
  const path = segmentPath(directory, firstSequence);
  const file = await disk.open(path, 'create');
  try {
    await writeSegmentHeader(file, firstSequence, mark);
    await disk.syncDirectory(directory);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { segment: { path, firstSequence, mark, bytes: segmentHeaderBytes }, file };
}

export async function writeSegmentHeader(file: DiskFile, firstSequence: number, mark: Buffer): Promise<void> {
  await writeFully(file, encodeSegmentHeader({ firstSequence, mark }), 0);
  await file.dataSync();
}

/** Writes all bytes at `position`. A write that takes fewer goes on with the rest; the disk says what stops it. */
export async function writeFully(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const written = await file.write(bytes, done, bytes.length, position + done);
    if (written <= 0) throw new BrokenInvariant(`the disk wrote ${written} of ${bytes.length - done} bytes`);
    done += written;
  }
}

/** Reads exactly `length` bytes at `position`, fewer only where the file ends. */
export async function readFully(file: DiskFile, length: number, position: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const read = await file.read(bytes.subarray(done), length - done, position + done);
    if (read === 0) return bytes.subarray(0, done);
    done += read;
  }
  return bytes;
}

/** What stands in a segment is not what was written, and it was acknowledged: nothing is skipped, a person decides. */
export function damage(path: string, byte: number, why: string, remedy: string): OutsideError {
  return new OutsideError('log-failed', `The log is damaged in ${path} at byte ${byte}: ${why}. ${remedy}`);
}

/** The disk refused. */
export function diskFailure(what: string, path: string, error: unknown): OutsideError {
  return new OutsideError(
    'log-failed',
    `The log could not ${what} ${path}: ${messageOf(error)}. ` +
      'Look for a full or failing disk (df, dmesg), mend it, and start Belfry again. Everything acknowledged is kept.',
    { cause: error },
  );
}
