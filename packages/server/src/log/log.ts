/**
 * The port of the log: an append-only sequence of records that is the only truth for acknowledgements.
 *
 * A record has a sequence: the first is 1, each next one more, for ever. Records of one kind that come together stand in one
 * frame; the log knows frames, not what they mean. One process appends; many consumers read, each with its own cursor.
 *
 * Order: frames are read in the order of their sequences, and only once they are durable. A record below `durableSequence`
 * survives the loss of power. Lifetime: frames go only when every registered consumer has kept a position behind them.
 * Failure: when a write or fdatasync fails, `trouble` says so, nothing more is acknowledged or appended, and readers go on.
 */
export interface Log {
  /** The sequence that the next appended record gets. */
  readonly nextSequence: number;
  /** Every record below it is durable. */
  readonly durableSequence: number;
  /** Appended bytes that are not durable yet. */
  readonly pendingBytes: number;
  /** Bytes on disk. */
  readonly bytes: number;
  /** Null while the log can be written; else what is wrong and what to do. */
  readonly trouble: string | null;

  /**
   * Appends one record, the bytes from `start` to `end` of `source` (copied), and returns its sequence; 0 when the log takes
   * nothing now (`trouble`, closed, or limits.logPendingBytesMax reached). Synchronous: no promise and no object a record.
   * A record that holds its own sequence reads `nextSequence` before it encodes itself.
   * An empty record, or one that no frame can hold (limits.frameBytesMax), is a fault of ours: BrokenInvariant.
   */
  append(kind: number, source: Uint8Array, start: number, end: number): number;

  /** Calls `listener` with the new durableSequence each time it grows, and with 0 once the log has failed. */
  onDurable(listener: (durableSequence: number) => void): () => void;

  /** Resolves when everything below `sequence` is durable; rejects with OutsideError if the log fails, or when aborted. */
  whenDurable(sequence: number, signal?: AbortSignal): Promise<void>;

  /**
   * A reader that starts at the frame which holds `sequence` (or the first after it). One that no kept position protects may find
   * records deleted before it comes to them, and goes on with the first that is left: the sequences of its frames show it.
   */
  reader(sequence: number): LogReader;

  /**
   * Registers a consumer by name with the position it has kept: everything below is handled and durable on its side.
   * The returned function moves the position; the log deletes segments that lie below all positions. Registering deletes
   * nothing: register all consumers before the first one moves. Throws OutsideError where the log ends before the position,
   * which means that acknowledged records are gone.
   */
  keep(consumer: string, position: number): (position: number) => void;

  /** The lowest sequence still there. */
  readonly firstSequence: number;

  /** Position of every registered consumer. */
  positions(): ReadonlyMap<string, number>;

  /** Writes and syncs what is pending, then closes. */
  close(): Promise<void>;
}

/** One frame: `count` records of one kind, the first with `sequence`. The payload is valid until the next call of `read`. */
export interface Frame {
  readonly kind: number;
  readonly sequence: number;
  readonly count: number;
  /** When the frame was begun, milliseconds since 1970. */
  readonly time: number;
  readonly payload: Buffer;
}

export interface LogReader {
  /** Every record below it has been read. */
  readonly position: number;
  /**
   * The next durable frames, at least one, at most limits.readBytesMax together; waits until there are some.
   * Rejects with the signal's reason when aborted, and with an OutsideError naming segment and byte where a frame cannot be read.
   */
  read(signal: AbortSignal): Promise<readonly Frame[]>;
  /** What is there at once; empty where nothing new is durable. */
  readAvailable(): Promise<readonly Frame[]>;
  close(): Promise<void>;
}
