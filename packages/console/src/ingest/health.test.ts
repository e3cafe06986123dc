import { expect, test } from 'vitest';
import { consumerWords, recentRate } from './health.ts';

test('the rate leaves out the second that is still going on', () => {
  expect(recentRate([0, 10, 20, 30, 1], 3)).toBe(20);
  expect(recentRate([5])).toBe(0);
});

test('a consumer keeps up, is behind, or has trouble', () => {
  const consumer = { name: 'store', position: 1, lag: 900, trouble: null };
  expect(consumerWords(consumer, 0).kind).toBe('well');
  expect(consumerWords({ ...consumer, lag: 50_000 }, 1_000).kind).toBe('behind');
  expect(consumerWords({ ...consumer, lag: 50_000 }, 10_000).kind).toBe('well');
  expect(consumerWords({ ...consumer, trouble: 'disk full' }, 0)).toEqual({ kind: 'trouble', words: 'disk full' });
});
