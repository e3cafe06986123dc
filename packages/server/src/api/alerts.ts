import { AlertState, Severity, type AlertList, type AlertWithTransitions } from '@belfry/contract';
import type { FastifyInstance } from 'fastify';
import { Value } from 'typebox/value';
import type { Alerts } from '../alerts/mod.ts';
import { CallerError, quote, refuse } from '../kernel/mod.ts';
import { idOf, integerOf } from './parameters.ts';

export interface AlertsRoutesOptions {
  readonly alerts: Pick<Alerts, 'list' | 'get'>;
}

const thingsMax = 100;

/** GET /alerts?state=&severity=&thing=&limit=&cursor= (state, severity and thing may stand several times), GET /alerts/<id>. */
export async function alertsRoutes(app: FastifyInstance, { alerts }: AlertsRoutesOptions): Promise<void> {
  app.get('/alerts', { config: { scope: 'read' } }, (request): AlertList => {
    const { query } = request;
    const states = several(query, 'state').map((text) => oneOf(AlertState, text, 'state'));
    const severities = several(query, 'severity').map((text) => oneOf(Severity, text, 'severity'));
    const thingIds = several(query, 'thing').map((text) => idOf(text, 'thing'));
    const limit = integerOf(query, 'limit', { min: 1, max: 500, otherwise: 100 });
    const cursor = integerOf(query, 'cursor', { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 });
    const before = cursor === 0 ? {} : { before: cursor };
    const page = alerts.list({ states, severities, thingIds, limit, ...before });
    const answer = { count: page.count, value: [...page.alerts] };
    if (page.next === undefined) return answer;
    const next = new URLSearchParams();
    for (const state of states) next.append('state', state);
    for (const severity of severities) next.append('severity', severity);
    for (const id of thingIds) next.append('thing', String(id));
    next.append('limit', String(limit));
    next.append('cursor', String(page.next));
    return { ...answer, next: `/alerts?${next.toString()}` };
  });

  app.get<{ Params: { id: string } }>('/alerts/:id', { config: { scope: 'read' } }, (request): AlertWithTransitions => {
    const id = idOf(request.params.id, 'id');
    const alert = alerts.get(id);
    if (alert === undefined) throw new CallerError(refuse('unknown-entity', `there is no alert ${id}`));
    return alert;
  });
}

/** The values of a query option that may stand more than once; each at most once in the answer. */
export function several(query: unknown, name: string): string[] {
  if (typeof query !== 'object' || query === null) return [];
  const value: unknown = Object.entries(query).find(([key]) => key === name)?.[1];
  const values: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  const texts = [...new Set(values.filter((one) => typeof one === 'string'))];
  if (texts.length <= thingsMax) return texts;
  throw new CallerError(refuse('bad-query', `${name} may be given at most ${thingsMax} times`, name));
}

function oneOf<T extends typeof AlertState | typeof Severity>(
  schema: T,
  text: string,
  name: string,
): T extends typeof AlertState ? AlertState : Severity;
function oneOf(schema: typeof AlertState | typeof Severity, text: string, name: string): AlertState | Severity {
  if (Value.Check(schema, text)) return text;
  const names = schema.anyOf.map((one) => one.const).join(', ');
  throw new CallerError(refuse('bad-query', `${name} is one of ${names}, not ${quote(text)}`, name));
}
