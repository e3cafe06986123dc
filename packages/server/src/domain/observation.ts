import type { Millis } from './time.ts';

/** What a result is. The numbers stand in the log and the store and never change. */
export const resultKinds = { null: 0, number: 1, boolean: 2, string: 3, json: 4 } as const;
export type ResultKind = (typeof resultKinds)[keyof typeof resultKinds];

/** An Observation (18-088, 8.2.7) with every id resolved. Times in milliseconds since 1970, UTC. */
export interface Observation {
  /** Its sequence in the log. */
  readonly id: number;
  readonly datastreamId: number;
  readonly featureOfInterestId: number;
  readonly phenomenonStart: Millis;
  /** Equal to the start for an instant. */
  readonly phenomenonEnd: Millis;
  readonly resultKind: ResultKind;
  /** The value of a number, 0 or 1 of a boolean, else 0. */
  readonly resultNumber: number;
  /** The text of a string, the JSON of an object or array, else empty. */
  readonly resultText: string;
  readonly resultTime: Millis | null;
  readonly validStart: Millis | null;
  readonly validEnd: Millis | null;
  /** JSON, or empty where there is none. */
  readonly resultQuality: string;
  /** JSON, or empty where there is none. */
  readonly parameters: string;
  /** 0 for the first version; a correction carries the sequence of its log record. */
  readonly version: number;
  readonly deleted: boolean;
}

/** The `result` as SensorThings' JSON has it. */
export function resultOf(observation: Observation): unknown {
  switch (observation.resultKind) {
    case resultKinds.null:
      return null;
    case resultKinds.number:
      return observation.resultNumber;
    case resultKinds.boolean:
      return observation.resultNumber === 1;
    case resultKinds.string:
      return observation.resultText;
    case resultKinds.json: {
      const value: unknown = JSON.parse(observation.resultText);
      return value;
    }
  }
}
