import type { Clock } from '../../kernel/mod.ts';
import type { Batch } from './batch.ts';
import type { Disk, DiskFile } from './disk.ts';
import { encodeSeal } from './frame.ts';
import type { RecoveredLog } from './recover.ts';
import { createSegment, diskFailure, writeFully, type Segment } from './segment.ts';

export interface SegmentWriterOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly segmentBytesMax: number;
  readonly newMark: () => Buffer;
}

/**
 * Writes batches to the last segment, one at a time: one write and one fdatasync each, and both have ended when `write`
 * resolves. A segment that is long enough is sealed and durable before the next one is made. The first failure is
 * for ever (the kernel drops pages that it could not write, a second fdatasync would call them good): it is for the caller
 * to write nothing more.
 */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  /** Grows at its end here; readers look at the same list. */
  readonly #segments: Segment[];
  #segment: Segment;
  #file: DiskFile;
  #sealed: boolean;

  constructor(options: SegmentWriterOptions, recovered: RecoveredLog) {
    this.#options = options;
    this.#segments = recovered.segments;
    this.#segment = recovered.segment;
    this.#file = recovered.file;
    this.#sealed = recovered.sealed;
  }

  /** Rejects with OutsideError `log-failed` that names the file. */
  async write(batch: Batch): Promise<void> {
    const { segmentBytesMax } = this.#options;
    if (this.#segment.bytes >= segmentBytesMax && batch.firstSequence > this.#segment.firstSequence) {
      await this.#roll(batch.firstSequence);
    }
    await this.#put(batch.finish(this.#segment.mark, this.#segment.bytes));
    this.#sealed = false;
  }

  /** Ends the segment with a seal where records stand behind the last one. */
  async seal(nextSequence: number): Promise<void> {
    if (this.#sealed) return;
    const { mark, bytes } = this.#segment;
    await this.#put(encodeSeal(nextSequence, this.#options.clock.now(), mark, bytes));
    this.#sealed = true;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #roll(firstSequence: number): Promise<void> {
    await this.seal(firstSequence);
    const { disk, directory, newMark } = this.#options;
    try {
      const created = await createSegment(disk, directory, firstSequence, newMark());
      await this.#file.close();
      this.#file = created.file;
      this.#segment = created.segment;
    } catch (error) {
      throw diskFailure(`make the segment for sequence ${firstSequence} in`, directory, error);
    }
    this.#segments.push(this.#segment);
  }

  async #put(bytes: Buffer): Promise<void> {
    const { path } = this.#segment;
    try {
      await writeFully(this.#file, bytes, this.#segment.bytes);
    } catch (error) {
      throw diskFailure(`write ${bytes.length} bytes at byte ${this.#segment.bytes} of`, path, error);
    }
    try {
      await this.#file.dataSync();
    } catch (error) {
      throw diskFailure('sync (fdatasync)', path, error);
    }
    this.#segment.bytes += bytes.length;
  }
}
