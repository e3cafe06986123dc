// Loaded lazily: see mod.ts.
import type { IngestReport } from '@belfry/contract';
import { useEffect, useRef, type ReactElement } from 'react';
import type uPlot from 'uplot';
import { countWords, numberWords } from '../shell/mod.ts';
import { createPlot, themeColor, timeAxis, valueAxis, type Plot } from './plot.ts';

export interface RatePlotProps {
  readonly perSecond: IngestReport['perSecond'];
}

/** Accepted and refused readings in each of the last 300 seconds. */
export function RatePlot({ perSecond }: RatePlotProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const newest = useRef(perSecond);

  useEffect(() => {
    if (box.current === null) return undefined;
    const created = createPlot(box.current, options(), dataOf(newest.current));
    plot.current = created;
    return () => {
      plot.current = null;
      created.destroy();
    };
  }, []);

  useEffect(() => {
    newest.current = perSecond;
    plot.current?.setData(dataOf(perSecond));
  }, [perSecond]);

  const highest = Math.max(0, ...perSecond.accepted);
  const refused = perSecond.refused.reduce((sum, count) => sum + count, 0);
  return (
    <div
      ref={box}
      className="plot"
      role="img"
      aria-label={`Readings a second over the last ${perSecond.accepted.length} seconds: at most ${countWords(highest)} accepted; ${countWords(refused)} refused in all.`}
    />
  );
}

function dataOf({ end, accepted, refused }: IngestReport['perSecond']): uPlot.AlignedData {
  const first = end / 1000 - (accepted.length - 1);
  return [accepted.map((_, place) => first + place), [...accepted], [...refused]];
}

function options(): Parameters<typeof createPlot>[1] {
  return {
    legend: { show: false },
    padding: [12, 12, 0, 0],
    scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 1) * 1.08)] } },
    axes: [timeAxis(), valueAxis(numberWords)],
    cursor: { show: false },
    series: [
      {},
      { stroke: themeColor('chart-line'), fill: themeColor('chart-band'), width: 1.5, points: { show: false } },
      { stroke: themeColor('sev-severe'), width: 1.5, points: { show: false } },
    ],
  };
}
