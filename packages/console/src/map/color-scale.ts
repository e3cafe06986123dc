// A classed, sequential colour scale with round edges. The ramps change in lightness from end to end, so their order is
// seen with every kind of colour blindness and in print; they hold no red, orange or purple, which are left to severities.

export interface ColorScale {
  /** Rising; a value below edges[0] is in class 0, one at or above edges[i] in class i + 1. Unit of the data. */
  readonly edges: readonly number[];
  /** One colour more than there are edges, lowest class first. */
  readonly colors: readonly string[];
}

/** High values stand out against the ground: dark on a light page, light on a dark one. */
export const ramps = {
  light: ['#e3f3dc', '#b3dfc0', '#6fc3c0', '#3593bd', '#1c5f9e', '#0b2f6b'],
  dark: ['#17385f', '#1f5f94', '#2f8fbd', '#63c0c0', '#abdfb9', '#eaf8d2'],
} as const;

const classesMax = 6;

/** A scale for these values. The outermost fiftieths do not stretch it, so that one faulty sensor leaves colours to the rest. */
export function colorScale(values: readonly number[], ramp: readonly string[]): ColorScale {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  const low = quantile(sorted, 0.02);
  const high = quantile(sorted, 0.98);
  if (low === null || high === null || low === high) return { edges: [], colors: [ramp[2] ?? ''] };
  const step = niceStep((high - low) / classesMax);
  const edges: number[] = [];
  // Counting in whole steps keeps 0.3 from becoming 0.30000000000000004.
  for (let count = Math.floor(low / step) + 1; count * step <= high && edges.length < classesMax - 1; count++) {
    edges.push(Number((count * step).toPrecision(12)));
  }
  const colors = Array.from({ length: edges.length + 1 }, (_, place) => {
    const share = edges.length === 0 ? 0.5 : place / edges.length;
    return ramp[Math.round(share * (ramp.length - 1))] ?? '';
  });
  return { edges, colors };
}

/** The colour of a value. */
export function colorOf(scale: ColorScale, value: number): string {
  const above = scale.edges.findIndex((edge) => value < edge);
  return scale.colors[above === -1 ? scale.edges.length : above] ?? '';
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `size`. */
export function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  for (const factor of [1, 2, 2.5, 5]) if (factor * power >= size * 0.999_999) return factor * power;
  return 10 * power;
}

function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.round(share * (sorted.length - 1))] ?? null;
}
