export { columnsOf, factsOf, livePointsMax, seriesPath, withLive, type ChartColumns } from './columns.ts';
export { RatePlot, SeriesPlot } from './lazy.tsx';
export type { ThresholdLine } from './series-plot.tsx';
