import { expect, test } from 'vitest';
import { boundsOf, degreeWords, graticule, graticuleLines } from './graticule.ts';
import { layoutLabels } from './label-layout.ts';

const beijing = { west: 116.1, east: 116.9, south: 39.8, north: 40.4 };

test('the net has at least four meridians at a round step', () => {
  const { step, meridians, parallels } = graticule(beijing);
  expect(step).toBe(0.2);
  expect(meridians).toEqual([116.2, 116.4, 116.6, 116.8]);
  expect(parallels).toEqual([39.8, 40, 40.2, 40.4]);
});

test('lines reach beyond what is seen and never beyond the poles of the projection', () => {
  const lines = graticuleLines({ west: -180, east: 180, south: -80, north: 80 });
  const latitudes = lines.features.flatMap((line) => line.geometry.coordinates.map(([, latitude]) => latitude));
  expect(Math.max(...latitudes)).toBeLessThanOrEqual(85);
  expect(Math.min(...latitudes)).toBeGreaterThanOrEqual(-85);
});

test('degrees are written with their side and the digits of the step', () => {
  expect(degreeWords(116.4, 0.2, 'longitude')).toBe('116.4° E');
  expect(degreeWords(-33.85, 0.05, 'latitude')).toBe('33.85° S');
  expect(degreeWords(190, 10, 'longitude')).toBe('170° W');
  expect(degreeWords(0, 10, 'latitude')).toBe('0°');
});

test('the bounds of nothing are nothing', () => {
  expect(boundsOf([])).toBeNull();
  expect(boundsOf([[1, 2]])).toEqual({ west: 1, east: 1, south: 2, north: 2 });
});

test('labels go where there is room, the important first, and stay away where there is none', () => {
  const size = { width: 400, height: 300 };
  const item = (id: number, x: number, y: number): Parameters<typeof layoutLabels>[0][number] => ({
    id,
    x,
    y,
    width: 80,
    height: 30,
  });
  expect(layoutLabels([item(1, 100, 100), item(2, 130, 100)], size)).toEqual(
    new Map([
      [1, 'left'],
      [2, 'right'],
    ]),
  );
  expect(layoutLabels([item(1, 390, 100)], size).get(1)).toBe('left');
  expect(layoutLabels([item(1, 900, 100)], size).size).toBe(0);
});
