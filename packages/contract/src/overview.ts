import { Type, type Static } from 'typebox';
import { Severity } from './alerts.ts';

const NullableSeverity = Type.Union([Severity, Type.Null()]);

/** A Datastream with its newest Observation, for lists and maps. */
export const DatastreamSummary = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  observedProperty: Type.String(),
  observedPropertyId: Type.Integer(),
  unitName: Type.String(),
  unitSymbol: Type.String(),
  /** Newest by phenomenonTime; null while there is none. A result that is not a number stands in `text`. */
  newest: Type.Union([
    Type.Object({
      observationId: Type.Integer(),
      time: Type.String(),
      value: Type.Union([Type.Number(), Type.Null()]),
      text: Type.Optional(Type.String()),
    }),
    Type.Null(),
  ]),
  /** Highest severity of an active alert on it. */
  alertSeverity: NullableSeverity,
});
export type DatastreamSummary = Static<typeof DatastreamSummary>;

export const ThingSummary = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  description: Type.String(),
  /** True where Thing.properties.simulated is true: the console labels it everywhere. */
  simulated: Type.Boolean(),
  /** Longitude, latitude in WGS 84 of its first GeoJSON Location; null where there is none. */
  position: Type.Union([Type.Tuple([Type.Number(), Type.Number()]), Type.Null()]),
  alertSeverity: NullableSeverity,
  datastreams: Type.Array(DatastreamSummary),
});
export type ThingSummary = Static<typeof ThingSummary>;

/** Answer of GET /overview (at most 2,000 Things a page, `next` for more) and of GET /overview/<thing id> (one). */
export const Overview = Type.Object({
  serverTime: Type.String(),
  value: Type.Array(ThingSummary),
  next: Type.Optional(Type.String()),
});
export type Overview = Static<typeof Overview>;

/**
 * Answer of GET /series/<datastream id>?from=&to=&points=: the readings between two instants, drawn together to at most
 * `points` buckets (default 800, at most 5,000). Columns of equal length; times are the starts of the buckets that hold data.
 * Without from and to: the last 24 h that have data.
 */
export const Series = Type.Object({
  datastreamId: Type.Integer(),
  from: Type.String(),
  to: Type.String(),
  bucketMillis: Type.Number(),
  /** Milliseconds since 1970, UTC. */
  time: Type.Array(Type.Number()),
  mean: Type.Array(Type.Number()),
  min: Type.Array(Type.Number()),
  max: Type.Array(Type.Number()),
  count: Type.Array(Type.Integer()),
});
export type Series = Static<typeof Series>;
