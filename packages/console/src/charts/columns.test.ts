import type { Series } from '@belfry/contract';
import { expect, test } from 'vitest';
import { columnsOf, factsOf, withLive } from './columns.ts';

function series(time: number[]): Series {
  const values = time.map((_, place) => place + 1);
  return {
    datastreamId: 1,
    from: '',
    to: '',
    bucketMillis: 60_000,
    time,
    mean: values,
    min: values.map((value) => value - 1),
    max: values.map((value) => value + 1),
    count: values.map(() => 2),
  };
}

const minute = 60_000;

test('a long step without readings becomes a gap', () => {
  const columns = columnsOf(series([0, minute, 2 * minute, 30 * minute, 31 * minute]));
  expect(columns.mean).toEqual([1, 2, 3, null, 4, 5]);
  expect(columns.time[3]).toBe(16 * 60);
});

test('the hourly readings of a station make no gaps, though the buckets are shorter', () => {
  const columns = columnsOf(series([0, 60 * minute, 120 * minute, 180 * minute]));
  expect(columns.mean).toEqual([1, 2, 3, 4]);
});

test('live readings are appended in their order; older ones and those without a number are left out', () => {
  const columns = withLive(columnsOf(series([0, minute])), [
    { datastreamId: 1, observationId: 1, time: minute, value: 50 },
    { datastreamId: 1, observationId: 2, time: 2 * minute, value: 60 },
    { datastreamId: 1, observationId: 3, time: 3 * minute, value: null },
  ]);
  expect(columns.time).toEqual([0, 60, 120]);
  expect(columns.max).toEqual([2, 3, 60]);
});

test('the facts of a chart weigh each bucket by its readings', () => {
  const columns = withLive(columnsOf(series([0, minute])), [
    { datastreamId: 1, observationId: 2, time: 2 * minute, value: 9 },
  ]);
  expect(factsOf(columns)).toEqual({ points: 3, readings: 5, min: 0, max: 9, mean: 3 });
  expect(factsOf(columnsOf(series([])))).toBeNull();
});
