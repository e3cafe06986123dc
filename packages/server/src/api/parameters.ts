import { parseInstant } from '../domain/mod.ts';
import { CallerError, quote, refuse } from '../kernel/mod.ts';

/** The parts of a query string or path that routes of this folder take, each refused with its name when it is wrong. */

/** A whole number of at least 1, as ids are. */
export function idOf(text: string, name: string): number {
  const id = Number(text);
  if (Number.isSafeInteger(id) && id >= 1) return id;
  throw new CallerError(refuse('bad-query', `${name} is a whole number from 1, not ${quote(text)}`, name));
}

/** One value of a query option; refused when it stands there twice. */
export function single(query: unknown, name: string): string | undefined {
  if (typeof query !== 'object' || query === null) return undefined;
  const value: unknown = Object.entries(query).find(([key]) => key === name)?.[1];
  if (value === undefined || typeof value === 'string') return value;
  throw new CallerError(refuse('bad-query', `${name} may be given once`, name));
}

/** A whole number between bounds, or the default. */
export function integerOf(
  query: unknown,
  name: string,
  bounds: { min: number; max: number; otherwise: number },
): number {
  const text = single(query, name);
  if (text === undefined) return bounds.otherwise;
  const value = Number(text);
  if (text !== '' && Number.isSafeInteger(value) && value >= bounds.min && value <= bounds.max) return value;
  const wanted = `a whole number from ${bounds.min} to ${bounds.max}`;
  throw new CallerError(refuse('bad-query', `${name} is ${wanted}, not ${quote(text)}`, name));
}

/** Milliseconds since 1970 of an ISO 8601 instant, undefined where there is none. */
export function instantOf(query: unknown, name: string): number | undefined {
  const text = single(query, name);
  if (text === undefined) return undefined;
  const millis = parseInstant(text);
  if (!Number.isNaN(millis)) return millis;
  throw new CallerError(refuse('bad-time', `${name} ${quote(text)} is not an ISO 8601 instant`, name));
}
