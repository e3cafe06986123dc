import { Type, type Static } from 'typebox';
import { Alert } from './alerts.ts';

/**
 * Server-sent events of GET /live. Each has an `event:` name and JSON `data:`.
 * - `hello`: LiveHello, first.
 * - `observations`: LiveObservations, at most four a second; only the newest of a Datastream within that time is sent.
 * - `alert`: Alert, after each of its transitions.
 * - `entities`: {} when Things, Datastreams or Locations changed: fetch /overview again.
 * `?thing=<id>` (repeatable) narrows the observations to those Things.
 */
export const LiveHello = Type.Object({ serverTime: Type.String(), simulated: Type.Boolean() });
export type LiveHello = Static<typeof LiveHello>;

export const LiveObservation = Type.Object({
  datastreamId: Type.Integer(),
  observationId: Type.Integer(),
  /** Milliseconds since 1970, UTC: start of phenomenonTime. */
  time: Type.Number(),
  value: Type.Union([Type.Number(), Type.Null()]),
  text: Type.Optional(Type.String()),
});
export type LiveObservation = Static<typeof LiveObservation>;

export const LiveObservations = Type.Object({
  value: Type.Array(LiveObservation),
  /** Readings left out since the last event because newer ones of the same Datastream came, or the bound was reached. */
  dropped: Type.Integer(),
});
export type LiveObservations = Static<typeof LiveObservations>;

export const LiveAlert = Alert;
export type LiveAlert = Alert;
