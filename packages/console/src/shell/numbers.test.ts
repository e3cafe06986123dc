import { expect, test } from 'vitest';
import { byteWords, numberWords, plural, unitWords, valueWords } from './numbers.ts';

test('a number has as many digits as a reading of its size can mean', () => {
  expect([0, -1e-15, 0.012345, 21.456, 1013.25, 123_456.7].map(numberWords)).toEqual([
    '0',
    '0',
    '0.0123',
    '21.46',
    '1,013.3',
    '123,457',
  ]);
});

test('symbols of UCUM are written as people write them, and unknown ones stay', () => {
  const symbols = ['ug/m3', 'Cel', 'm3/s', 'hPa', '%', 'deg', 'W/m2', 'S/m', ''];
  expect(symbols.map(unitWords)).toEqual(['µg/m³', '°C', 'm³/s', 'hPa', '%', '°', 'W/m²', 'S/m', '']);
});

test('a number stands with its unit on one line', () => {
  expect(valueWords(48.3, 'ug/m3')).toBe('48.3\u00A0µg/m³');
  expect(valueWords(270, 'deg')).toBe('270°');
  expect(valueWords(7, '')).toBe('7');
});

test('bytes and counts are in words', () => {
  expect(byteWords(0)).toBe('0\u00A0B');
  expect(byteWords(1_536_000_000)).toBe('1.5\u00A0GB');
  expect(plural(1, 'alert')).toBe('1\u00A0alert');
  expect(plural(2, 'alert')).toBe('2\u00A0alerts');
});
