import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveObservations } from '@belfry/contract';
import { recordKinds, RowCursor, type Observation } from '../domain/mod.ts';
import { messageOf } from '../kernel/mod.ts';
import type { Frame, Log, LogReader } from '../log/mod.ts';
import { NewestTable } from './newest-table.ts';

export interface LiveOptions {
  readonly log: Log;
  readonly logger?: { error(facts: object, message: string): void };
  /** Between two rounds of newest readings; default 250, which is four a second. */
  readonly roundMillis?: number;
  /** Datastreams in one event; default 2,000. */
  readonly datastreamsMax?: number;
  /** Records behind the log's end at which it skips ahead; default 200,000. */
  readonly lagMax?: number;
}

export interface LiveSubscription {
  /** Default: all. Asked for each reading's Datastream once a round. */
  readonly datastreams?: (datastreamId: number) => boolean;
  readonly onObservations: (event: LiveObservations) => void;
}

/**
 * The tail of the log for those who look on. It keeps nothing and promises no more than it can: what comes while it is more than
 * `lagMax` behind is skipped and counted. It reads only while somebody listens, from the durable end at that moment.
 * Listeners must not throw or wait; what they cannot take they drop themselves.
 */
export interface Live {
  /** The newest reading of each Datastream, a round at a time. Returns the function that ends it. */
  subscribe(subscription: LiveSubscription): () => void;
  /** Every Observation of one Datastream or of all, in order, corrections among them; no deletes. */
  tap(datastream: number | 'all', listener: (observation: Observation) => void): () => void;
  /** Records that were skipped because it was behind, since the start. */
  readonly skipped: number;
  readonly subscribers: number;
  readonly trouble: string | null;
  close(): Promise<void>;
}

const retryMillis = 500;

export function openLive(options: LiveOptions): Live {
  return new Hub(options);
}

class Hub implements Live {
  readonly #log: Log;
  readonly #logger: LiveOptions['logger'];
  readonly #roundMillis: number;
  readonly #datastreamsMax: number;
  readonly #lagMax: number;
  readonly #stop = new AbortController();
  readonly #newest = new NewestTable();
  readonly #subscriptions = new Set<LiveSubscription>();
  readonly #tapsOfAll = new Set<(observation: Observation) => void>();
  readonly #tapsOfOne = new Map<number, Set<(observation: Observation) => void>>();
  /** Stands while somebody listens; its abort ends the reading. */
  #listening: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #rounds: NodeJS.Timeout | undefined;
  #skipped = 0;
  #skippedThisRound = 0;
  #trouble: string | null = null;

  constructor({ log, logger, roundMillis = 250, datastreamsMax = 2_000, lagMax = 200_000 }: LiveOptions) {
    this.#log = log;
    this.#logger = logger;
    this.#roundMillis = roundMillis;
    this.#datastreamsMax = datastreamsMax;
    this.#lagMax = lagMax;
  }

  subscribe(subscription: LiveSubscription): () => void {
    // A copy, so that the same object may be given twice.
    const own = { ...subscription };
    this.#subscriptions.add(own);
    this.#rounds ??= setInterval(() => this.#round(), this.#roundMillis);
    this.#listen();
    return () => {
      this.#subscriptions.delete(own);
      this.#rest();
    };
  }

  tap(datastream: number | 'all', listener: (observation: Observation) => void): () => void {
    const own = (observation: Observation): void => listener(observation);
    const taps = datastream === 'all' ? this.#tapsOfAll : this.#tapsOf(datastream);
    taps.add(own);
    this.#listen();
    return () => {
      taps.delete(own);
      if (datastream !== 'all' && taps.size === 0 && this.#tapsOfOne.get(datastream) === taps) {
        this.#tapsOfOne.delete(datastream);
      }
      this.#rest();
    };
  }

  get skipped(): number {
    return this.#skipped;
  }

  get subscribers(): number {
    let taps = this.#tapsOfAll.size;
    for (const listeners of this.#tapsOfOne.values()) taps += listeners.size;
    return this.#subscriptions.size + taps;
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#listening?.abort();
    clearInterval(this.#rounds);
    await this.#running;
  }

  /** Starts to read at what is durable now, unless it reads already. */
  #listen(): void {
    if (this.#listening !== undefined || this.#stop.signal.aborted) return;
    const listening = new AbortController();
    this.#listening = listening;
    const start = this.#log.durableSequence;
    const before = this.#running;
    this.#running = before.then(() => this.#run(start, listening.signal));
  }

  #rest(): void {
    if (this.#subscriptions.size === 0) {
      clearInterval(this.#rounds);
      this.#rounds = undefined;
      this.#newest.clear();
    }
    if (this.#subscriptions.size > 0 || this.#tapsOfAll.size > 0 || this.#tapsOfOne.size > 0) return;
    this.#listening?.abort();
    this.#listening = undefined;
  }

  async #run(start: number, signal: AbortSignal): Promise<void> {
    let position = start;
    while (!signal.aborted) {
      const reader = this.#log.reader(position);
      try {
        position = await this.#follow(reader, position, signal);
        this.#trouble = null;
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble = messageOf(error);
        this.#logger?.error({ error: this.#trouble }, 'live: the end of the log cannot be read');
        await sleep(retryMillis, undefined, { signal }).catch(() => undefined);
        position = this.#skipTo(position);
      } finally {
        await reader.close();
      }
    }
  }

  /** Reads until it is too far behind; then gives the place to go on from. */
  async #follow(reader: LogReader, from: number, signal: AbortSignal): Promise<number> {
    let position = from;
    while (!signal.aborted) {
      if (this.#log.durableSequence - position > this.#lagMax) return this.#skipTo(position);
      for (const frame of await reader.read(signal)) {
        if (signal.aborted) break;
        this.#deliver(frame, from);
        position = frame.sequence + frame.count;
      }
      this.#trouble = null;
    }
    return position;
  }

  #skipTo(position: number): number {
    const end = this.#log.durableSequence;
    this.#skipped += end - position;
    this.#skippedThisRound += end - position;
    return end;
  }

  #deliver(frame: Frame, from: number): void {
    if (frame.kind !== recordKinds.observations) return;
    const rounds = this.#subscriptions.size > 0;
    const all = this.#tapsOfAll.size > 0;
    const cursor = new RowCursor(frame.payload);
    for (let sequence = frame.sequence; cursor.advance(); sequence += 1) {
      if (sequence < from || cursor.deleted) continue;
      // A correction is of an old reading and says nothing about the newest value.
      if (rounds && cursor.version === 0) this.#newest.take(cursor);
      const taps = this.#tapsOfOne.size === 0 ? undefined : this.#tapsOfOne.get(cursor.datastreamId);
      if (!all && taps === undefined) continue;
      const observation = cursor.observation();
      for (const listener of this.#tapsOfAll) listener(observation);
      for (const listener of taps ?? []) listener(observation);
    }
  }

  #round(): void {
    const skipped = this.#skippedThisRound;
    this.#skippedThisRound = 0;
    for (const { datastreams = everything, onObservations } of this.#subscriptions) {
      const { value, dropped } = this.#newest.collect(datastreams, this.#datastreamsMax);
      if (value.length > 0 || skipped > 0) onObservations({ value, dropped: dropped + skipped });
    }
    this.#newest.next();
  }

  #tapsOf(datastreamId: number): Set<(observation: Observation) => void> {
    const taps = this.#tapsOfOne.get(datastreamId) ?? new Set();
    this.#tapsOfOne.set(datastreamId, taps);
    return taps;
  }
}

function everything(): boolean {
  return true;
}
