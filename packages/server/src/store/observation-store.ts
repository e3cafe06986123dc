import type { Observation } from '../domain/mod.ts';

/** The newest Observation of a Datastream by phenomenonTime. */
export interface Newest {
  readonly observationId: number;
  readonly time: number;
  /** Null where the result is not a number; the text then is in `text`. */
  readonly value: number | null;
  readonly text?: string;
}

/** The extent of a Datastream's Observations; milliseconds since 1970. */
export interface Extent {
  readonly phenomenonStart: number;
  readonly phenomenonEnd: number;
  readonly resultStart: number | null;
  readonly resultEnd: number | null;
}

export const observationOrders = ['id', 'phenomenonTime', 'resultTime'] as const;
export type ObservationOrder = (typeof observationOrders)[number];

export interface ObservationQuery {
  /** Empty: of all. */
  readonly datastreamIds?: readonly number[];
  readonly featureOfInterestId?: number;
  readonly orderBy: ObservationOrder;
  readonly descending: boolean;
  readonly top: number;
  readonly skip: number;
}

export interface Bucket {
  readonly time: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/**
 * The port of the observation store: a view of the log that answers queries.
 *
 * Read your own writes: a query answers on at least everything below the log's durableSequence at the time of the call.
 * Idempotent: what is read again after a crash is not stored twice. Failure: OutsideError; the log goes on.
 */
export interface ObservationStore {
  /** Everything below this sequence is stored durably. */
  readonly position: number;
  /** Null while it works; else what is wrong. */
  readonly trouble: string | null;
  observation(id: number): Promise<Observation | undefined>;
  observations(query: ObservationQuery): Promise<readonly Observation[]>;
  count(query: Pick<ObservationQuery, 'datastreamIds' | 'featureOfInterestId'>): Promise<number>;
  /** In memory; at most one flush interval behind the log. */
  newest(datastreamId: number): Newest | undefined;
  /** In memory; at most one flush interval behind the log. */
  extent(datastreamId: number): Extent | undefined;
  /** Numeric readings with phenomenonTime in [from, to), drawn together into buckets of `bucketMillis`. */
  series(datastreamId: number, from: number, to: number, bucketMillis: number): Promise<readonly Bucket[]>;
  /** Resolves when everything below `sequence` is stored. */
  caughtUp(sequence: number): Promise<void>;
  close(): Promise<void>;
}
