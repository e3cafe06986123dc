// PUBLISH and the four packets that answer it, decoded by offsets: nothing is copied and nothing is allocated.
import { reason } from '../reason-codes.ts';
import { faults, type Fault } from './fault.ts';
import { carrier, PropertyNotes, walkProperties } from './properties.ts';
import { hasWildcard, isMqttString } from './utf8.ts';

/** Where the parts of one PUBLISH lie in its buffer. One object is reused for all packets. */
export class PublishView {
  qos: 0 | 1 | 2 = 0;
  retain = false;
  dup = false;
  topicStart = 0;
  topicEnd = 0;
  /** 0 at QoS 0. */
  packetId = 0;
  /** The properties without their length; empty in 3.1.1. */
  propertiesStart = 0;
  propertiesEnd = 0;
  /** Offset of the four bytes of the Message Expiry Interval; -1: none. */
  messageExpiryAt = -1;
  /** -1: none. */
  topicAlias = -1;
  topicAliasAt = -1;
  payloadIsUtf8 = false;
  payloadStart = 0;
  payloadEnd = 0;
  readonly notes = new PropertyNotes();
}

/**
 * Fills `view` from a PUBLISH (MQTT 5, 3.3; 3.1.1, 3.3). The Topic Name is not yet checked: see `checkTopicName`.
 * @returns null, or why the connection must be closed
 */
export function decodePublish(
  view: PublishView,
  first: number,
  buffer: Buffer,
  start: number,
  end: number,
  version: 4 | 5,
  userPropertiesMax: number,
): Fault | null {
  const qos = (first >> 1) & 3;
  view.qos = qos === 0 ? 0 : qos === 1 ? 1 : 2;
  view.dup = (first & 8) !== 0;
  view.retain = (first & 1) !== 0;
  if (qos === 0 && view.dup) return faults.dupAtQos0;
  if (start + 2 > end) return faults.truncated;
  view.topicStart = start + 2;
  view.topicEnd = view.topicStart + (((buffer[start] ?? 0) << 8) | (buffer[start + 1] ?? 0));
  let at = view.topicEnd;
  if (at > end) return faults.truncated;
  view.packetId = 0;
  if (qos > 0) {
    if (at + 2 > end) return faults.truncated;
    view.packetId = ((buffer[at] ?? 0) << 8) | (buffer[at + 1] ?? 0);
    if (view.packetId === 0) return faults.packetIdZero;
    at += 2;
  }
  view.messageExpiryAt = -1;
  view.topicAlias = -1;
  view.payloadIsUtf8 = false;
  view.propertiesStart = at;
  view.propertiesEnd = at;
  if (version === 5) {
    if (at < end && buffer[at] === 0) {
      at++;
    } else {
      const notes = view.notes;
      const fault = walkProperties(notes, buffer, at, end, carrier.publish, userPropertiesMax);
      if (fault !== null) return fault;
      view.topicAlias = notes.topicAlias;
      view.topicAliasAt = notes.topicAliasAt;
      view.messageExpiryAt = notes.messageExpiryAt;
      view.payloadIsUtf8 = notes.payloadIsUtf8;
      view.propertiesStart = notes.start;
      view.propertiesEnd = notes.end;
      at = notes.end;
    }
  }
  if (view.topicStart === view.topicEnd && view.topicAlias < 0) return faults.emptyTopic;
  view.payloadStart = at;
  view.payloadEnd = end;
  return null;
}

/** Checks what every Topic Name must be: UTF-8 without U+0000 and without wildcards. */
export function checkTopicName(buffer: Buffer, start: number, end: number): Fault | null {
  if (!isMqttString(buffer, start, end)) return faults.badUtf8;
  return hasWildcard(buffer, start, end) ? faults.wildcardInTopic : null;
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP of a client. One object is reused. */
export class AckView {
  packetId = 0;
  code = 0;
  readonly notes = new PropertyNotes();
}

const codesOfReceipts: ReadonlySet<number> = new Set([
  reason.success,
  reason.noMatchingSubscribers,
  reason.unspecified,
  reason.implementationSpecific,
  reason.notAuthorized,
  reason.topicInvalid,
  reason.packetIdInUse,
  reason.quotaExceeded,
  reason.payloadFormatInvalid,
]);
const codesOfReleases: ReadonlySet<number> = new Set([reason.success, reason.packetIdNotFound]);

/** Fills `view` from an acknowledgement (MQTT 5, 3.4 to 3.7). `type` is the packet type, 4 to 7. */
export function decodeAck(
  view: AckView,
  type: number,
  buffer: Buffer,
  start: number,
  end: number,
  version: 4 | 5,
  userPropertiesMax: number,
): Fault | null {
  if (start + 2 > end) return faults.truncated;
  view.packetId = buffer.readUInt16BE(start);
  view.code = reason.success;
  if (view.packetId === 0) return faults.packetIdZero;
  if (end === start + 2) return null;
  if (version === 4) return faults.trailingBytes;
  view.code = buffer[start + 2] ?? 0;
  const codes = type <= 5 ? codesOfReceipts : codesOfReleases;
  if (!codes.has(view.code)) return faults.ackCode;
  if (end === start + 3) return null;
  const fault = walkProperties(view.notes, buffer, start + 3, end, carrier.ack, userPropertiesMax);
  if (fault !== null) return fault;
  return view.notes.end === end ? null : faults.trailingBytes;
}
