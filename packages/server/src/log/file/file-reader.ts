import { assert } from '../../kernel/mod.ts';
import type { Frame, LogReader } from '../log.ts';
import type { Disk, DiskFile } from './disk.ts';
import { sealKind, segmentHeaderBytes, type StoredFrame } from './frame.ts';
import { FrameChunks } from './frame-chunks.ts';
import { damage, diskFailure, type Segment } from './segment.ts';

/** What a reader sees of the log. */
export interface ReaderSource {
  readonly disk: Disk;
  readonly segments: readonly Segment[];
  readonly readBytesMax: number;
  durableSequence(): number;
  /** Resolves when the durable sequence is above `position`; rejects when aborted or when the log is closed. */
  whenAbove(position: number, signal: AbortSignal): Promise<void>;
}

interface Place {
  readonly segment: Segment;
  readonly file: DiskFile;
  offset: number;
  /** What the frame at `offset` begins with. */
  sequence: number;
}

/**
 * Reads through a file handle of its own, only as far as the segments are durable; what was just written comes from the page
 * cache. The CRC of every frame is checked again: a disk may have changed it since.
 */
export class FileReader implements LogReader {
  readonly #source: ReaderSource;
  readonly #chunks: FrameChunks;
  #position: number;
  #place: Place | null = null;
  #busy = false;
  #closed = false;

  constructor(source: ReaderSource, sequence: number) {
    this.#source = source;
    this.#chunks = new FrameChunks(source.readBytesMax);
    this.#position = sequence;
  }

  get position(): number {
    return this.#position;
  }

  async read(signal: AbortSignal): Promise<readonly Frame[]> {
    for (;;) {
      signal.throwIfAborted();
      const frames = await this.readAvailable();
      if (frames.length > 0) return frames;
      await this.#source.whenAbove(this.#position, signal);
    }
  }

  async readAvailable(): Promise<readonly Frame[]> {
    assert(!this.#busy, 'one read of a reader at a time');
    assert(!this.#closed, 'a reader that is closed cannot read');
    this.#busy = true;
    try {
      for (;;) {
        const frames = await this.#next();
        if (frames === null) return [];
        const records = frames.filter(
          (frame) => frame.kind !== sealKind && frame.sequence + frame.count > this.#position,
        );
        const last = records.at(-1);
        if (last === undefined) continue;
        this.#position = last.sequence + last.count;
        return records;
      }
    } finally {
      this.#busy = false;
      if (this.#closed) await this.#leave();
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#busy) await this.#leave();
  }

  /** The next frames of the segments, whatever they are; null where nothing new is durable. */
  async #next(): Promise<readonly StoredFrame[] | null> {
    if (this.#position >= this.#source.durableSequence()) return null;
    this.#place ??= await this.#enter(this.#position);
    const place = this.#place;
    if (place.offset === place.segment.bytes) {
      const followers = this.#source.segments.some((segment) => segment.firstSequence > place.segment.firstSequence);
      if (!followers) return null;
      await this.#leave();
      this.#place = await this.#enter(Math.max(place.sequence, place.segment.firstSequence + 1));
      return [];
    }
    const { segment, file, offset, sequence } = place;
    const chunk = await this.#take(file, segment, offset, sequence);
    if (chunk.kind === 'broken') {
      throw damage(
        segment.path,
        offset,
        chunk.why,
        `Sequence ${sequence} and what follows cannot be read: restore the file from a backup.`,
      );
    }
    for (const frame of chunk.frames) {
      place.offset = frame.end;
      place.sequence = frame.sequence + frame.count;
    }
    return chunk.frames;
  }

  async #take(file: DiskFile, segment: Segment, offset: number, sequence: number): ReturnType<FrameChunks['take']> {
    try {
      return await this.#chunks.take(file, segment.mark, offset, segment.bytes, sequence);
    } catch (error) {
      throw diskFailure('read', segment.path, error);
    }
  }

  /** Opens the segment that holds `sequence`, or the first behind it. */
  async #enter(sequence: number): Promise<Place> {
    for (;;) {
      const { segments } = this.#source;
      const segment = segments.findLast((each) => each.firstSequence <= sequence) ?? segments[0];
      assert(segment !== undefined, 'a log has a segment');
      try {
        const file = await this.#source.disk.open(segment.path, 'read');
        return { segment, file, offset: segmentHeaderBytes, sequence: segment.firstSequence };
      } catch (error) {
        // Truncation may have taken it while it was being opened; then the first that is left is the right one.
        if (segments.includes(segment)) throw diskFailure('open', segment.path, error);
      }
    }
  }

  async #leave(): Promise<void> {
    const place = this.#place;
    this.#place = null;
    await place?.file.close();
  }
}
