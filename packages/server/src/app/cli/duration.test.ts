import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration, shownTime } from './duration.ts';

const durations: readonly (readonly [string, number | undefined])[] = [
  ['90d', 7_776_000_000],
  ['12h', 43_200_000],
  [' 5m ', 300_000],
  ['30s', 30_000],
  ['2w', 1_209_600_000],
  ['1y', 31_536_000_000],
  ['100y', 3_153_600_000_000],
  ['101y', undefined],
  ['0d', undefined],
  ['-1d', undefined],
  ['1.5h', undefined],
  ['5', undefined],
  ['d', undefined],
  ['', undefined],
  ['1D', undefined],
  ['9999999s', undefined],
];
for (const [text, expected] of durations) {
  test(`the duration ${JSON.stringify(text)} is ${String(expected)} milliseconds`, () => {
    assert.equal(parseDuration(text), expected);
  });
}

test('a time is shown in UTC to the minute', () => {
  assert.equal(shownTime(Date.UTC(2026, 2, 1, 12, 5, 59)), '2026-03-01 12:05 UTC');
});
