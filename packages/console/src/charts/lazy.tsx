import { lazy, Suspense, type ReactElement } from 'react';
import { Loading, usePrefersDark } from '../shell/mod.ts';
import type { RatePlotProps } from './rate-plot.tsx';
import type { SeriesPlotProps } from './series-plot.tsx';

const LazySeriesPlot = lazy(async () => ({ default: (await import('./series-plot.tsx')).SeriesPlot }));
const LazyRatePlot = lazy(async () => ({ default: (await import('./rate-plot.tsx')).RatePlot }));

// A chart takes its colours when it is drawn: the key draws it anew when the theme changes.

/** Mean line, band from lowest to highest, thresholds. uPlot is loaded when the first chart is shown. */
export function SeriesPlot(props: SeriesPlotProps): ReactElement {
  const theme = usePrefersDark() ? 'dark' : 'light';
  return (
    <Suspense fallback={<Loading what="the chart" />}>
      <LazySeriesPlot key={theme} {...props} />
    </Suspense>
  );
}

export function RatePlot(props: RatePlotProps): ReactElement {
  const theme = usePrefersDark() ? 'dark' : 'light';
  return (
    <Suspense fallback={<Loading what="the chart" />}>
      <LazyRatePlot key={theme} {...props} />
    </Suspense>
  );
}
