import { Type, type Static } from 'typebox';

/**
 * The body of every refusal over HTTP: RFC 9457 problem details, with the two keys that clients of SensorThings know
 * (`code`, `message`) beside them.
 */
export const Problem = Type.Object({
  /** `urn:belfry:error:<code>`, see docs/errors.md. */
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  /** What is wrong here, with the offending value. */
  detail: Type.String(),
  /** Belfry's error code, see error-codes.ts. */
  code: Type.String(),
  /** The same as `detail`, where SensorThings clients look for it. */
  message: Type.String(),
  /** What to do about it. */
  remedy: Type.String(),
  /** JSON pointer or query option at fault, where there is one. */
  field: Type.Optional(Type.String()),
  requestId: Type.Optional(Type.String()),
});
export type Problem = Static<typeof Problem>;
