// How far back a chart looks. The window ends at the newest reading, not at the present: a replay of past years, or a
// sensor that fell silent, is seen at once instead of an empty chart.

export const timeRanges = [
  { id: '24h', label: '24 h', millis: 86_400_000 },
  { id: '7d', label: '7 d', millis: 7 * 86_400_000 },
  { id: '30d', label: '30 d', millis: 30 * 86_400_000 },
  { id: '1y', label: '1 y', millis: 365 * 86_400_000 },
  { id: 'all', label: 'All', millis: null },
] as const;

export type TimeRangeId = (typeof timeRanges)[number]['id'];

export interface TimeWindow {
  /** Milliseconds since 1970; null where the beginning is not known yet. */
  readonly from: number | null;
  readonly to: number;
}

/** The window of a range that ends with the reading at `newest`, which is inside it. Milliseconds since 1970. */
export function windowOf(range: TimeRangeId, newest: number): TimeWindow {
  const millis = timeRanges.find((candidate) => candidate.id === range)?.millis ?? null;
  const to = newest + 1;
  return { from: millis === null ? null : to - millis, to };
}
