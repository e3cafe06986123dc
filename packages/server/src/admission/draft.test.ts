import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ErrorCode } from '@belfry/contract';
import {
  resultKinds,
  RowCursor,
  rowBytesBound,
  writeRow,
  type DatastreamFacts,
  type ResultType,
} from '../domain/mod.ts';
import { emptyDraft, judgeObservation, type JudgeBounds } from './draft.ts';

const now = Date.UTC(2026, 5, 1, 12);
const bounds: JudgeBounds = { now, futureMillisMax: 60_000, strictTypes: true };

function facts(resultType: ResultType): DatastreamFacts {
  return {
    id: 7,
    name: 'Water level',
    thingId: 1,
    thingName: 'Mill bridge',
    observedPropertyId: 1,
    observedPropertyName: 'level',
    observedPropertyDefinition: 'https://example.org/level',
    unitName: 'centimetre',
    unitSymbol: 'cm',
    resultType,
    featureOfInterestId: 3,
  };
}

const deep: unknown = JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`);

/** Body, type of the Datastream, and what must be said about it: a code, the field at fault, and words of the detail. */
const refused: readonly (readonly [string, unknown, ResultType, ErrorCode, string | undefined, RegExp])[] = [
  ['a body that is no object', [1, 2], 'any', 'bad-body', undefined, /\[1,2\]/],
  ['a body that is null', null, 'any', 'bad-body', undefined, /null/],
  ['no result', { phenomenonTime: '2026-01-01T00:00:00Z' }, 'any', 'missing-field', '/result', /result/],
  [
    'a text where a number is measured',
    { result: '21.5' },
    'number',
    'wrong-type',
    '/result',
    /"21.5".*number.*Water level/,
  ],
  ['NaN as a text', { result: 'NaN' }, 'number', 'wrong-type', '/result', /NaN/],
  ['a number beyond all numbers', { result: Infinity }, 'number', 'not-finite', '/result', /large/],
  ['half a vehicle', { result: 1.5 }, 'integer', 'wrong-type', '/result', /1\.5.*whole/],
  ['one for true', { result: 1 }, 'boolean', 'wrong-type', '/result', /true or false/],
  ['a number for a category', { result: 4 }, 'string', 'wrong-type', '/result', /text/],
  [
    'a year that no gauge saw',
    { result: 1, phenomenonTime: '9999-01-01T00:00:00Z' },
    'any',
    'time-out-of-range',
    '/phenomenonTime',
    /9999/,
  ],
  [
    'a time before gauges',
    { result: 1, phenomenonTime: '1899-12-31T23:59:59Z' },
    'any',
    'time-out-of-range',
    '/phenomenonTime',
    /1899/,
  ],
  [
    'a clock that is two minutes fast',
    { result: 1, phenomenonTime: '2026-06-01T12:02:00Z' },
    'any',
    'time-out-of-range',
    '/phenomenonTime',
    /12:01/,
  ],
  [
    'a date without a time',
    { result: 1, phenomenonTime: '2026-01-01' },
    'any',
    'bad-time',
    '/phenomenonTime',
    /2026-01-01/,
  ],
  [
    'a time as a number',
    { result: 1, phenomenonTime: 1_760_000_000 },
    'any',
    'bad-time',
    '/phenomenonTime',
    /1760000000/,
  ],
  [
    'an interval backwards',
    { result: 1, phenomenonTime: '2026-01-02T00:00:00Z/2026-01-01T00:00:00Z' },
    'any',
    'bad-time',
    '/phenomenonTime',
    /2026-01-02/,
  ],
  ['a resultTime that is none', { result: 1, resultTime: 'soon' }, 'any', 'bad-time', '/resultTime', /soon/],
  [
    'a validTime that the store cannot hold',
    { result: 1, validTime: '2026-01-01T00:00:00Z/9999-01-01T00:00:00Z' },
    'any',
    'time-out-of-range',
    '/validTime',
    /9999/,
  ],
  ['parameters that are a list', { result: 1, parameters: [] }, 'any', 'bad-body', '/parameters', /\[\]/],
  ['a misspelt property', { reslut: 1 }, 'any', 'unknown-field', '/reslut', /reslut.*result/],
  ['a result nested without end', { result: deep }, 'any', 'bad-body', '/result', /64/],
  ['half a character', { result: 'a\ud800' }, 'any', 'bad-json', '/result', /surrogate/],
  ['a result of 70 KB', { result: 'x'.repeat(70_000) }, 'any', 'too-large', '/result', /70000.*65536/],
  [
    'parameters of 17 KB',
    { result: 1, parameters: { a: 'x'.repeat(17_000) } },
    'any',
    'too-large',
    '/parameters',
    /16384/,
  ],
];

describe('judging an Observation', () => {
  for (const [name, body, type, code, field, detail] of refused) {
    it(`refuses ${name} and says so`, () => {
      const refusal = judgeObservation(emptyDraft(), body, facts(type), bounds);
      assert.equal(refusal?.code, code);
      assert.equal(refusal.field, field);
      assert.match(refusal.detail, detail);
      assert.ok(refusal.detail.length < 400, 'a refusal stays readable');
    });
  }

  it('takes the time of receipt where the message has none', () => {
    const draft = emptyDraft();
    assert.equal(judgeObservation(draft, { result: 21.5 }, facts('number'), bounds), undefined);
    assert.equal(draft.phenomenonStart, now);
    assert.equal(draft.phenomenonEnd, now);
    assert.equal(draft.resultTime, null);
  });

  it('takes null as "no value" whatever the type', () => {
    for (const type of ['number', 'integer', 'boolean', 'string', 'any'] as const) {
      const draft = emptyDraft();
      assert.equal(judgeObservation(draft, { result: null }, facts(type), bounds), undefined);
      assert.equal(draft.resultKind, resultKinds.null);
    }
  });

  it('does not hold results against the type where the configuration says so', () => {
    const loose = { ...bounds, strictTypes: false };
    assert.equal(judgeObservation(emptyDraft(), { result: 'high' }, facts('number'), loose), undefined);
  });

  it('tolerates the annotations that a client posts back', () => {
    const body = { result: 1, '@iot.id': 4, '@iot.selfLink': 'x', 'Datastream@iot.navigationLink': 'y' };
    assert.equal(judgeObservation(emptyDraft(), body, facts('any'), bounds), undefined);
  });

  it('leaves nothing of one message in the next', () => {
    const draft = emptyDraft();
    const full = {
      result: { a: 1 },
      phenomenonTime: '2026-01-01T00:00:00Z/2026-01-01T01:00:00Z',
      resultTime: '2026-01-01T02:00:00Z',
      validTime: '2026-01-01T00:00:00Z/2026-01-02T00:00:00Z',
      resultQuality: 'good',
      parameters: { depth: 1 },
    };
    assert.equal(judgeObservation(draft, full, facts('any'), bounds), undefined);
    assert.equal(judgeObservation(draft, { result: 2 }, facts('any'), bounds), undefined);
    const fresh = emptyDraft();
    assert.equal(judgeObservation(fresh, { result: 2 }, facts('any'), bounds), undefined);
    assert.deepEqual(draft, fresh);
  });

  it('refuses or admits any JSON without throwing, and what it admits goes through the log unchanged', () => {
    const time = fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.string(),
    );
    const body = fc.record(
      {
        result: fc.jsonValue(),
        phenomenonTime: fc.oneof(time, fc.jsonValue()),
        resultTime: fc.oneof(time, fc.constant(null)),
        validTime: fc.tuple(time, time).map(([start, end]) => `${start}/${end}`),
        resultQuality: fc.jsonValue(),
        parameters: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const types = fc.constantFrom<ResultType>('number', 'integer', 'boolean', 'string', 'any');
    fc.assert(
      fc.property(fc.oneof(body, fc.jsonValue()), types, (value, type) => {
        const draft = emptyDraft();
        const refusal = judgeObservation(draft, value, facts(type), bounds);
        if (refusal !== undefined) return;
        const row = Buffer.alloc(rowBytesBound(draft));
        const cursor = new RowCursor(row.subarray(0, writeRow(row, 0, draft)));
        assert.ok(cursor.advance());
        assert.deepEqual(cursor.observation(), draft);
        assert.ok(!cursor.advance());
      }),
      { numRuns: 2_000 },
    );
  });
});
