import type { Severity } from '@belfry/contract';

const rank: Readonly<Record<Severity, number>> = { Minor: 1, Moderate: 2, Severe: 3, Extreme: 4 };

/** Which severities stand active on which Datastream. */
export class ActiveSeverities {
  readonly #byDatastream = new Map<number, Map<number, Severity>>();

  add(datastreamId: number, alertId: number, severity: Severity): void {
    const alerts = this.#byDatastream.get(datastreamId) ?? new Map<number, Severity>();
    alerts.set(alertId, severity);
    this.#byDatastream.set(datastreamId, alerts);
  }

  remove(datastreamId: number, alertId: number): void {
    const alerts = this.#byDatastream.get(datastreamId);
    alerts?.delete(alertId);
    if (alerts?.size === 0) this.#byDatastream.delete(datastreamId);
  }

  highest(datastreamId: number): Severity | null {
    let found: Severity | null = null;
    for (const severity of this.#byDatastream.get(datastreamId)?.values() ?? []) {
      if (found === null || rank[severity] > rank[found]) found = severity;
    }
    return found;
  }
}
