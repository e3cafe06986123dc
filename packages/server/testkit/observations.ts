import {
  recordKinds,
  resultKinds,
  rowBytesBound,
  writeRow,
  type DatastreamFacts,
  type Observation,
} from '../src/domain/mod.ts';
import type { Log } from '../src/log/mod.ts';

/** A numeric first version of an Observation, as admission makes it. */
function numericObservation(id: number, datastreamId: number, time: number, value: number): Observation {
  return {
    id,
    datastreamId,
    featureOfInterestId: 1,
    phenomenonStart: time,
    phenomenonEnd: time,
    resultKind: resultKinds.number,
    resultNumber: value,
    resultText: '',
    resultTime: null,
    validStart: null,
    validEnd: null,
    resultQuality: '',
    parameters: '',
    version: 0,
    deleted: false,
  };
}

/** Appends it with the sequence that comes next, which is its id; `changes` for what is not usual. */
export function appendReading(
  log: Pick<Log, 'append' | 'nextSequence'>,
  datastreamId: number,
  time: number,
  value: number,
  changes: Partial<Observation> = {},
): number {
  const observation = { ...numericObservation(log.nextSequence, datastreamId, time, value), ...changes };
  const buffer = Buffer.alloc(rowBytesBound(observation));
  return log.append(recordKinds.observations, buffer, 0, writeRow(buffer, 0, observation));
}

/** What the registry holds of a Datastream, `changes` apart. */
export function datastreamFacts(id: number, changes: Partial<DatastreamFacts> = {}): DatastreamFacts {
  return {
    id,
    name: `level ${id}`,
    thingId: id * 10,
    thingName: `gauge ${id}`,
    observedPropertyId: 1,
    observedPropertyName: 'water level',
    observedPropertyDefinition: 'http://example.org/level',
    unitName: 'metre',
    unitSymbol: 'm',
    resultType: 'number',
    featureOfInterestId: 1,
    ...changes,
  };
}

/** The part of the registry that consumers of the log ask, as a table that a test fills. */
export class FactsTable {
  readonly #facts = new Map<number, DatastreamFacts>();
  readonly #listeners = new Set<() => void>();
  revision = 0;

  set(...facts: readonly DatastreamFacts[]): void {
    for (const one of facts) this.#facts.set(one.id, one);
    this.#changed();
  }

  delete(id: number): void {
    this.#facts.delete(id);
    this.#changed();
  }

  datastream(id: number): DatastreamFacts | undefined {
    return this.#facts.get(id);
  }

  /** Knows ObservedProperty 1 only. */
  get(_entity: string, id: number): Promise<{ readonly '@iot.id': number } | undefined> {
    return Promise.resolve(id === 1 ? { '@iot.id': 1 } : undefined);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #changed(): void {
    this.revision += 1;
    for (const listener of this.#listeners) listener();
  }
}
