import { expect, test } from 'vitest';
import { agoWords, exactDurationWords, timeWords, utcWords } from './time.ts';

const now = Date.parse('2026-11-24T03:51:36Z');
const minute = 60_000;
const day = 86_400_000;

const distances = [
  { millis: 0, words: 'now' },
  { millis: 4_999, words: 'now' },
  { millis: 12_000, words: '12 s ago' },
  { millis: 2 * minute + 59_000, words: '2 min ago' },
  { millis: 3 * 60 * minute, words: '3 h ago' },
  { millis: 2 * day, words: '2 d ago' },
  { millis: 70 * day, words: '2 mo ago' },
  { millis: 3_560 * day, words: '9 y ago' },
  { millis: -5 * minute, words: 'in 5 min' },
];

for (const { millis, words } of distances) {
  test(`${millis} ms back is "${words}"`, () => expect(agoWords(now - millis, now)).toBe(words));
}

test('a moment is as short as it stays clear, in the zone of the reader', () => {
  const berlin = timeWords('Europe/Berlin');
  expect(berlin.moment(now, now)).toBe('04:51:36');
  expect(berlin.moment(now - day, now)).toBe('23 Nov 04:51');
  expect(berlin.moment(Date.parse('2016-02-29T23:30:00Z'), now)).toBe('1 Mar 2016 00:30');
});

test('midnight is 00:00, not 24:00', () => {
  expect(timeWords('UTC').clock(Date.parse('2026-11-24T00:00:00Z'))).toBe('00:00:00');
});

test('a full time names its zone', () => {
  expect(timeWords('UTC').full(now)).toBe('24 Nov 2026, 03:51:36 UTC');
  expect(utcWords(now)).toBe('2026-11-24 03:51:36 UTC');
});

test('an exact duration has two units at most', () => {
  expect(exactDurationWords(3_600_000)).toBe('1 h');
  expect(exactDurationWords(54 * minute)).toBe('54 min');
  expect(exactDurationWords(90_000)).toBe('1 min 30 s');
  expect(exactDurationWords(2 * day + 4 * 3_600_000 + 5)).toBe('2 d 4 h');
  expect(exactDurationWords(day + 30_000)).toBe('1 d');
  expect(exactDurationWords(10)).toBe('0 s');
});
