import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resultKinds, resultOf, type Observation, type ResultKind } from './observation.ts';

const base = {
  id: 1,
  datastreamId: 1,
  featureOfInterestId: 1,
  phenomenonStart: 0,
  phenomenonEnd: 0,
  resultTime: null,
  validStart: null,
  validEnd: null,
  resultQuality: '',
  parameters: '',
  version: 0,
  deleted: false,
} as const;

describe('resultOf', () => {
  const cases: readonly { name: string; kind: ResultKind; number: number; text: string; result: unknown }[] = [
    { name: 'null', kind: resultKinds.null, number: 0, text: '', result: null },
    { name: 'a number', kind: resultKinds.number, number: 21.5, text: '21.5', result: 21.5 },
    { name: 'zero', kind: resultKinds.number, number: 0, text: '0', result: 0 },
    { name: 'true', kind: resultKinds.boolean, number: 1, text: 'true', result: true },
    { name: 'false', kind: resultKinds.boolean, number: 0, text: 'false', result: false },
    { name: 'a text that looks like a number', kind: resultKinds.string, number: 0, text: '21.5', result: '21.5' },
    { name: 'an empty text', kind: resultKinds.string, number: 0, text: '', result: '' },
    { name: 'an object', kind: resultKinds.json, number: 0, text: '{"a":[1,null]}', result: { a: [1, null] } },
  ];
  for (const { name, kind, number, text, result } of cases) {
    it(`gives ${name} as it came`, () => {
      const observation: Observation = { ...base, resultKind: kind, resultNumber: number, resultText: text };
      assert.deepEqual(resultOf(observation), result);
    });
  }

  it('keeps the numbers of the kinds, which stand in the log', () => {
    assert.deepEqual(resultKinds, { null: 0, number: 1, boolean: 2, string: 3, json: 4 });
  });
});
