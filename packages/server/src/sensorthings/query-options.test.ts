import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isRefusal } from '../kernel/mod.ts';
import { parseQueryOptions } from './query-options.ts';

const nothing = { top: undefined, skip: 0, count: false, orderBy: [], named: [] };

const good = [
  ['', nothing],
  ['resultFormat=x&token=1', nothing],
  ['$top=0', { ...nothing, top: 0, named: ['$top'] }],
  ['%24top=5&$skip=10', { ...nothing, top: 5, skip: 10, named: ['$top', '$skip'] }],
  ['$count=true', { ...nothing, count: true, named: ['$count'] }],
  [
    '$orderby=phenomenonTime+desc,%40iot.id',
    {
      ...nothing,
      orderBy: [
        { path: 'phenomenonTime', descending: true },
        { path: 'id', descending: false },
      ],
      named: ['$orderby'],
    },
  ],
] as const;

const bad = [
  ['$top=-1', 'bad-query', '$top'],
  ['$top=', 'bad-query', '$top'],
  ['$top=1.5', 'bad-query', '$top'],
  ['$top=1e2', 'bad-query', '$top'],
  ['$top=1&$top=2', 'bad-query', '$top'],
  ['$skip=x', 'bad-query', '$skip'],
  ['$count=yes', 'bad-query', '$count'],
  ['$count=TRUE', 'bad-query', '$count'],
  ['$orderby=', 'bad-query', '$orderby'],
  ['$orderby=id up', 'bad-query', '$orderby'],
  ['$orderby=id desc desc', 'bad-query', '$orderby'],
  ['$filter=result gt 1', 'unsupported-option', '$filter'],
  ['$Top=1', 'unsupported-option', '$Top'],
  ['$top=%zz', 'bad-query', undefined],
] as const;

describe('query options', () => {
  for (const [text, options] of good) {
    test(`${text || 'nothing'} is read`, () => {
      assert.deepEqual(parseQueryOptions(text), options);
    });
  }
  for (const [text, code, field] of bad) {
    test(`${text} is refused as ${code}`, () => {
      const outcome = parseQueryOptions(text);
      assert.ok(isRefusal(outcome), JSON.stringify(outcome));
      assert.equal(outcome.code, code);
      assert.equal(outcome.field, field);
    });
  }

  test('any text is read or refused', () => {
    const piece = fc.constantFrom(
      '$top',
      '$orderby',
      '=',
      '&',
      '1',
      'id',
      ' ',
      '+',
      '%',
      '%20',
      ',',
      'desc',
      '$count',
      'true',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          const outcome = parseQueryOptions(text);
          if (!isRefusal(outcome)) assert.ok(outcome.top === undefined || Number.isSafeInteger(outcome.top));
        },
      ),
    );
  });
});
