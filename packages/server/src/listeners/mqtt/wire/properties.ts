// The properties of MQTT 5 (2.2.2), checked where they lie: which packet takes which, once or often, with which values.
import { faults, type Fault } from './fault.ts';
import { hasWildcard, isMqttString } from './utf8.ts';

/** Packets that a client sends with properties, as bits. A will's properties stand inside CONNECT (3.1.3.2). */
export const carrier = {
  connect: 1,
  will: 2,
  publish: 4,
  ack: 8,
  subscribe: 16,
  unsubscribe: 32,
  disconnect: 64,
} as const;
type Carrier = (typeof carrier)[keyof typeof carrier];

const property = {
  payloadFormat: 0x01,
  messageExpiry: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  subscriptionIdentifier: 0x0b,
  sessionExpiry: 0x11,
  authenticationMethod: 0x15,
  authenticationData: 0x16,
  requestProblemInformation: 0x17,
  willDelay: 0x18,
  requestResponseInformation: 0x19,
  reasonString: 0x1f,
  receiveMaximum: 0x21,
  topicAliasMaximum: 0x22,
  topicAlias: 0x23,
  userProperty: 0x26,
  maximumPacketSize: 0x27,
} as const;

type ValueType =
  | 'bit'
  | 'two'
  | 'two-not-0'
  | 'four'
  | 'four-not-0'
  | 'varint-not-0'
  | 'string'
  | 'topic'
  | 'binary'
  | 'pair';

interface PropertyRule {
  readonly type: ValueType;
  /** Bits of `carrier`. */
  readonly carriers: number;
}

const message = carrier.publish | carrier.will;
const everywhere =
  carrier.connect | message | carrier.ack | carrier.subscribe | carrier.unsubscribe | carrier.disconnect;

/** Table 2-4 of MQTT 5, for packets that a server receives; the index is the property's identifier. */
const rules: readonly (PropertyRule | undefined)[] = (() => {
  const table: (PropertyRule | undefined)[] = Array.from({ length: 0x2b });
  table[property.payloadFormat] = { type: 'bit', carriers: message };
  table[property.messageExpiry] = { type: 'four', carriers: message };
  table[property.contentType] = { type: 'string', carriers: message };
  table[property.responseTopic] = { type: 'topic', carriers: message };
  table[property.correlationData] = { type: 'binary', carriers: message };
  // A PUBLISH from a client must not hold one [MQTT-3.3.4-6].
  table[property.subscriptionIdentifier] = { type: 'varint-not-0', carriers: carrier.subscribe };
  table[property.sessionExpiry] = { type: 'four', carriers: carrier.connect | carrier.disconnect };
  table[property.authenticationMethod] = { type: 'string', carriers: carrier.connect };
  table[property.authenticationData] = { type: 'binary', carriers: carrier.connect };
  table[property.requestProblemInformation] = { type: 'bit', carriers: carrier.connect };
  table[property.willDelay] = { type: 'four', carriers: carrier.will };
  table[property.requestResponseInformation] = { type: 'bit', carriers: carrier.connect };
  table[property.reasonString] = { type: 'string', carriers: carrier.ack | carrier.disconnect };
  table[property.receiveMaximum] = { type: 'two-not-0', carriers: carrier.connect };
  table[property.topicAliasMaximum] = { type: 'two', carriers: carrier.connect };
  table[property.topicAlias] = { type: 'two', carriers: carrier.publish };
  table[property.userProperty] = { type: 'pair', carriers: everywhere };
  table[property.maximumPacketSize] = { type: 'four-not-0', carriers: carrier.connect };
  return table;
})();

/** What was seen in one packet's properties. One object is reused for all packets. */
export class PropertyNotes {
  /** Where the properties themselves start, behind their length, and end. */
  start = 0;
  end = 0;
  payloadIsUtf8 = false;
  /** Offset in the buffer of the four bytes of the Message Expiry Interval; -1: none. */
  messageExpiryAt = -1;
  /** Offset of the identifier of the Will Delay Interval; -1: none. */
  willDelayAt = -1;
  topicAlias = -1;
  /** Offset of the identifier of the Topic Alias. */
  topicAliasAt = -1;
  /** How many the client takes; 0: none. */
  topicAliasMaximum = 0;
  subscriptionIdentifier = 0;
  sessionExpirySeconds = 0;
  receiveMaximum = 65_535;
  /** 0: no bound. */
  maximumPacketSize = 0;
  problemInformation = true;
  hasAuthenticationMethod = false;
  hasAuthenticationData = false;
  #seenLow = 0;
  #seenHigh = 0;

  reset(): void {
    this.start = 0;
    this.end = 0;
    this.payloadIsUtf8 = false;
    this.messageExpiryAt = -1;
    this.willDelayAt = -1;
    this.topicAlias = -1;
    this.topicAliasAt = -1;
    this.topicAliasMaximum = 0;
    this.subscriptionIdentifier = 0;
    this.sessionExpirySeconds = 0;
    this.receiveMaximum = 65_535;
    this.maximumPacketSize = 0;
    this.problemInformation = true;
    this.hasAuthenticationMethod = false;
    this.hasAuthenticationData = false;
    this.#seenLow = 0;
    this.#seenHigh = 0;
  }

  /** Marks a property as seen; false when it was seen before. */
  first(id: number): boolean {
    const bit = 1 << (id & 31);
    const seen = id < 32 ? this.#seenLow : this.#seenHigh;
    if (id < 32) this.#seenLow |= bit;
    else this.#seenHigh |= bit;
    return (seen & bit) === 0;
  }
}

/**
 * Checks the properties that start with their length at `at`, and notes what matters.
 * @param userPropertiesMax how many User Properties one packet may hold
 * @returns null when all is well; then `notes.end` is the offset behind them
 */
export function walkProperties(
  notes: PropertyNotes,
  buffer: Buffer,
  at: number,
  end: number,
  packet: Carrier,
  userPropertiesMax: number,
): Fault | null {
  notes.reset();
  const size = varintSize(buffer, at, end);
  if (size === 0) return faults.truncated;
  notes.start = at + size;
  notes.end = notes.start + varintValue(buffer, at, size);
  if (notes.end > end) return faults.truncated;
  let userProperties = 0;
  let position = notes.start;
  while (position < notes.end) {
    const id = buffer[position] ?? 0;
    const rule = rules[id];
    if (rule === undefined || (rule.carriers & packet) === 0) return faults.unknownProperty;
    if (id === property.userProperty) userProperties++;
    else if (!notes.first(id)) return faults.repeatedProperty;
    if (userProperties > userPropertiesMax) return faults.tooManyProperties;
    const length = valueLength(rule.type, buffer, position + 1, notes.end);
    if (length === 0 || position + 1 + length > notes.end) return faults.truncated;
    const fault = checkValue(rule.type, buffer, position + 1, position + 1 + length);
    if (fault !== null) return fault;
    note(notes, id, buffer, position);
    position += 1 + length;
  }
  return null;
}

/** Bytes of the Variable Byte Integer at `at` (1.5.5); 0 when it is cut or too long or not in its shortest form. */
function varintSize(buffer: Buffer, at: number, end: number): number {
  for (let digit = 0; digit < 4; digit++) {
    if (at + digit >= end) return 0;
    const byte = buffer[at + digit] ?? 0;
    if (byte < 0x80) return byte === 0 && digit > 0 ? 0 : digit + 1;
  }
  return 0;
}

function varintValue(buffer: Buffer, at: number, size: number): number {
  let value = 0;
  for (let digit = 0; digit < size; digit++) value |= ((buffer[at + digit] ?? 0) & 0x7f) << (7 * digit);
  return value;
}

/** Bytes of a value with its own length field; 0 when it is cut inside that field. */
function valueLength(type: ValueType, buffer: Buffer, at: number, end: number): number {
  switch (type) {
    case 'bit':
      return 1;
    case 'two':
    case 'two-not-0':
      return 2;
    case 'four':
    case 'four-not-0':
      return 4;
    case 'varint-not-0':
      return varintSize(buffer, at, end);
    case 'string':
    case 'topic':
    case 'binary':
      return prefixedLength(buffer, at, end);
    case 'pair': {
      const name = prefixedLength(buffer, at, end);
      const value = name === 0 ? 0 : prefixedLength(buffer, at + name, end);
      return value === 0 ? 0 : name + value;
    }
  }
}

function prefixedLength(buffer: Buffer, at: number, end: number): number {
  return at + 2 > end ? 0 : 2 + buffer.readUInt16BE(at);
}

function checkValue(type: ValueType, buffer: Buffer, start: number, end: number): Fault | null {
  switch (type) {
    case 'bit':
      return (buffer[start] ?? 0) > 1 ? faults.propertyValue : null;
    case 'two-not-0':
      return buffer.readUInt16BE(start) === 0 ? faults.propertyValue : null;
    case 'four-not-0':
      return buffer.readUInt32BE(start) === 0 ? faults.propertyValue : null;
    case 'varint-not-0':
      return buffer[start] === 0 ? faults.propertyValue : null;
    case 'string':
      return isMqttString(buffer, start + 2, end) ? null : faults.badUtf8;
    case 'topic':
      if (!isMqttString(buffer, start + 2, end)) return faults.badUtf8;
      // A Response Topic is a Topic Name, without wildcards [MQTT-3.3.2-14].
      return end === start + 2 || hasWildcard(buffer, start + 2, end) ? faults.propertyValue : null;
    case 'pair': {
      const middle = start + 2 + buffer.readUInt16BE(start);
      return isMqttString(buffer, start + 2, middle) && isMqttString(buffer, middle + 2, end) ? null : faults.badUtf8;
    }
    case 'two':
    case 'four':
    case 'binary':
      return null;
  }
}

function note(notes: PropertyNotes, id: number, buffer: Buffer, at: number): void {
  const value = at + 1;
  switch (id) {
    case property.payloadFormat:
      notes.payloadIsUtf8 = buffer[value] === 1;
      return;
    case property.messageExpiry:
      notes.messageExpiryAt = value;
      return;
    case property.willDelay:
      notes.willDelayAt = at;
      return;
    case property.topicAlias:
      notes.topicAlias = buffer.readUInt16BE(value);
      notes.topicAliasAt = at;
      return;
    case property.topicAliasMaximum:
      notes.topicAliasMaximum = buffer.readUInt16BE(value);
      return;
    case property.subscriptionIdentifier:
      notes.subscriptionIdentifier = varintValue(buffer, value, varintSize(buffer, value, notes.end));
      return;
    case property.sessionExpiry:
      notes.sessionExpirySeconds = buffer.readUInt32BE(value);
      return;
    case property.receiveMaximum:
      notes.receiveMaximum = buffer.readUInt16BE(value);
      return;
    case property.maximumPacketSize:
      notes.maximumPacketSize = buffer.readUInt32BE(value);
      return;
    case property.requestProblemInformation:
      notes.problemInformation = buffer[value] === 1;
      return;
    case property.authenticationMethod:
      notes.hasAuthenticationMethod = true;
      return;
    case property.authenticationData:
      notes.hasAuthenticationData = true;
      return;
    default:
  }
}
