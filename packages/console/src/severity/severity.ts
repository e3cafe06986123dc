import type { Alert, Severity } from '@belfry/contract';

/** CAP 1.2 severities, worst first. */
export const severities: readonly Severity[] = ['Extreme', 'Severe', 'Moderate', 'Minor'];

/** 0 for no alert, then Minor to Extreme as 1 to 4. */
export function severityRank(severity: Severity | null): number {
  return severity === null ? 0 : severities.length - severities.indexOf(severity);
}

export function worstSeverity(all: Iterable<Severity | null>): Severity | null {
  let worst: Severity | null = null;
  for (const severity of all) if (severityRank(severity) > severityRank(worst)) worst = severity;
  return worst;
}

/** Active before pending before resolved, then worst first, then newest first. */
export function compareAlerts(a: Alert, b: Alert): number {
  const order = { active: 0, pending: 1, resolved: 2 } as const;
  return (
    order[a.state] - order[b.state] ||
    severityRank(b.severity) - severityRank(a.severity) ||
    Date.parse(b.pendingSince) - Date.parse(a.pendingSince) ||
    b.id - a.id
  );
}
