import { BrokenInvariant, limits, messageOf, OutsideError, Signal } from '../../kernel/mod.ts';
import type { Log, LogReader } from '../log.ts';
import { Batch } from './batch.ts';
import type { Disk } from './disk.ts';
import { DurableWaiters } from './durable-waiters.ts';
import { FileReader, type ReaderSource } from './file-reader.ts';
import { frameHeaderBytes, sealKind } from './frame.ts';
import type { LogNotice } from './open-file-log.ts';
import type { RecoveredLog } from './recover.ts';
import { SegmentWriter, type SegmentWriterOptions } from './segment-writer.ts';
import type { Segment } from './segment.ts';

export interface FileLogOptions extends SegmentWriterOptions {
  readonly frameBytesMax: number;
  readonly pendingBytesMax: number;
  readonly onNotice: (notice: LogNotice) => void;
  readonly unlock: () => void;
  readonly consumers: readonly string[];
}

/**
 * The log in files. Group commit without a timer: the first record begins a flush at the end of the event loop's turn, so
 * that all messages of one turn share it, and what comes while the disk works goes with the next.
 */
export class FileLog implements Log {
  readonly #options: FileLogOptions;
  readonly #disk: Disk;
  readonly #segments: Segment[];
  readonly #writer: SegmentWriter;
  readonly #durable = new Signal<number>();
  readonly #waiters = new DurableWaiters();
  /** Apart from the others, for a failure does not stop the reading. */
  readonly #readers = new DurableWaiters();
  readonly #positions = new Map<string, number>();
  readonly #source: ReaderSource;
  #filling: Batch;
  #spare: Batch;
  /** Bytes of the batch that is with the disk. */
  #writingBytes = 0;
  #nextSequence: number;
  #durableSequence: number;
  #trouble: OutsideError | null = null;
  #flushing: Promise<void> | null = null;
  #truncating: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  /** Nothing becomes durable any more. */
  #closed = false;

  constructor(options: FileLogOptions, recovered: RecoveredLog) {
    this.#options = options;
    this.#disk = options.disk;
    this.#segments = recovered.segments;
    this.#writer = new SegmentWriter(options, recovered);
    this.#filling = new Batch(options.frameBytesMax);
    this.#spare = new Batch(options.frameBytesMax);
    this.#nextSequence = recovered.nextSequence;
    this.#durableSequence = recovered.nextSequence;
    this.#source = {
      disk: options.disk,
      segments: recovered.segments,
      readBytesMax: limits.readBytesMax,
      durableSequence: () => this.#durableSequence,
      whenAbove: (position, signal) => this.#whenAbove(position, signal),
    };
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  get durableSequence(): number {
    return this.#durableSequence;
  }

  get pendingBytes(): number {
    return this.#filling.length + this.#writingBytes;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  get trouble(): string | null {
    return this.#trouble === null ? null : this.#trouble.message;
  }

  get firstSequence(): number {
    return this.#segments[0]?.firstSequence ?? this.#nextSequence;
  }

  append(kind: number, source: Uint8Array, start: number, end: number): number {
    if (this.#trouble !== null || this.#closing !== null) return 0;
    const bytes = end - start;
    if (bytes <= 0 || end > source.length || start < 0 || bytes + frameHeaderBytes > this.#options.frameBytesMax) {
      throw new BrokenInvariant(`no record from byte ${start} to ${end} of ${source.length} fits into a frame`);
    }
    if (this.pendingBytes + bytes + frameHeaderBytes > this.#options.pendingBytesMax) return 0;
    const sequence = this.#nextSequence;
    if (!this.#filling.continues(kind, bytes)) {
      if (!Number.isInteger(kind) || kind <= sealKind || kind > 0xffff_ffff) {
        throw new BrokenInvariant(`a record cannot have the kind ${kind}`);
      }
      this.#filling.begin(kind, sequence, this.#options.clock.now());
    }
    this.#filling.add(source, start, end);
    this.#nextSequence = sequence + 1;
    this.#flushing ??= this.#flush();
    return sequence;
  }

  onDurable(listener: (durableSequence: number) => void): () => void {
    return this.#durable.subscribe(listener);
  }

  async whenDurable(sequence: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (sequence <= this.#durableSequence) return;
    if (this.#trouble !== null) throw this.#trouble;
    if (this.#closed) throw closedError();
    await this.#waiters.wait(sequence, signal);
  }

  reader(sequence: number): LogReader {
    return new FileReader(this.#source, sequence);
  }

  keep(consumer: string, position: number): (position: number) => void {
    const move = (to: number): void => {
      if (to > this.#durableSequence) {
        throw new OutsideError(
          'log-failed',
          `${consumer} has handled the log up to sequence ${to}, but the log ends at ${this.#durableSequence}: ` +
            'the end of the log is gone, or it is the log of another installation. Restore the log from a backup.',
        );
      }
      this.#positions.set(consumer, to);
    };
    move(position);
    return (to) => {
      move(to);
      // Not at the registration: the consumers that register later may need older records.
      this.#truncating ??= this.#removableSegments() > 0 ? this.#truncate() : null;
    };
  }

  positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #flush(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    let writing = this.#writeNext();
    while (writing !== null) {
      const durableSequence = await writing;
      if (durableSequence === 0) break;
      // The disk goes on with the next batch while the listeners answer for this one.
      writing = this.#writeNext();
      this.#waiters.release(durableSequence);
      this.#readers.release(durableSequence);
      this.#durable.emit(durableSequence);
      writing ??= this.#writeNext();
    }
    this.#flushing = null;
  }

  /** Begins to write what has come; null where nothing has. Resolves with the new durable sequence, with 0 on failure. */
  #writeNext(): Promise<number> | null {
    if (this.#filling.length === 0 || this.#trouble !== null) return null;
    const batch = this.#filling;
    this.#filling = this.#spare;
    this.#spare = batch;
    this.#writingBytes = batch.length;
    return this.#write(batch);
  }

  async #write(batch: Batch): Promise<number> {
    try {
      await this.#writer.write(batch);
    } catch (error) {
      this.#fail(error);
      return 0;
    }
    batch.clear();
    this.#writingBytes = 0;
    this.#durableSequence = batch.nextSequence;
    return batch.nextSequence;
  }

  #fail(error: unknown): void {
    if (!(error instanceof OutsideError)) throw error;
    this.#trouble = error;
    this.#waiters.rejectAll(error);
    this.#durable.emit(0);
  }

  /** How many segments, from the first on, lie wholly below every kept position. The last is never among them. */
  #removableSegments(): number {
    if (!this.#options.consumers.every((consumer) => this.#positions.has(consumer))) return 0;
    const lowest = Math.min(...this.#positions.values());
    let count = 0;
    while ((this.#segments[count + 1]?.firstSequence ?? Number.POSITIVE_INFINITY) <= lowest) count += 1;
    return count;
  }

  /** One at a time and each durably, so that a crash cannot bring an older segment back without the one behind it. */
  async #truncate(): Promise<void> {
    while (this.#removableSegments() > 0) {
      const segment = this.#segments[0];
      if (segment === undefined) break;
      this.#segments.shift();
      try {
        await this.#disk.remove(segment.path);
        await this.#disk.syncDirectory(this.#options.directory);
      } catch (error) {
        this.#options.onNotice({ kind: 'not-removed', segment: segment.path, reason: messageOf(error) });
        break;
      }
    }
    this.#truncating = null;
  }

  async #whenAbove(position: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#durableSequence > position) return;
    if (this.#closed) throw closedError();
    await this.#readers.wait(position + 1, signal);
  }

  async #close(): Promise<void> {
    const troubleBefore = this.#trouble;
    await this.#flushing;
    await this.#truncating;
    try {
      if (this.#trouble === null) await this.#writer.seal(this.#nextSequence);
    } catch (error) {
      this.#fail(error);
    }
    this.#closed = true;
    this.#waiters.rejectAll(closedError());
    this.#readers.rejectAll(closedError());
    await this.#writer.close();
    this.#options.unlock();
    if (this.#trouble !== null && troubleBefore === null) throw this.#trouble;
  }
}

function closedError(): OutsideError {
  return new OutsideError('log-failed', 'The log is closed: Belfry is stopping.');
}
