import { expect, test } from 'vitest';
import { filterOf, queryOf } from './filter.ts';

test('without states the list shows what is not over', () => {
  expect(filterOf('')).toEqual({ states: ['active', 'pending'], severity: null, thingId: null });
});

test('unknown words in the address are left out', () => {
  expect(filterOf('state=angry&state=resolved&severity=Huge&thing=-4')).toEqual({
    states: ['resolved'],
    severity: null,
    thingId: null,
  });
});

test('a filter survives its way through the address', () => {
  const filter = { states: ['active', 'resolved'], severity: 'Severe', thingId: 4 } as const;
  expect(queryOf(filter)).toBe('state=active&state=resolved&severity=Severe&thing=4');
  expect(filterOf(queryOf(filter))).toEqual(filter);
});
