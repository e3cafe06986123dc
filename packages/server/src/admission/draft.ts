import {
  earliestMillis,
  latestMillis,
  parseInstant,
  parseTimeInterval,
  resultKinds,
  type DatastreamFacts,
  type Observation,
  type ResultKind,
} from '../domain/mod.ts';
import { deeperThan, limits, quote, refuse, type Refusal } from '../kernel/mod.ts';

/** An Observation in the making; one such object is used again for every message. */
export type Draft = { -readonly [Key in keyof Observation]: Observation[Key] };

/** What judging needs beside the message. */
export interface JudgeBounds {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How far ahead of `now` a phenomenonTime may lie. */
  readonly futureMillisMax: number;
  /** Whether results are held against the observationType. */
  readonly strictTypes: boolean;
}

export type JsonObject = { readonly [key: string]: unknown };

export function emptyDraft(): Draft {
  return {
    id: 0,
    datastreamId: 0,
    featureOfInterestId: 0,
    phenomenonStart: 0,
    phenomenonEnd: 0,
    resultKind: resultKinds.null,
    resultNumber: 0,
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

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Judges the own properties of an Observation (18-088, 8.2.7) and fills the draft with them: result, times, quality,
 * parameters. Relations are left to the caller. The first fault is the answer; the draft then holds nothing of worth.
 */
export function judgeObservation(
  draft: Draft,
  body: unknown,
  facts: DatastreamFacts,
  bounds: JudgeBounds,
): Refusal | undefined {
  if (!isJsonObject(body)) return refuse('bad-body', `an Observation is a JSON object, not ${quote(body)}`);
  draft.datastreamId = facts.id;
  draft.resultTime = null;
  draft.validStart = null;
  draft.validEnd = null;
  draft.resultQuality = '';
  draft.parameters = '';
  draft.version = 0;
  draft.deleted = false;
  draft.phenomenonStart = bounds.now;
  draft.phenomenonEnd = bounds.now;
  let hasResult = false;
  for (const key in body) {
    const value = body[key];
    let fault: Refusal | undefined;
    switch (key) {
      case 'result':
        hasResult = true;
        fault = judgeResult(draft, value, facts, bounds.strictTypes);
        break;
      case 'phenomenonTime':
        fault = judgePhenomenonTime(draft, value, bounds);
        break;
      case 'resultTime':
        fault = judgeResultTime(draft, value);
        break;
      case 'validTime':
        fault = judgeValidTime(draft, value);
        break;
      case 'resultQuality':
        fault = judgeDepth(value, 'resultQuality');
        if (fault !== undefined) break;
        draft.resultQuality = value === null ? '' : JSON.stringify(value);
        fault = judgeLength(draft.resultQuality, limits.parametersBytesMax, 'resultQuality');
        break;
      case 'parameters':
        if (value !== null && !isJsonObject(value)) {
          fault = refuse('bad-body', `parameters must be a JSON object, not ${quote(value)}`, '/parameters');
          break;
        }
        fault = judgeDepth(value, 'parameters');
        if (fault !== undefined) break;
        draft.parameters = value === null ? '' : JSON.stringify(value);
        fault = judgeLength(draft.parameters, limits.parametersBytesMax, 'parameters');
        break;
      case 'Datastream':
      case 'FeatureOfInterest':
        break;
      default:
        if (!key.includes('@')) fault = unknownField(key);
    }
    if (fault !== undefined) return fault;
  }
  if (!hasResult) return refuse('missing-field', 'an Observation needs a result', '/result');
  return undefined;
}

function judgeResult(draft: Draft, value: unknown, facts: DatastreamFacts, strict: boolean): Refusal | undefined {
  draft.resultNumber = 0;
  draft.resultText = '';
  let kind: ResultKind;
  switch (typeof value) {
    case 'number':
      // JSON.parse makes Infinity of 1e999, which no reader could get back.
      if (!Number.isFinite(value)) return refuse('not-finite', 'the result is too large for a number', '/result');
      kind = resultKinds.number;
      draft.resultNumber = value;
      break;
    case 'boolean':
      kind = resultKinds.boolean;
      draft.resultNumber = value ? 1 : 0;
      break;
    case 'string':
      if (!value.isWellFormed()) return refuse('bad-json', 'the result holds half of a surrogate pair', '/result');
      kind = resultKinds.string;
      draft.resultText = value;
      break;
    case 'object':
      if (deeperThan(value, limits.jsonDepthMax)) return judgeDepth(value, 'result');
      kind = value === null ? resultKinds.null : resultKinds.json;
      draft.resultText = value === null ? '' : JSON.stringify(value);
      break;
    default:
      return refuse('bad-body', `the result is ${quote(value)}`, '/result');
  }
  draft.resultKind = kind;
  if (strict && kind !== resultKinds.null) {
    const fault = judgeType(value, kind, facts);
    if (fault !== undefined) return fault;
  }
  return draft.resultText === '' ? undefined : judgeLength(draft.resultText, limits.resultBytesMax, 'result');
}

function judgeType(value: unknown, kind: ResultKind, facts: DatastreamFacts): Refusal | undefined {
  switch (facts.resultType) {
    case 'any':
      return undefined;
    case 'number':
      return kind === resultKinds.number ? undefined : wrongType(value, facts, 'a number');
    case 'integer':
      return Number.isInteger(value) ? undefined : wrongType(value, facts, 'a whole number');
    case 'boolean':
      return kind === resultKinds.boolean ? undefined : wrongType(value, facts, 'true or false');
    case 'string':
      return kind === resultKinds.string ? undefined : wrongType(value, facts, 'a text');
  }
}

function wrongType(value: unknown, facts: DatastreamFacts, wanted: string): Refusal {
  return refuse(
    'wrong-type',
    `the result ${quote(value)} is not ${wanted}, which Datastream ${facts.id} (${facts.name}) takes`,
    '/result',
  );
}

function judgePhenomenonTime(draft: Draft, value: unknown, bounds: JudgeBounds): Refusal | undefined {
  if (typeof value !== 'string') return badTime('phenomenonTime', value);
  const instant = parseInstant(value);
  if (Number.isNaN(instant)) {
    const interval = parseTimeInterval(value);
    if (interval === undefined) return badTime('phenomenonTime', value);
    draft.phenomenonStart = interval.start;
    draft.phenomenonEnd = interval.end;
  } else {
    draft.phenomenonStart = instant;
    draft.phenomenonEnd = instant;
  }
  const latest = bounds.now + bounds.futureMillisMax;
  if (draft.phenomenonStart < earliestMillis || draft.phenomenonEnd > latest) {
    return refuse(
      'time-out-of-range',
      `phenomenonTime ${quote(value)} is not between ${new Date(earliestMillis).toISOString()} and ${new Date(latest).toISOString()}`,
      '/phenomenonTime',
    );
  }
  return undefined;
}

function judgeResultTime(draft: Draft, value: unknown): Refusal | undefined {
  if (value === null) return undefined;
  if (typeof value !== 'string') return badTime('resultTime', value);
  const instant = parseInstant(value);
  if (Number.isNaN(instant)) return badTime('resultTime', value);
  draft.resultTime = instant;
  return judgeStorable(instant, instant, 'resultTime', value);
}

function judgeValidTime(draft: Draft, value: unknown): Refusal | undefined {
  if (value === null) return undefined;
  const interval = typeof value === 'string' ? parseTimeInterval(value) : undefined;
  if (interval === undefined) return badTime('validTime', value);
  draft.validStart = interval.start;
  draft.validEnd = interval.end;
  return judgeStorable(interval.start, interval.end, 'validTime', value);
}

function judgeStorable(start: number, end: number, field: string, value: unknown): Refusal | undefined {
  if (start >= earliestMillis && end <= latestMillis) return undefined;
  return refuse(
    'time-out-of-range',
    `${field} ${quote(value)} is not between ${new Date(earliestMillis).toISOString()} and ${new Date(latestMillis).toISOString()}`,
    `/${field}`,
  );
}

function badTime(field: string, value: unknown): Refusal {
  return refuse('bad-time', `${field} ${quote(value)} is not an ISO 8601 time`, `/${field}`);
}

function judgeDepth(value: unknown, field: string): Refusal | undefined {
  if (!deeperThan(value, limits.jsonDepthMax)) return undefined;
  return refuse('bad-body', `${field} is nested deeper than ${limits.jsonDepthMax} levels`, `/${field}`);
}

function judgeLength(text: string, bytesMax: number, field: string): Refusal | undefined {
  if (text.length * 3 <= bytesMax) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes <= bytesMax) return undefined;
  return refuse('too-large', `${field} has ${bytes} bytes; at most ${bytesMax} are taken`, `/${field}`);
}

function unknownField(key: string): Refusal {
  return refuse(
    'unknown-field',
    `an Observation has no ${quote(key)}; it has result, phenomenonTime, resultTime, validTime, resultQuality, parameters, Datastream, FeatureOfInterest`,
    `/${key.slice(0, 80)}`,
  );
}
