// Faults of a client that end its connection. They are constants, so that finding one allocates nothing.
import type { Refusal } from '../../../kernel/mod.ts';
import { publishReason, reason, reasonText } from '../reason-codes.ts';

/** Why a connection must be closed: the MQTT 5 reason code, a stable name for counters, and the words for the client. */
export interface Fault {
  readonly code: number;
  readonly kind: string;
  readonly text: string;
  /** True where the client did nothing wrong. */
  readonly isOurs?: boolean;
}

function malformed(kind: string, text: string): Fault {
  return { code: reason.malformed, kind, text };
}

function protocolError(kind: string, text: string): Fault {
  return { code: reason.protocolError, kind, text };
}

/** Each with the clause of MQTT 5 that it breaks; 3.1.1 has the same rules under other numbers. */
export const faults = {
  truncated: malformed('truncated', 'A field reaches beyond the end of its packet.'),
  trailingBytes: malformed('trailing-bytes', 'The packet has bytes behind its last field.'),
  remainingLength: malformed('remaining-length', 'The Remaining Length is not a Variable Byte Integer [MQTT-1.5.5-1].'),
  fixedHeader: malformed('fixed-header', 'The packet type or its reserved flags are not valid [MQTT-2.1.3-1].'),
  badUtf8: malformed('bad-utf8', 'A string is not well-formed UTF-8, or holds U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2].'),
  wildcardInTopic: malformed('wildcard-in-topic', 'A Topic Name must not hold + or # [MQTT-3.3.2-2].'),
  dupAtQos0: malformed('dup-at-qos-0', 'DUP must be 0 in a PUBLISH with QoS 0 [MQTT-3.3.1-2].'),
  connectFlags: malformed('connect-flags', 'The Connect Flags contradict each other [MQTT-3.1.2-3].'),
  subscribeOptions: malformed('subscribe-options', 'The Subscription Options are not valid [MQTT-3.8.3-5].'),
  ackCode: malformed('ack-code', 'The packet does not take this Reason Code [MQTT-2.4.0-1].'),
  unknownProperty: malformed(
    'unknown-property',
    'A property is unknown or not allowed in this packet (MQTT 5, 2.2.2.2).',
  ),
  repeatedProperty: protocolError(
    'repeated-property',
    'A property that may stand once stands twice (MQTT 5, 2.2.2.2).',
  ),
  propertyValue: protocolError('property-value', 'A property has a value that it cannot take (MQTT 5, 2.2.2.2).'),
  emptyTopic: protocolError('empty-topic', 'The Topic Name is empty and there is no Topic Alias [MQTT-4.7.3-1].'),
  packetIdZero: protocolError('packet-id-zero', 'The Packet Identifier must not be 0 [MQTT-2.2.1-3].'),
  noFilters: protocolError(
    'no-filters',
    'The packet must name at least one Topic Filter [MQTT-3.8.3-2] [MQTT-3.10.3-2].',
  ),
  notConnect: protocolError('not-connect', 'The first packet must be CONNECT [MQTT-3.1.0-1].'),
  secondConnect: protocolError('second-connect', 'CONNECT may be sent once in a connection [MQTT-3.1.0-2].'),
  serversPacket: protocolError('servers-packet', 'Only a server sends packets of this type (MQTT 5, 2.1.2).'),
  noAuthentication: protocolError(
    'no-authentication',
    'AUTH needs an Authentication Method in CONNECT [MQTT-4.12.0-6].',
  ),
  noLocalShared: protocolError('no-local-shared', 'No Local must not be set on a Shared Subscription [MQTT-3.8.3-4].'),
  sessionExpiry: protocolError(
    'session-expiry',
    'The Session Expiry Interval was 0 and cannot become longer (3.14.2.2.2).',
  ),
  earlyRelease: protocolError('early-release', 'PUBREL was sent before its PUBREC was received [MQTT-4.3.3-4].'),
  packetIdInUse: protocolError('packet-id-in-use', 'The Packet Identifier is that of a QoS 2 message [MQTT-2.2.1-3].'),
  tooManyProperties: {
    code: reason.quotaExceeded,
    kind: 'too-many-properties',
    text: 'The packet has more User Properties than this server takes.',
  },
  receiveMaximum: {
    code: reason.receiveMaximumExceeded,
    kind: 'receive-maximum',
    text: 'More PUBLISH packets are unacknowledged than the Receive Maximum of CONNACK allows [MQTT-3.3.4-7].',
  },
  topicAlias: {
    code: reason.topicAliasInvalid,
    kind: 'topic-alias',
    text: 'The Topic Alias is 0, unknown, or above the Topic Alias Maximum of CONNACK [MQTT-3.3.2-8] [MQTT-3.3.2-9].',
  },
  connectTimeout: protocolError('connect-timeout', 'CONNECT was not complete in time (MQTT 5, 3.1.4).'),
  keepAlive: {
    code: reason.keepAliveTimeout,
    kind: 'keep-alive',
    text: 'No packet came within one and a half times the Keep Alive [MQTT-3.1.2-22].',
  },
  takenOver: {
    code: reason.sessionTakenOver,
    kind: 'taken-over',
    text: 'Another connection uses this Client Identifier [MQTT-3.1.4-3].',
    isOurs: true,
  },
  /** No fault: the client ends the connection itself. */
  goodbye: { code: reason.success, kind: 'goodbye', text: '', isOurs: true },
  /** The rights that CONNECT was accepted with are withdrawn. */
  rightsWithdrawn: {
    code: reason.notAuthorized,
    kind: 'rights-withdrawn',
    text: 'not-allowed: the token was withdrawn.',
    isOurs: true,
  },
  shuttingDown: {
    code: reason.serverShuttingDown,
    kind: 'shutting-down',
    text: 'The server is shutting down.',
    isOurs: true,
  },
} as const satisfies Record<string, Fault>;

/** The server cannot do its part, and ends the connection so that the client sends again what was not acknowledged. */
export function ourFault(refusal: Refusal): Fault {
  return { code: publishReason[refusal.code], kind: refusal.code, text: reasonText(refusal), isOurs: true };
}

/** A packet whose fixed header announces more than is taken (MQTT 5, 3.2.2.3.6). */
export function packetTooLarge(announcedBytes: number, bytesMax: number): Fault {
  return {
    code: reason.packetTooLarge,
    kind: 'packet-too-large',
    text: `The packet has ${announcedBytes} bytes; this server takes at most ${bytesMax}.`,
  };
}
