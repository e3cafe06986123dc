// Loaded lazily: see mod.ts.
import type { Severity } from '@belfry/contract';
import { useEffect, useRef, type ReactElement } from 'react';
import type uPlot from 'uplot';
import { numberWords } from '../shell/mod.ts';
import type { ChartColumns } from './columns.ts';
import { createPlot, themeColor, timeAxis, valueAxis, type Plot } from './plot.ts';

/** A threshold of a rule, drawn as a line across the chart. In the unit of the Datastream. */
export interface ThresholdLine {
  readonly value: number;
  readonly severity: Severity;
  readonly label: string;
}

export interface SeriesPlotProps {
  readonly columns: ChartColumns;
  readonly thresholds: readonly ThresholdLine[];
  /** What a screen reader is told instead of the picture. */
  readonly description: string;
  /** Place in the columns below the cursor; null when it left. */
  readonly onCursor: (place: number | null) => void;
}

export function SeriesPlot({ columns, thresholds, description, onCursor }: SeriesPlotProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const newest = useRef(columns);

  useEffect(() => {
    if (box.current === null) return undefined;
    const created = createPlot(box.current, optionsOf(thresholds, onCursor), dataOf(newest.current));
    plot.current = created;
    return () => {
      plot.current = null;
      created.destroy();
    };
  }, [thresholds, onCursor]);

  useEffect(() => {
    newest.current = columns;
    plot.current?.setData(dataOf(columns));
  }, [columns]);

  return <div ref={box} className="plot" role="img" aria-label={description} />;
}

function dataOf(columns: ChartColumns): uPlot.AlignedData {
  return [[...columns.time], [...columns.max], [...columns.min], [...columns.mean]];
}

function optionsOf(
  thresholds: readonly ThresholdLine[],
  onCursor: (place: number | null) => void,
): Parameters<typeof createPlot>[1] {
  const line = themeColor('chart-line');
  return {
    legend: { show: false },
    padding: [12, 12, 0, 0],
    scales: { x: { time: true }, y: { range: (_plot, min, max) => valueRange(min, max, thresholds) } },
    axes: [timeAxis(), valueAxis(numberWords)],
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    bands: [{ series: [1, 2], fill: themeColor('chart-band') }],
    series: [
      {},
      { stroke: 'transparent', width: 0, points: { show: false } },
      { stroke: 'transparent', width: 0, points: { show: false } },
      { stroke: line, width: 1.5, points: { show: (plot) => plot.data[0].length < 60, size: 4, fill: line } },
    ],
    hooks: {
      draw: [(plot) => drawThresholds(plot, thresholds)],
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
    },
  };
}

/**
 * The range of the value axis: the data with some air, and a threshold where it lies near enough not to flatten the data.
 * Those farther away are named below the chart.
 */
export function valueRange(
  min: number | null,
  max: number | null,
  thresholds: readonly Pick<ThresholdLine, 'value'>[],
): [number, number] {
  const low = min ?? 0;
  const high = max ?? 1;
  const span = Math.max(high - low, Math.abs(high) * 0.05, 1e-6);
  let from = low;
  let to = high;
  for (const { value } of thresholds) {
    if (value > high && value < high + span * 1.5) to = Math.max(to, value);
    if (value < low && value > low - span * 1.5) from = Math.min(from, value);
  }
  const air = Math.max((to - from) * 0.08, 1e-6);
  // A quantity that is never negative gets no axis below zero.
  return [low >= 0 && from - air < 0 ? 0 : from - air, to + air];
}

function drawThresholds(plot: uPlot, thresholds: readonly ThresholdLine[]): void {
  const { ctx, bbox } = plot;
  const { min, max } = plot.scales['y'] ?? {};
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px ${themeColor('font')}`;
  ctx.textAlign = 'left';
  for (const threshold of thresholds) {
    if (min === undefined || max === undefined || threshold.value < min || threshold.value > max) continue;
    const y = Math.round(plot.valToPos(threshold.value, 'y', true));
    ctx.strokeStyle = themeColor(`sev-${threshold.severity.toLowerCase()}`);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const above = y - bbox.top > 18 * ratio;
    const [x, baseline] = [bbox.left + 6 * ratio, y + (above ? -6 : 15) * ratio];
    // The words stand on a plate: the data may run behind them.
    const ink = ctx.fillStyle;
    ctx.fillStyle = themeColor('surface');
    ctx.globalAlpha = 0.85;
    ctx.fillRect(x - 3 * ratio, baseline - 11 * ratio, ctx.measureText(threshold.label).width + 6 * ratio, 14 * ratio);
    ctx.globalAlpha = 1;
    ctx.fillStyle = ink;
    ctx.fillText(threshold.label, x, baseline);
  }
  ctx.restore();
}
