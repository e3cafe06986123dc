import type { DatastreamFacts, EntityJson, EntityName, Removal } from '../domain/mod.ts';
import type { Refusal } from '../kernel/mod.ts';

/** One step of a resource path: `Things(1)`, or without an id a single-valued relation such as `Thing`. */
export interface PathStep {
  readonly entity: EntityName;
  /** Set or navigation name as it stood in the address, for example `Thing` or `Datastreams`. */
  readonly relation: string;
  readonly id?: number;
}

export interface Page {
  readonly entities: readonly EntityJson[];
  /** Present where it was asked for. */
  readonly count?: number;
  readonly more: boolean;
}

export interface ListOptions {
  readonly top: number;
  readonly skip: number;
  readonly count: boolean;
  /** By id from the highest down; ascending if absent. */
  readonly descending?: boolean;
}

export interface EntityRef {
  readonly entity: EntityName;
  readonly id: number;
}

/** An Observation inside of a deep insert: the registry has made what stands around it, admission takes the body. */
export interface PlacedObservation {
  /** Where in the body it stood, a JSON pointer. */
  readonly pointer: string;
  readonly body: unknown;
  /** The entity that it hangs on: a Datastream or a FeatureOfInterest. */
  readonly parent: EntityRef;
}

/** What a deep insert has made. */
export interface Inserted {
  /** Of the entity at the root of the body. */
  readonly id: number;
  /** Everything that was made, in order. */
  readonly created: readonly EntityRef[];
  readonly observations: readonly PlacedObservation[];
}

/** Looks at every entity before it is registered or changed; a refusal keeps it out. `body` has the own properties, after the change. */
export type RegistrationJudge = (entity: EntityName, body: Readonly<Record<string, unknown>>) => Refusal | undefined;

/** PATCH merges own properties at the top level (18-088, 10.3); PUT clears what the body leaves out. */
export type UpdateMode = 'merge' | 'replace';

/**
 * The port of the registry: what is known. All eight entities of SensorThings Sensing but Observation, with their relations.
 *
 * Durability: a promise that resolves means that the change survives the loss of power. Order: changes are atomic one by
 * one; a deep insert is one change. Failure: a refusal for what the asker can mend, OutsideError where the engine fails.
 * Entities leave as plain JSON with `@iot.id` and their own properties; links are the business of sensorthings/.
 * Ids are never used again.
 */
export interface Registry {
  /** In memory, for the hot path; undefined where there is none. */
  datastream(id: number): DatastreamFacts | undefined;
  /** All Datastreams, in memory. */
  datastreams(): Iterable<DatastreamFacts>;
  /** Changes by one with every change of any entity, so that caches know. */
  readonly revision: number;
  onChange(listener: () => void): () => void;

  /**
   * The FeatureOfInterest of an Observation that names none (18-088, 10.2): generated from the Location of the Thing and
   * reused while the Thing stays there.
   */
  generateFeatureOfInterest(datastreamId: number): Promise<number | Refusal>;
  hasFeatureOfInterest(id: number): boolean;

  /** As `insert`, for bodies without Observations inside; those are refused. */
  create(entity: EntityName, body: unknown, parent: readonly PathStep[]): Promise<number | Refusal>;
  /**
   * POST, with deep insert and links to existing entities. `parent` is the path that the collection hangs on, empty at the root.
   * Observations inside of the body are handed back; the caller gives them to admission, and `undo`es where it refuses one.
   */
  insert(entity: EntityName, body: unknown, parent: readonly PathStep[]): Promise<Inserted | Refusal>;
  /** Takes back an insert that had Observations; nothing that was there before goes with it. */
  undo(inserted: Inserted): Promise<void>;
  get(entity: EntityName, id: number): Promise<EntityJson | undefined>;
  /**
   * Follows a path of steps; the id of the entity at its end, undefined where a step does not belong to the one before.
   * The first step has an id and stands at the root.
   */
  resolve(path: readonly PathStep[]): Promise<number | undefined>;
  /** A collection in order of id: the whole set, or what hangs on the entity at the end of `parent`. */
  list(entity: EntityName, parent: readonly PathStep[], options: ListOptions): Promise<Page>;
  /** `merge` if no mode is given. */
  update(entity: EntityName, id: number, body: unknown, mode?: UpdateMode): Promise<true | Refusal>;
  /** Deletes with cascade. False where there is no such entity. Observations that must go are in `pendingRemovals`. */
  remove(entity: EntityName, id: number): Promise<boolean>;

  /** Observations that must go because of deletes, kept until `removalDone`: an outbox towards the log. At most 1,000, oldest first. */
  pendingRemovals(): Promise<readonly { readonly key: number; readonly removal: Removal }[]>;
  removalDone(key: number): Promise<void>;

  close(): Promise<void>;
}
