// The one place that knows uPlot: it draws, follows the size of its box, and takes its colours from the theme.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { viewerTime } from '../shell/mod.ts';

export interface Plot {
  setData(data: uPlot.AlignedData): void;
  destroy(): void;
}

/** A colour of the theme, as it is now. */
export function themeColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Options without size and the axes' look, which are the same for every chart. */
export type PlotOptions = Omit<uPlot.Options, 'width' | 'height'>;

/** Draws into `box` and follows its size until destroyed. */
export function createPlot(box: HTMLElement, options: PlotOptions, data: uPlot.AlignedData): Plot {
  const size = (): { width: number; height: number } => ({
    width: Math.max(120, box.clientWidth),
    height: Math.max(120, box.clientHeight),
  });
  const plot = new uPlot({ ...options, ...size() }, data, box);
  const observer = new ResizeObserver(() => plot.setSize(size()));
  observer.observe(box);
  return {
    setData: (next) => plot.setData(next),
    destroy() {
      observer.disconnect();
      plot.destroy();
    },
  };
}

/** The time axis: 24-hour clock, the day where it changes. */
export function timeAxis(): uPlot.Axis {
  return {
    ...axisLook(),
    space: 76,
    values: (_plot, splits, _axis, _space, increment) => {
      let dayBefore = '';
      return splits.map((seconds) => {
        const millis = seconds * 1000;
        const day = viewerTime.day(millis);
        const year = String(new Date(millis).getFullYear());
        if (increment >= 86_400 * 28) {
          const monthYear = `${day.split(' ').at(-1) ?? ''} ${year}`;
          return monthYear;
        }
        if (increment >= 86_400) return dayBefore === '' ? ((dayBefore = year), `${day}\n${year}`) : day;
        const clock = increment >= 60 ? viewerTime.clock(millis).slice(0, 5) : viewerTime.clock(millis);
        const label = day === dayBefore ? clock : `${clock}\n${day}`;
        dayBefore = day;
        return label;
      });
    },
    size: 44,
  };
}

export function valueAxis(format: (value: number) => string): uPlot.Axis {
  return { ...axisLook(), size: widthOf, values: (_plot, splits) => splits.map((value) => format(value)) };
}

/** Pixels that the longest label, its tick and its gap take; uPlot asks for it whenever labels change. */
function widthOf(_plot: uPlot, labels: string[] | null): number {
  const longest = Math.max(4, ...(labels ?? []).map((label) => label.length));
  return Math.max(56, 18 + longest * 7.5);
}

function axisLook(): uPlot.Axis {
  return {
    stroke: themeColor('muted'),
    font: `12px ${themeColor('font')}`,
    grid: { stroke: themeColor('grid'), width: 1 },
    ticks: { stroke: themeColor('grid'), width: 1, size: 5 },
    gap: 6,
  };
}
