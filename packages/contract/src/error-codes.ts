/** Who must act on an error: the asker, us (a fault of Belfry), or the world around it (disk, network, peer). */
export type ErrorParty = 'caller' | 'belfry' | 'outside';

interface ErrorCodeFacts {
  readonly party: ErrorParty;
  /** HTTP status of an answer with this code. */
  readonly status: number;
  /** One line for a person: what the code means. */
  readonly title: string;
  /** What the reader should do. */
  readonly remedy: string;
}

/**
 * Every code that Belfry answers with. docs/errors.md is the same list for people, and a test compares the two.
 * A code never changes its meaning; a new meaning is a new code.
 */
export const errorCodes = {
  'bad-json': {
    party: 'caller',
    status: 400,
    title: 'The message is not JSON.',
    remedy: 'Send one JSON document in UTF-8. NaN and Infinity are not JSON: send null where there is no value.',
  },
  'bad-body': {
    party: 'caller',
    status: 400,
    title: 'The JSON does not have the shape that this address expects.',
    remedy: 'Correct the field that the detail names.',
  },
  'unknown-field': {
    party: 'caller',
    status: 400,
    title: 'The entity has no such property or relation.',
    remedy: 'Remove the field or correct its spelling; the detail lists the names that exist.',
  },
  'missing-field': {
    party: 'caller',
    status: 400,
    title: 'A mandatory property or relation is absent or null.',
    remedy: 'Send the field that the detail names.',
  },
  'bad-query': {
    party: 'caller',
    status: 400,
    title: 'A query option has a value that it cannot take.',
    remedy: 'Correct the option that the detail names.',
  },
  'unsupported-option': {
    party: 'caller',
    status: 501,
    title: 'This query option is not supported.',
    remedy: 'Leave the option out; the service root lists what is supported.',
  },
  'unknown-address': {
    party: 'caller',
    status: 404,
    title: 'Nothing is at this address.',
    remedy: 'Check the path; the service root at /v1.1 lists the collections.',
  },
  'unknown-entity': {
    party: 'caller',
    status: 404,
    title: 'There is no entity with this id.',
    remedy: 'List the collection to see the ids that exist.',
  },
  'unknown-datastream': {
    party: 'caller',
    status: 404,
    title: 'There is no Datastream with this id.',
    remedy: 'Create the Datastream first, or correct the id in the topic or address.',
  },
  'unknown-feature': {
    party: 'caller',
    status: 400,
    title: 'There is no FeatureOfInterest with this id.',
    remedy: 'Create the FeatureOfInterest first, or leave it out: it is then made from the Location of the Thing.',
  },
  'no-location': {
    party: 'caller',
    status: 400,
    title: 'The Observation has no FeatureOfInterest, and its Thing has no Location to make one from.',
    remedy: 'Give the Thing a Location with a GeoJSON encoding, or send a FeatureOfInterest.',
  },
  'wrong-type': {
    party: 'caller',
    status: 400,
    title: "The result is not of the type that the Datastream's observationType asks for.",
    remedy: 'Send a result of that type, or change the observationType of the Datastream.',
  },
  'not-finite': {
    party: 'caller',
    status: 400,
    title: 'The result is not a finite number.',
    remedy: 'Send a number between -1.8e308 and 1.8e308.',
  },
  'bad-time': {
    party: 'caller',
    status: 400,
    title: 'The time is not an ISO 8601 instant or interval.',
    remedy: 'Send a time such as 2026-03-01T12:00:00Z or 2026-03-01T12:00:00Z/2026-03-01T13:00:00Z.',
  },
  'time-out-of-range': {
    party: 'caller',
    status: 400,
    title: 'The time lies outside of what this server takes.',
    remedy: "Check the device's clock; the detail gives the bounds.",
  },
  'too-large': {
    party: 'caller',
    status: 413,
    title: 'The message is larger than this server takes.',
    remedy: 'Send fewer or smaller readings at a time; the detail gives the bound.',
  },
  'wrong-media-type': {
    party: 'caller',
    status: 415,
    title: 'The body is not of a media type that this address takes.',
    remedy: 'Send application/json.',
  },
  'method-not-allowed': {
    party: 'caller',
    status: 405,
    title: 'This address does not take this method.',
    remedy: 'Use one of the methods in the Allow header.',
  },
  conflict: {
    party: 'caller',
    status: 409,
    title: 'The request contradicts itself or what is stored.',
    remedy: 'Read the entity again and send the change anew.',
  },
  'not-signed-in': {
    party: 'caller',
    status: 401,
    title: 'This server takes no anonymous requests.',
    remedy:
      'Send a token: Authorization: Bearer … over HTTP, as the password over MQTT. `belfry token create` makes one.',
  },
  'not-allowed': {
    party: 'caller',
    status: 403,
    title: 'The token does not give the right to do this.',
    remedy: 'Use a token with the scope that the detail names.',
  },
  'watches-people': {
    party: 'caller',
    status: 422,
    title: 'Belfry does not recognise, follow or rate people.',
    remedy: 'Observe air, water, streets, machines and buildings. docs/limits.md gives the list and its reasons.',
  },
  'too-many': {
    party: 'caller',
    status: 429,
    title: 'More of these than one asker may have.',
    remedy: 'Slow down or close some; the detail gives the bound.',
  },
  busy: {
    party: 'belfry',
    status: 503,
    title: 'The server is behind with its work and takes no more for a moment.',
    remedy: 'Send the same again after the time in Retry-After. Nothing of this request was kept.',
  },
  'log-failed': {
    party: 'outside',
    status: 503,
    title: 'The log cannot be written, so nothing can be acknowledged.',
    remedy: 'Send the same again later. The operator finds the cause at /readyz: most often a full or failing disk.',
  },
  'store-failed': {
    party: 'outside',
    status: 503,
    title: 'The observation store does not answer.',
    remedy: 'Try again later. Readings go on being taken into the log; the operator finds the cause at /readyz.',
  },
  internal: {
    party: 'belfry',
    status: 500,
    title: 'A fault of Belfry.',
    remedy: 'Report it with the request id of this answer.',
  },
} as const satisfies Record<string, ErrorCodeFacts>;

export type ErrorCode = keyof typeof errorCodes;

/** All codes, in the order of the list. */
export const errorCodeNames: readonly ErrorCode[] = Object.keys(errorCodes).filter(isErrorCode);

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text);
}
