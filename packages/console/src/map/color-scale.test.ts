import { expect, test } from 'vitest';
import { colorOf, colorScale, niceStep, ramps } from './color-scale.ts';

const ramp = ramps.light;

test('edges are round numbers that rise, with one colour more than edges', () => {
  const scale = colorScale([12, 31, 64, 75, 89, 104, 126, 143, 180], ramp);
  expect(scale.edges).toEqual([50, 100, 150]);
  expect(scale.colors).toHaveLength(4);
  expect(new Set(scale.colors).size).toBe(4);
});

test('edges of small steps carry no error of arithmetic', () => {
  expect(colorScale([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], ramp).edges).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
});

test('a value at an edge belongs to the class above it', () => {
  const scale = { edges: [10, 20], colors: ['a', 'b', 'c'] };
  expect([9.9, 10, 19, 20, 1e9, -5].map((value) => colorOf(scale, value))).toEqual(['a', 'b', 'b', 'c', 'c', 'a']);
});

test('one faulty sensor does not take the colours from the rest', () => {
  const values = [...Array.from({ length: 99 }, (_, place) => place), 1e6];
  const scale = colorScale(values, ramp);
  expect(scale.edges.every((edge) => edge < 100)).toBe(true);
});

test('equal, missing and no values have one class', () => {
  for (const values of [[], [5, 5, 5], [Number.NaN], [3, Number.NaN]]) {
    const scale = colorScale(values, ramp);
    expect(scale.edges).toEqual([]);
    expect(colorOf(scale, 5)).toMatch(/^#/u);
  }
});

test('steps are 1, 2, 2.5 or 5 times a power of ten', () => {
  expect([0.003, 1, 1.1, 2.2, 3, 7, 60].map(niceStep)).toEqual([0.005, 1, 2, 2.5, 5, 10, 100]);
});

test('the colours of a ramp change in lightness from end to end', () => {
  for (const colors of Object.values(ramps)) {
    const lightness = colors.map(luminance);
    const sorted = lightness.toSorted((a, b) => a - b);
    expect([sorted, sorted.toReversed()]).toContainEqual(lightness);
  }
});

/** Relative luminance, WCAG 2.2. */
function luminance(color: string): number {
  const channels = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (channels[0] ?? 0) + 0.7152 * (channels[1] ?? 0) + 0.0722 * (channels[2] ?? 0);
}
