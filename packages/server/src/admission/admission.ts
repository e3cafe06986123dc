import type { Refusal } from '../kernel/mod.ts';

/** Who sends: made once a connection or request, not once a message. */
export interface Source {
  readonly protocol: 'mqtt' | 'http';
  /** For people: MQTT client id or token name. */
  readonly name: string;
  /** Right to write Observations; from the token, or from open mode. */
  readonly mayWrite: boolean;
  /** Right to register Things, Datastreams and the rest; a device that only writes readings has none. */
  readonly mayAdminister?: boolean;
  /** Of the token that let them in; null or absent in open mode. */
  readonly tokenId?: number | null;
}

/** A sequence (`@iot.id` of the Observation; durable once log.durableSequence lies above it), or why not. */
export type Outcome = number | Refusal;

/**
 * The one gate. Every Observation, whatever protocol brought it, comes through `submit`.
 * The result is synchronous in all but rare cases (a FeatureOfInterest must be made first): then it is a promise, and the
 * listener must not submit the next message of the same sender before it settles, to keep the sender's order.
 */
export interface Admission {
  /**
   * One Observation for a Datastream known by its id.
   * @param body parsed JSON of a SensorThings Observation (18-088, 8.2.7), `Datastream` may be absent
   */
  submit(source: Source, datastreamId: number, body: unknown): Outcome | Promise<Outcome>;

  /** One Observation whose body names its Datastream (`{"Datastream":{"@iot.id":1}}`). */
  submitNamed(source: Source, body: unknown): Outcome | Promise<Outcome>;

  /** Counts and keeps a refusal that a listener found before the gate (bad JSON, topic, size). */
  recordRefusal(source: Source, refusal: Refusal, datastreamId: number | null): void;

  /** True while listeners must stop reading: the log or a consumer is behind its bound. */
  readonly pressed: boolean;
  /** Called with the new value whenever `pressed` changes. */
  onPressure(listener: (pressed: boolean) => void): () => void;

  /** Every sequence below it is durable. */
  readonly durableSequence: number;
  /** Called with the new durableSequence each time it grows, and with 0 when the log has failed. */
  onDurable(listener: (durableSequence: number) => void): () => void;
  /** Resolves when `sequence` is durable; rejects with OutsideError if the log fails. */
  whenAcknowledged(sequence: number, signal?: AbortSignal): Promise<void>;
}
