// Reason codes of MQTT 5 (table 2-6), return codes of MQTT 3.1.1 (table 3.1), and which of them answers which of Belfry's
// error codes. Each packet type takes only some of the codes, so there is one table a packet type.
import type { ErrorCode } from '@belfry/contract';
import type { Refusal } from '../../kernel/mod.ts';

export const reason = {
  success: 0x00,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  unspecified: 0x80,
  malformed: 0x81,
  protocolError: 0x82,
  implementationSpecific: 0x83,
  unsupportedVersion: 0x84,
  clientIdNotValid: 0x85,
  badCredentials: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  filterInvalid: 0x8f,
  topicInvalid: 0x90,
  packetIdInUse: 0x91,
  packetIdNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  payloadFormatInvalid: 0x99,
} as const;

/** Return codes of CONNACK in MQTT 3.1.1 (table 3.1). */
export const returnCode = {
  accepted: 0,
  unacceptableVersion: 1,
  identifierRejected: 2,
  serverUnavailable: 3,
  badCredentials: 4,
  notAuthorized: 5,
} as const;

/**
 * What PUBACK and PUBREC say to a refused PUBLISH. They take 0x80, 0x83, 0x87, 0x90, 0x91, 0x97 and 0x99 only
 * (MQTT 5, 3.4.2.1): 0x95 belongs to DISCONNECT, so a body over a bound is "Quota exceeded" here.
 */
export const publishReason = {
  'bad-json': reason.payloadFormatInvalid,
  'bad-body': reason.payloadFormatInvalid,
  'unknown-field': reason.payloadFormatInvalid,
  'missing-field': reason.payloadFormatInvalid,
  'bad-query': reason.topicInvalid,
  'unsupported-option': reason.topicInvalid,
  'unknown-address': reason.topicInvalid,
  'unknown-entity': reason.topicInvalid,
  'unknown-datastream': reason.topicInvalid,
  'unknown-feature': reason.payloadFormatInvalid,
  'no-location': reason.implementationSpecific,
  'wrong-type': reason.payloadFormatInvalid,
  'not-finite': reason.payloadFormatInvalid,
  'bad-time': reason.payloadFormatInvalid,
  'time-out-of-range': reason.payloadFormatInvalid,
  'too-large': reason.quotaExceeded,
  'wrong-media-type': reason.payloadFormatInvalid,
  'method-not-allowed': reason.topicInvalid,
  conflict: reason.implementationSpecific,
  'not-signed-in': reason.notAuthorized,
  'not-allowed': reason.notAuthorized,
  'watches-people': reason.implementationSpecific,
  'too-many': reason.quotaExceeded,
  busy: reason.quotaExceeded,
  'log-failed': reason.implementationSpecific,
  'store-failed': reason.implementationSpecific,
  internal: reason.unspecified,
} as const satisfies Record<ErrorCode, number>;

/** What SUBACK says to a refused filter (MQTT 5, 3.9.3). */
export function subscribeReason(code: ErrorCode): number {
  const publishing = publishReason[code];
  return publishing === reason.topicInvalid || publishing === reason.payloadFormatInvalid
    ? reason.filterInvalid
    : publishing;
}

/** What CONNACK says to a refused client: the reason code of MQTT 5 and the return code of 3.1.1. */
export function connectReason(code: ErrorCode): { readonly v5: number; readonly v3: number } {
  switch (code) {
    case 'not-signed-in':
      return { v5: reason.badCredentials, v3: returnCode.badCredentials };
    case 'not-allowed':
    case 'watches-people':
      return { v5: reason.notAuthorized, v3: returnCode.notAuthorized };
    case 'busy':
      return { v5: reason.serverBusy, v3: returnCode.serverUnavailable };
    case 'too-many':
      return { v5: reason.quotaExceeded, v3: returnCode.serverUnavailable };
    case 'log-failed':
    case 'store-failed':
      return { v5: reason.serverUnavailable, v3: returnCode.serverUnavailable };
    default:
      return { v5: reason.unspecified, v3: returnCode.serverUnavailable };
  }
}

/** A refusal as a Reason String: the stable code first, for programs, then the words for people. */
export function reasonText(refusal: Refusal): string {
  return `${refusal.code}: ${refusal.detail}`;
}
