import type { Alert, AlertState, Severity } from '@belfry/contract';
import { severities } from '../severity/mod.ts';

/** What the list of alerts shows. It stands in the address, so that a view can be kept and sent. */
export interface AlertFilter {
  readonly states: readonly AlertState[];
  readonly severity: Severity | null;
  readonly thingId: number | null;
}

export const alertStates: readonly AlertState[] = ['active', 'pending', 'resolved'];

/** Reads the query of the address; without states it shows what is not over. Unknown words are left out. */
export function filterOf(query: string): AlertFilter {
  const params = new URLSearchParams(query);
  const asked = params.getAll('state');
  const states = alertStates.filter((state) => asked.includes(state));
  const thing = params.get('thing') ?? '';
  return {
    states: states.length === 0 ? ['active', 'pending'] : states,
    severity: severities.find((severity) => severity === params.get('severity')) ?? null,
    thingId: /^[1-9][0-9]{0,15}$/u.test(thing) ? Number(thing) : null,
  };
}

/** The query of a filter, for the address and for GET /alerts alike. */
export function queryOf({ states, severity, thingId }: AlertFilter): string {
  const params = new URLSearchParams(states.map((state) => ['state', state]));
  if (severity !== null) params.set('severity', severity);
  if (thingId !== null) params.set('thing', String(thingId));
  return params.toString();
}

export function passes(alert: Alert, { states, severity, thingId }: AlertFilter): boolean {
  return (
    states.includes(alert.state) &&
    (severity === null || alert.severity === severity) &&
    (thingId === null || alert.thingId === thingId)
  );
}
