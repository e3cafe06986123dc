import { Type, type Static } from 'typebox';

/** One refused message, as GET /ingest and the console show it. */
export const RefusalRecord = Type.Object({
  /** When it was refused, ISO 8601. */
  time: Type.String(),
  /** Protocol that brought it. */
  protocol: Type.Union([Type.Literal('mqtt'), Type.Literal('http')]),
  /** Who sent it: MQTT client id, or token name. */
  source: Type.String(),
  code: Type.String(),
  detail: Type.String(),
  remedy: Type.String(),
  datastreamId: Type.Union([Type.Integer(), Type.Null()]),
  thingId: Type.Union([Type.Integer(), Type.Null()]),
});
export type RefusalRecord = Static<typeof RefusalRecord>;

/** Where a consumer of the log stands. */
export const ConsumerPosition = Type.Object({
  name: Type.String(),
  /** It has handled everything below this sequence. */
  position: Type.Integer(),
  /** Records behind the end of the log. */
  lag: Type.Integer(),
  /** Null while it works; else what is wrong and what to do. */
  trouble: Type.Union([Type.String(), Type.Null()]),
});
export type ConsumerPosition = Static<typeof ConsumerPosition>;

/** Answer of GET /ingest. */
export const IngestReport = Type.Object({
  serverTime: Type.String(),
  startedAt: Type.String(),
  /** Since the process started. */
  accepted: Type.Object({ mqtt: Type.Integer(), http: Type.Integer() }),
  refused: Type.Object({ mqtt: Type.Integer(), http: Type.Integer() }),
  /** Refusals since the start, by error code. */
  refusedByCode: Type.Record(Type.String(), Type.Integer()),
  /** The last 300 seconds, oldest first, one entry a second. */
  perSecond: Type.Object({
    /** Milliseconds since 1970 of the last entry. */
    end: Type.Number(),
    accepted: Type.Array(Type.Integer()),
    refused: Type.Array(Type.Integer()),
  }),
  mqttConnections: Type.Integer(),
  log: Type.Object({
    durableSequence: Type.Integer(),
    bytes: Type.Integer(),
    /** Null while it can be written. */
    trouble: Type.Union([Type.String(), Type.Null()]),
  }),
  consumers: Type.Array(ConsumerPosition),
  /** True while listeners have stopped reading because a consumer is behind its bound. */
  pressed: Type.Boolean(),
  /** Newest first, at most 200. `?thing=<id>` gives those of one Thing. */
  refusals: Type.Array(RefusalRecord),
});
export type IngestReport = Static<typeof IngestReport>;
