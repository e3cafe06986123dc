// CONNECT (MQTT 5 and 3.1.1, 3.1), checked to its last bit: it is the packet that strangers send.
import { reason, returnCode } from '../reason-codes.ts';
import { faults } from './fault.ts';
import { PacketReader } from './packet-reader.ts';
import { carrier } from './properties.ts';
import { hasWildcard } from './utf8.ts';

/** A message that the server publishes when the connection ends without a DISCONNECT (3.1.2.5). */
export interface Will {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Raw properties of the PUBLISH to come, without their length and without the Will Delay Interval. */
  readonly properties: Buffer;
  /** Offset of the Message Expiry Interval in `properties`; -1: none. */
  readonly messageExpiryAt: number;
  readonly payloadIsUtf8: boolean;
}

export interface ConnectRequest {
  readonly kind: 'connect';
  /** Protocol level: 4 is MQTT 3.1.1. */
  readonly version: 4 | 5;
  readonly clientId: string;
  readonly cleanStart: boolean;
  readonly keepAliveSeconds: number;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly will: Will | undefined;
  /** QoS 1 and 2 messages that the client takes before it acknowledges one. */
  readonly receiveMaximum: number;
  /** Bytes of the longest packet that the client takes. */
  readonly packetBytesMax: number;
  /** Topic Aliases that the client takes. */
  readonly topicAliasMaximum: number;
  /** False: no Reason String but in CONNACK and DISCONNECT [MQTT-3.1.2-29]. */
  readonly problemInformation: boolean;
}

/** No CONNECT that can be served. `code` is of the version's CONNACK; version 0: close without an answer. */
export interface ConnectFault {
  readonly kind: 'connect-fault';
  readonly version: 0 | 4 | 5;
  readonly code: number;
  readonly name: string;
  readonly text: string;
  /** Bytes of the longest packet that the client takes, as far as it is known. */
  readonly packetBytesMax: number;
}

const PACKET_BYTES_MAX = 268_435_460;

/** Reads the body of a CONNECT packet. */
export function readConnect(
  buffer: Buffer,
  start: number,
  end: number,
  userPropertiesMax: number,
): ConnectRequest | ConnectFault {
  const reader = new PacketReader(buffer, start, end);
  const protocolName = reader.string();
  const level = reader.byte();
  if (reader.fault !== null) return fault(0, reader.fault.code, reader.fault.kind, reader.fault.text);
  // Another protocol is not answered in MQTT [MQTT-3.1.2-1].
  if (protocolName !== 'MQTT' && protocolName !== 'MQIsdp') {
    return fault(0, reason.unsupportedVersion, 'protocol-name', 'The protocol is not MQTT.');
  }
  if (protocolName !== 'MQTT' || (level !== 4 && level !== 5)) {
    // A server tells the version that it cannot speak in the nearest one [MQTT-3.1.2-2].
    const text = `Protocol level ${level} is not served; 4 (3.1.1) and 5 are.`;
    return level > 5 && level < 0x80
      ? fault(5, reason.unsupportedVersion, 'protocol-level', text)
      : fault(4, returnCode.unacceptableVersion, 'protocol-level', text);
  }
  return readFields(reader, level, userPropertiesMax);
}

function readFields(reader: PacketReader, version: 4 | 5, userPropertiesMax: number): ConnectRequest | ConnectFault {
  const flags = reader.byte();
  if (!flagsAgree(flags, version)) reader.fault ??= faults.connectFlags;
  const keepAliveSeconds = reader.two();
  const notes = version === 5 ? reader.properties(carrier.connect, userPropertiesMax) : undefined;
  const clientId = reader.string();
  const will = (flags & 0x04) === 0 ? undefined : readWill(reader, flags, version, userPropertiesMax);
  const username = (flags & 0x80) === 0 ? undefined : reader.string();
  const password = (flags & 0x40) === 0 ? undefined : reader.binary();
  if (reader.fault === null && reader.at !== reader.end) reader.fault = faults.trailingBytes;
  // Authentication Data without a method is a Protocol Error (3.1.2.11.10).
  if (notes?.hasAuthenticationData === true && !notes.hasAuthenticationMethod) reader.fault ??= faults.propertyValue;
  // 3.1.1 has no return code for a malformed packet: the connection is closed (3.1.1, 4.8).
  if (reader.fault !== null) {
    return fault(version === 5 ? 5 : 0, reader.fault.code, reader.fault.kind, reader.fault.text);
  }
  if (notes?.hasAuthenticationMethod === true) {
    const text = 'This server has no enhanced authentication; send a token as the password.';
    return fault(5, reason.badAuthenticationMethod, 'authentication-method', text);
  }
  const cleanStart = (flags & 0x02) !== 0;
  if (clientId === '' && !cleanStart && version === 4) {
    // A session to be kept needs a name [MQTT-3.1.3-8]. MQTT 5 lets the server assign one in all cases [MQTT-3.1.3-6].
    const text = 'An empty client identifier needs a clean session.';
    return fault(4, returnCode.identifierRejected, 'client-id', text);
  }
  return {
    kind: 'connect',
    version,
    clientId,
    cleanStart,
    keepAliveSeconds,
    username,
    password,
    will,
    receiveMaximum: notes?.receiveMaximum ?? 65_535,
    packetBytesMax: notes === undefined || notes.maximumPacketSize === 0 ? PACKET_BYTES_MAX : notes.maximumPacketSize,
    topicAliasMaximum: notes?.topicAliasMaximum ?? 0,
    problemInformation: notes?.problemInformation ?? false,
  };
}

/** Reserved bit [MQTT-3.1.2-3]; will bits without a will [MQTT-3.1.2-11] [MQTT-3.1.2-13]; QoS 3 [MQTT-3.1.2-12]. */
function flagsAgree(flags: number, version: 4 | 5): boolean {
  if ((flags & 0x01) !== 0) return false;
  if ((flags & 0x04) === 0 && (flags & 0x38) !== 0) return false;
  if ((flags & 0x18) === 0x18) return false;
  // A password without a user name: only MQTT 5 takes it (3.1.1: [MQTT-3.1.2-22]).
  return version === 5 || (flags & 0xc0) !== 0x40;
}

function readWill(reader: PacketReader, flags: number, version: 4 | 5, userPropertiesMax: number): Will {
  const notes = version === 5 ? reader.properties(carrier.will, userPropertiesMax) : undefined;
  const topicAt = reader.at + 2;
  const topic = reader.string();
  if (reader.fault === null && topic === '') reader.fault = faults.emptyTopic;
  if (reader.fault === null && hasWildcard(reader.buffer, topicAt, reader.at)) reader.fault = faults.wildcardInTopic;
  const qos = (flags >> 3) & 3;
  const will = {
    topic,
    payload: reader.binary(),
    qos: qos === 0 ? 0 : qos === 1 ? 1 : 2,
    retain: (flags & 0x20) !== 0,
    properties: Buffer.alloc(0),
    messageExpiryAt: -1,
    payloadIsUtf8: notes?.payloadIsUtf8 ?? false,
  } as const;
  if (notes === undefined || reader.fault !== null) return will;
  // The Will Delay Interval is for the server and not part of the message (3.1.3.2.2).
  const delayAt = notes.willDelayAt;
  const properties =
    delayAt < 0
      ? Buffer.from(reader.buffer.subarray(notes.start, notes.end))
      : Buffer.concat([reader.buffer.subarray(notes.start, delayAt), reader.buffer.subarray(delayAt + 5, notes.end)]);
  const expiryAt = notes.messageExpiryAt;
  const shift = notes.start + (delayAt >= 0 && delayAt < expiryAt ? 5 : 0);
  return { ...will, properties, messageExpiryAt: expiryAt < 0 ? -1 : expiryAt - shift };
}

function fault(version: 0 | 4 | 5, code: number, name: string, text: string): ConnectFault {
  return { kind: 'connect-fault', version, code, name, text, packetBytesMax: PACKET_BYTES_MAX };
}
