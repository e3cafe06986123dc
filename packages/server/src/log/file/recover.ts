/**
 * Opens what a directory holds of a log.
 *
 * What may be cut off and what may not. A batch is written only when the one before it is durable, and every frame says up
 * to which byte its segment was durable when it was written (`synced bytes`). So where a frame is broken at byte X:
 * - If any whole frame behind it says that the segment was durable beyond X, then the broken frame was durable and may have been
 *   acknowledged: the disk has lost or changed it. That is damage. Nothing is cut, the log does not open, a person decides.
 * - If none does, the broken frame belongs to the last batch, whose fdatasync need not have ended: a torn tail. Frames of
 *   the same batch may stand whole behind it (a power cut keeps pages in any order); none of them was acknowledged before
 *   the others, and all are cut off from X on. This is reported, for it is also what a last batch looks like that was
 *   acknowledged and then destroyed: no single file can tell the two apart.
 * A clean stop ends the segment with a seal, a frame behind all others, so that after it every broken byte is known as damage.
 * Segments but the last were sealed and durable before the next was made: anything wrong in them is damage.
 *
 * The last batch is written and synced once more before it counts as durable: it may be whole in the page cache only,
 * where a failed fdatasync of a former process left it and would not try again.
 */
import { limits } from '../../kernel/mod.ts';
import type { Disk, DiskFile } from './disk.ts';
import { decodeFrame, decodeSegmentHeader, frameHeaderBytes, sealKind, segmentHeaderBytes } from './frame.ts';
import { FrameChunks } from './frame-chunks.ts';
import {
  createSegment,
  damage,
  readFully,
  segmentPath,
  sequenceOfName,
  writeFully,
  writeSegmentHeader,
  type Segment,
} from './segment.ts';

/** What was cut off a log that was not closed: `bytes` from `offset` of `segment` on, the first of them for `sequence`. */
export interface TornTail {
  readonly kind: 'torn-tail';
  readonly segment: string;
  readonly offset: number;
  readonly bytes: number;
  readonly sequence: number;
}

export interface RecoveredLog {
  /** In order, at least one; the last is the one that is written. */
  readonly segments: Segment[];
  /** The last of them, and its file open for writing. */
  readonly segment: Segment;
  readonly file: DiskFile;
  readonly nextSequence: number;
  /** False where records stand behind the last seal. */
  readonly sealed: boolean;
  readonly tornTail: TornTail | null;
}

interface Scan {
  readonly end: number;
  readonly nextSequence: number;
  /** Where the last whole batch begins; 0 where there is none. */
  readonly batchStart: number;
  readonly sealed: boolean;
  readonly broken: string | null;
}

const copyBytes = 1_048_576;

/** Rejects with OutsideError `log-failed` where the log is damaged, and with the disk's error where that fails. */
export async function recoverLog(disk: Disk, directory: string, newMark: () => Buffer): Promise<RecoveredLog> {
  const firsts = (await disk.list(directory)).map(sequenceOfName).filter((first) => first !== undefined);
  firsts.sort((one, other) => one - other);
  const last = firsts.pop();
  if (last === undefined) {
    const { segment, file } = await createSegment(disk, directory, 1, newMark());
    return { segments: [segment], segment, file, nextSequence: 1, sealed: true, tornTail: null };
  }
  const segments: Segment[] = [];
  for (const [index, first] of firsts.entries()) {
    segments.push(await openClosedSegment(disk, segmentPath(directory, first), first, firsts[index + 1] ?? last));
  }
  const file = await disk.open(segmentPath(directory, last), 'write');
  try {
    const recovered = await recoverLastSegment(file, segmentPath(directory, last), last, newMark);
    await disk.syncDirectory(directory);
    return { ...recovered, segments: [...segments, recovered.segment], file };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A segment before the last: its seal must join it to the next. Its frames are checked when they are read. */
async function openClosedSegment(disk: Disk, path: string, first: number, next: number): Promise<Segment> {
  const remedy =
    `Restore the file from a backup. If every consumer has handled all below sequence ${next} (belfry doctor), ` +
    'nothing is lost by moving this file and all with smaller numbers out of the directory.';
  const file = await disk.open(path, 'read');
  try {
    const bytes = await file.size();
    const header = decodeSegmentHeader(await readFully(file, segmentHeaderBytes, 0));
    if ('why' in header) throw damage(path, 0, header.why, remedy);
    if (header.firstSequence !== first) {
      throw damage(path, 12, `the header gives the first sequence ${header.firstSequence}, the name ${first}`, remedy);
    }
    const sealStart = bytes - frameHeaderBytes;
    const sealBytes = await readFully(file, frameHeaderBytes, Math.max(segmentHeaderBytes, sealStart));
    const seal = decodeFrame(sealBytes, 0, sealBytes.length, sealStart, header.mark, 0);
    if (seal.kind !== sealKind)
      throw damage(path, Math.max(0, sealStart), 'the segment does not end with a seal', remedy);
    if (seal.sequence !== next) {
      const why = `the segment ends before sequence ${seal.sequence}, the next begins with ${next}`;
      throw damage(path, sealStart, why, 'A segment between the two is missing: restore it from a backup.');
    }
    return { path, firstSequence: first, mark: header.mark, bytes };
  } finally {
    await file.close();
  }
}

async function recoverLastSegment(
  file: DiskFile,
  path: string,
  first: number,
  newMark: () => Buffer,
): Promise<{ segment: Segment; nextSequence: number; sealed: boolean; tornTail: TornTail | null }> {
  const size = await file.size();
  const header = decodeSegmentHeader(await readFully(file, segmentHeaderBytes, 0));
  if ('why' in header) {
    // The header is durable before anything is put behind it, so a file that is no longer never held a record.
    if (size > segmentHeaderBytes) throw damage(path, 0, header.why, 'Restore the file from a backup.');
    const mark = newMark();
    await file.truncate(0);
    await writeSegmentHeader(file, first, mark);
    const segment = { path, firstSequence: first, mark, bytes: segmentHeaderBytes };
    const tornTail = { kind: 'torn-tail', segment: path, offset: 0, bytes: size, sequence: first } as const;
    return { segment, nextSequence: first, sealed: true, tornTail };
  }
  if (header.firstSequence !== first) {
    const why = `the header gives the first sequence ${header.firstSequence}, the name ${first}`;
    throw damage(path, 12, why, 'Give the file its own name again, or restore it from a backup.');
  }
  const chunks = new FrameChunks(limits.readBytesMax);
  const scan = await scanFrames(file, header.mark, first, size, chunks);
  let tornTail: TornTail | null = null;
  if (scan.broken !== null) {
    if (await wasDurable(file, header.mark, scan.end, size, chunks)) {
      throw damage(path, scan.end, scan.broken, damagedTailRemedy(path, scan));
    }
    await file.truncate(scan.end);
    tornTail = {
      kind: 'torn-tail',
      segment: path,
      offset: scan.end,
      bytes: size - scan.end,
      sequence: scan.nextSequence,
    };
  }
  await writeAgain(file, scan.batchStart, scan.end);
  const segment = { path, firstSequence: first, mark: header.mark, bytes: scan.end };
  return { segment, nextSequence: scan.nextSequence, sealed: scan.sealed, tornTail };
}

async function scanFrames(
  file: DiskFile,
  mark: Buffer,
  first: number,
  size: number,
  chunks: FrameChunks,
): Promise<Scan> {
  let end = segmentHeaderBytes;
  let nextSequence = first;
  let batchStart = 0;
  let sealed = true;
  while (end < size) {
    const chunk = await chunks.take(file, mark, end, size, nextSequence);
    if (chunk.kind === 'broken') return { end, nextSequence, batchStart, sealed, broken: chunk.why };
    for (const frame of chunk.frames) {
      end = frame.end;
      nextSequence = frame.sequence + frame.count;
      batchStart = frame.syncedBytes;
      sealed = frame.kind === sealKind;
    }
  }
  return { end, nextSequence, batchStart, sealed, broken: null };
}

/** True where a whole frame behind `offset` says that the segment was durable beyond it. */
async function wasDurable(
  file: DiskFile,
  mark: Buffer,
  offset: number,
  size: number,
  chunks: FrameChunks,
): Promise<boolean> {
  for (let at = offset + 1; at <= size - frameHeaderBytes;) {
    const bytes = await readFully(file, Math.min(copyBytes, size - at), at);
    const found = bytes.indexOf(mark);
    if (found === -1) {
      // The mark may lie across the end of what was read.
      at += Math.max(1, bytes.length - mark.length + 1);
      continue;
    }
    at += found;
    const chunk = await chunks.take(file, mark, at, size);
    if (chunk.kind === 'frames' && chunk.frames.some((frame) => frame.syncedBytes > offset)) return true;
    at = chunk.kind === 'frames' ? (chunk.frames.at(-1)?.end ?? at + 1) : at + 1;
  }
  return false;
}

async function writeAgain(file: DiskFile, start: number, end: number): Promise<void> {
  for (let at = start; at < end; at += copyBytes) {
    await writeFully(file, await readFully(file, Math.min(copyBytes, end - at), at), at);
  }
  await file.dataSync();
}

function damagedTailRemedy(path: string, scan: Scan): string {
  return (
    'Records behind this byte were acknowledged, so nothing was cut off. Restore the file from a backup. ' +
    `To give up sequence ${scan.nextSequence} and everything behind it, keep a copy and run: truncate -s ${scan.end} ${path}`
  );
}
