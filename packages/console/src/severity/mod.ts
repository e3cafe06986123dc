export { compareAlerts, severities, severityRank, worstSeverity } from './severity.ts';
export { SeverityLabel, severityPaths, SeverityShape, StateLabel } from './shape.tsx';
