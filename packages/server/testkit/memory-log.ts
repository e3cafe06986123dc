import { OutsideError, limits } from '../src/kernel/mod.ts';
import type { Frame, Log, LogReader } from '../src/log/mod.ts';

interface PendingFrame {
  readonly kind: number;
  readonly sequence: number;
  readonly chunks: Buffer[];
  count: number;
}

/**
 * The port of the log in memory. Appends become durable at the next turn of the event loop, or at `sync()` while `hold()` is on.
 * `survivor()` is what a power cut leaves: a new log with the durable frames only.
 */
export class MemoryLog implements Log {
  readonly #frames: Frame[] = [];
  readonly #pending: PendingFrame[] = [];
  readonly #listeners = new Set<(durableSequence: number) => void>();
  readonly #positions = new Map<string, number>();
  #next = 1;
  #durable = 1;
  #pendingBytes = 0;
  #bytes = 0;
  #held = false;
  #scheduled = false;
  #closed = false;
  #refusals = 0;
  trouble: string | null = null;
  readonly firstSequence = 1;

  get nextSequence(): number {
    return this.#next;
  }

  get durableSequence(): number {
    return this.#durable;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get frames(): readonly Frame[] {
    return this.#frames;
  }

  append(kind: number, source: Uint8Array, start: number, end: number): number {
    if (this.#closed || this.trouble !== null) return 0;
    if (this.#refusals > 0) {
      this.#refusals -= 1;
      return 0;
    }
    const sequence = this.#next;
    this.#next += 1;
    const chunk = Buffer.from(source.subarray(start, end));
    this.#pendingBytes += chunk.length;
    const last = this.#pending.at(-1);
    if (last?.kind === kind) {
      last.chunks.push(chunk);
      last.count += 1;
    } else {
      this.#pending.push({ kind, sequence, chunks: [chunk], count: 1 });
    }
    this.#schedule();
    return sequence;
  }

  /** The next `count` appends are answered with 0, as a full log does. */
  refuseNext(count: number): void {
    this.#refusals = count;
  }

  /** Nothing becomes durable until `release`, but by `sync`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.sync();
  }

  sync(): void {
    if (this.#pending.length === 0) return;
    for (const { kind, sequence, chunks, count } of this.#pending.splice(0)) {
      const payload = Buffer.concat(chunks);
      this.#bytes += payload.length;
      this.#frames.push({ kind, sequence, count, time: 0, payload });
    }
    this.#pendingBytes = 0;
    this.#durable = this.#next;
    for (const listener of this.#listeners) listener(this.#durable);
  }

  survivor(frameCount = this.#frames.length): MemoryLog {
    const log = new MemoryLog();
    for (const frame of this.#frames.slice(0, frameCount)) {
      log.#frames.push(frame);
      log.#next = frame.sequence + frame.count;
      log.#bytes += frame.payload.length;
    }
    log.#durable = log.#next;
    return log;
  }

  onDurable(listener: (durableSequence: number) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async whenDurable(sequence: number, signal?: AbortSignal): Promise<void> {
    while (this.#durable < sequence) {
      if (this.trouble !== null) throw new OutsideError('log-failed', this.trouble);
      await this.#growth(signal);
    }
  }

  reader(sequence: number): LogReader {
    const found = this.#frames.findIndex((frame) => frame.sequence + frame.count > sequence);
    let index = found === -1 ? this.#frames.length : found;
    let position = sequence;
    const readAvailable = (): readonly Frame[] => {
      const frames: Frame[] = [];
      let bytes = 0;
      for (let frame = this.#frames[index]; frame !== undefined; frame = this.#frames[index]) {
        bytes += frame.payload.length;
        if (bytes > limits.readBytesMax && frames.length > 0) break;
        frames.push(frame);
        position = frame.sequence + frame.count;
        index += 1;
      }
      return frames;
    };
    return {
      get position() {
        return position;
      },
      read: async (signal) => {
        signal.throwIfAborted();
        while (this.#frames.length <= index) await this.#growth(signal);
        return readAvailable();
      },
      readAvailable: () => Promise.resolve(readAvailable()),
      close: () => Promise.resolve(),
    };
  }

  keep(consumer: string, position: number): (position: number) => void {
    this.#positions.set(consumer, position);
    return (next) => {
      this.#positions.set(consumer, next);
    };
  }

  positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  close(): Promise<void> {
    this.sync();
    this.#closed = true;
    return Promise.resolve();
  }

  #schedule(): void {
    if (this.#held || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#held) this.sync();
    });
  }

  #growth(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        end();
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const end = this.onDurable(() => {
        end();
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
