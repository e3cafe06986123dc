import { beginFrame, finishFrame, frameHeaderBytes, setFrameSize } from './frame.ts';

const firstBytes = 1_048_576;

/**
 * Records that wait for the disk, as the frames that will be written: one is filled while the other is being written.
 * Consecutive records of one kind share a frame up to `frameBytesMax` (header and payload). Adding makes no object.
 */
export class Batch {
  readonly #frameBytesMax: number;
  #bytes: Buffer = Buffer.allocUnsafe(firstBytes);
  #length = 0;
  #frameStart = 0;
  /** -1 where no frame is open. */
  #frameKind = -1;
  #frameCount = 0;
  #firstSequence = 0;
  #nextSequence = 0;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** Bytes with the headers of the frames. */
  get length(): number {
    return this.#length;
  }

  get firstSequence(): number {
    return this.#firstSequence;
  }

  /** Behind its last record. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** True where a record of this kind and length goes on with the open frame. */
  continues(kind: number, recordBytes: number): boolean {
    return kind === this.#frameKind && this.#length - this.#frameStart + recordBytes <= this.#frameBytesMax;
  }

  /** Ends the open frame and begins one whose first record will have `sequence`. Time in milliseconds since 1970. */
  begin(kind: number, sequence: number, time: number): void {
    this.#endFrame();
    if (this.#length === 0) this.#firstSequence = sequence;
    this.#makeRoom(frameHeaderBytes);
    this.#frameStart = this.#length;
    this.#frameKind = kind;
    beginFrame(this.#bytes, this.#length, kind, sequence, time);
    this.#length += frameHeaderBytes;
    this.#nextSequence = sequence;
  }

  /** Copies one record into the open frame. */
  add(source: Uint8Array, start: number, end: number): void {
    this.#makeRoom(end - start);
    if (source instanceof Buffer) source.copy(this.#bytes, this.#length, start, end);
    else this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
    this.#frameCount += 1;
    this.#nextSequence += 1;
  }

  /** The finished frames, for a segment with this mark that is durable up to `syncedBytes`. Valid until `clear`. */
  finish(mark: Buffer, syncedBytes: number): Buffer {
    this.#endFrame();
    for (let at = 0; at < this.#length;) at = finishFrame(this.#bytes, at, mark, syncedBytes);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Empties it; after a burst the room is given back by halves. */
  clear(): void {
    const room = this.#bytes.length;
    if (room > firstBytes && this.#length < room / 4) this.#bytes = Buffer.allocUnsafe(room / 2);
    this.#length = 0;
    this.#frameKind = -1;
  }

  #endFrame(): void {
    if (this.#frameKind === -1) return;
    setFrameSize(this.#bytes, this.#frameStart, this.#length - this.#frameStart - frameHeaderBytes, this.#frameCount);
    this.#frameKind = -1;
    this.#frameCount = 0;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    let room = this.#bytes.length * 2;
    while (room < needed) room *= 2;
    const larger = Buffer.allocUnsafe(room);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
