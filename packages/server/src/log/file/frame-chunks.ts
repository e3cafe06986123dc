import type { DiskFile } from './disk.ts';
import { broken, decodeFrame, frameHeaderBytes, type BrokenFrame, type ShortFrame, type StoredFrame } from './frame.ts';

/** Frames that stand one behind the other, or why there is none at the byte that was asked for. */
export type Chunk = { readonly kind: 'frames'; readonly frames: readonly StoredFrame[] } | BrokenFrame;

const firstBytes = 65_536;

/**
 * Reads frames into one buffer that is used again and again: frames are valid until the next `take`. The buffer begins
 * small and grows to `readBytesMax` where there is so much to read at once.
 */
export class FrameChunks {
  readonly #readBytesMax: number;
  #buffer: Buffer;
  /** The last `take` filled the buffer, so the next may want more. */
  #wasFull = false;

  constructor(readBytesMax: number) {
    this.#readBytesMax = readBytesMax;
    this.#buffer = Buffer.allocUnsafe(Math.min(firstBytes, readBytesMax));
  }

  /**
   * The frames from byte `start` on, as many as the buffer holds whole before byte `end`, at least one. Each must follow the
   * one before; `sequence` is what the first must have, undefined where that is not known.
   */
  async take(file: DiskFile, mark: Buffer, start: number, end: number, sequence?: number): Promise<Chunk> {
    if (this.#wasFull) this.#grow(0);
    for (;;) {
      const wanted = Math.min(end - start, this.#buffer.length);
      const filled = await this.#fill(file, start, wanted);
      const { frames, stop } = this.#decode(mark, start, filled, sequence);
      if (frames.length > 0) {
        this.#wasFull = filled === this.#buffer.length;
        return { kind: 'frames', frames };
      }
      if (stop.kind === 'broken') return stop;
      if (filled < wanted || stop.bytes > end - start) {
        return broken(`the file ends ${filled} bytes behind the start of a frame of at least ${stop.bytes} bytes`);
      }
      this.#grow(stop.bytes);
    }
  }

  #grow(bytes: number): void {
    const room = Math.min(this.#readBytesMax, Math.max(bytes, 2 * this.#buffer.length));
    if (room > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(room);
    this.#wasFull = false;
  }

  async #fill(file: DiskFile, start: number, length: number): Promise<number> {
    let filled = 0;
    while (filled < length) {
      const read = await file.read(this.#buffer.subarray(filled), length - filled, start + filled);
      if (read === 0) break;
      filled += read;
    }
    return filled;
  }

  #decode(
    mark: Buffer,
    start: number,
    filled: number,
    sequence: number | undefined,
  ): { frames: readonly StoredFrame[]; stop: ShortFrame | BrokenFrame } {
    const frames: StoredFrame[] = [];
    let expected = sequence;
    for (let at = 0; ;) {
      const payloadBytesMax = this.#readBytesMax - frameHeaderBytes;
      const frame = decodeFrame(this.#buffer, at, filled, start + at, mark, payloadBytesMax);
      if (frame.kind === 'short' || frame.kind === 'broken') return { frames, stop: frame };
      if (expected !== undefined && frame.sequence !== expected) {
        return { frames, stop: broken(`a frame has the sequence ${frame.sequence}, ${expected} must come here`) };
      }
      frames.push(frame);
      expected = frame.sequence + frame.count;
      at = frame.end - start;
    }
  }
}
