// From what the server answers to what the chart draws. Pure, so that it can be tested without a browser.
import type { LiveObservation, Series } from '@belfry/contract';

/** Columns of equal length. `time` in seconds since 1970, as uPlot wants it; null in the others is a gap. */
export interface ChartColumns {
  readonly time: readonly number[];
  readonly mean: readonly (number | null)[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  readonly count: readonly number[];
}

/** The address of the series between two instants (milliseconds since 1970) with at most `points` buckets. */
export function seriesPath(datastreamId: number, from: number, to: number, points: number): string {
  const params = new URLSearchParams({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    points: String(points),
  });
  return `/series/${datastreamId}?${params.toString()}`;
}

/** Live points that a chart takes on before the oldest go. */
export const livePointsMax = 5_000;

/**
 * Columns of a series with a gap wherever readings are missing: a line across hours without data would tell something
 * that nobody measured. A gap is a step of more than three times the usual one.
 */
export function columnsOf(series: Series): ChartColumns {
  const gapMillis = 3 * Math.max(usualStep(series.time), series.bucketMillis);
  const time: number[] = [];
  const mean: (number | null)[] = [];
  const min: (number | null)[] = [];
  const max: (number | null)[] = [];
  const count: number[] = [];
  let before: number | null = null;
  for (const [place, at] of series.time.entries()) {
    if (before !== null && at - before > gapMillis) {
      time.push((before + at) / 2000);
      mean.push(null);
      min.push(null);
      max.push(null);
      count.push(0);
    }
    time.push(at / 1000);
    mean.push(series.mean[place] ?? null);
    min.push(series.min[place] ?? null);
    max.push(series.max[place] ?? null);
    count.push(series.count[place] ?? 0);
    before = at;
  }
  return { time, mean, min, max, count };
}

/** The median step in milliseconds; 0 for fewer than two points. */
function usualStep(time: readonly number[]): number {
  const steps: number[] = [];
  for (let place = 1; place < time.length; place++) steps.push((time[place] ?? 0) - (time[place - 1] ?? 0));
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

/** Appends live readings that are newer than the last point, each as a bucket of one. */
export function withLive(columns: ChartColumns, live: readonly LiveObservation[]): ChartColumns {
  let last = columns.time.at(-1) ?? -Infinity;
  const added = live.filter((observation) => {
    if (observation.value === null || observation.time / 1000 <= last) return false;
    last = observation.time / 1000;
    return true;
  });
  if (added.length === 0) return columns;
  const values = added.map((observation) => observation.value);
  return {
    time: [...columns.time, ...added.map((observation) => observation.time / 1000)],
    mean: [...columns.mean, ...values],
    min: [...columns.min, ...values],
    max: [...columns.max, ...values],
    count: [...columns.count, ...added.map(() => 1)],
  };
}

export interface ColumnsFacts {
  readonly points: number;
  readonly readings: number;
  readonly min: number;
  readonly max: number;
  /** Of the readings, not of the buckets. */
  readonly mean: number;
}

/** Lowest, highest and mean of what the chart shows; null where it shows nothing. */
export function factsOf(columns: ChartColumns): ColumnsFacts | null {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let readings = 0;
  let points = 0;
  for (const [place, mean] of columns.mean.entries()) {
    if (mean === null) continue;
    const count = Math.max(1, columns.count[place] ?? 1);
    min = Math.min(min, columns.min[place] ?? mean);
    max = Math.max(max, columns.max[place] ?? mean);
    sum += mean * count;
    readings += count;
    points += 1;
  }
  return points === 0 ? null : { points, readings, min, max, mean: sum / readings };
}
