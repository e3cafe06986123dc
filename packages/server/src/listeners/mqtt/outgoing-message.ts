import { noIdentifiers } from './subscription.ts';

const NOTHING = Buffer.alloc(0);

/** What differs from subscriber to subscriber. */
export interface Envelope {
  readonly version: 4 | 5;
  readonly qos: 0 | 1 | 2;
  readonly packetId: number;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly identifiers: readonly number[];
  /** Topic Alias; 0: none. */
  readonly alias: number;
  /** False where the alias stands for the topic. */
  readonly withTopic: boolean;
  readonly nowMillis: number;
}

export interface MessageParts {
  readonly topic: Buffer;
  readonly payload: Buffer;
  /** Raw MQTT 5 properties without their length: they travel unaltered, in their order [MQTT-3.3.2-4] [MQTT-3.3.2-17]. */
  readonly properties?: Buffer;
  /** Offset of the Message Expiry Interval in `properties`; -1: none. */
  readonly messageExpiryAt?: number;
  readonly receivedAtMillis: number;
}

/**
 * One message for many subscribers. Its QoS 0 form is made once and shared; the others differ in their Packet Identifier.
 * The bytes must not change after they were given.
 */
export class OutgoingMessage {
  readonly topic: Buffer;
  readonly payload: Buffer;
  readonly #properties: Buffer;
  readonly #messageExpiryAt: number;
  readonly #receivedAtMillis: number;
  #plain4: Buffer = NOTHING;
  #plain5: Buffer = NOTHING;

  constructor(parts: MessageParts) {
    this.topic = parts.topic;
    this.payload = parts.payload;
    this.#properties = parts.properties ?? NOTHING;
    this.#messageExpiryAt = parts.messageExpiryAt ?? -1;
    this.#receivedAtMillis = parts.receivedAtMillis;
  }

  /** What it weighs in a queue. */
  get bytes(): number {
    return this.topic.length + this.#properties.length + this.payload.length;
  }

  /** True when its Message Expiry Interval has passed [MQTT-3.3.2-5]. */
  isExpired(nowMillis: number): boolean {
    if (this.#messageExpiryAt < 0) return false;
    return nowMillis - this.#receivedAtMillis >= this.#properties.readUInt32BE(this.#messageExpiryAt) * 1_000;
  }

  /** The whole PUBLISH packet (3.3) at QoS 0 with nothing of one subscriber in it. */
  plain(version: 4 | 5, nowMillis: number): Buffer {
    const envelope = { ...plainEnvelope, version, nowMillis };
    if (version === 4) {
      if (this.#plain4.length === 0) this.#plain4 = this.encode(envelope);
      return this.#plain4;
    }
    if (this.#plain5.length === 0) this.#plain5 = this.encode(envelope);
    return this.#plain5;
  }

  /** The whole PUBLISH packet (3.3). */
  encode(envelope: Envelope): Buffer {
    const { version, qos, identifiers, alias, nowMillis } = envelope;
    const topic = envelope.withTopic ? this.topic : NOTHING;
    const ownBytes = this.#properties.length;
    let propertyBytes = ownBytes + (alias > 0 ? 3 : 0);
    for (const identifier of identifiers) propertyBytes += 1 + varintBytes(identifier);
    const remaining =
      2 +
      topic.length +
      (qos > 0 ? 2 : 0) +
      (version === 5 ? varintBytes(propertyBytes) + propertyBytes : 0) +
      this.payload.length;
    const out = Buffer.allocUnsafe(1 + varintBytes(remaining) + remaining);
    out[0] = 0x30 | (envelope.dup ? 8 : 0) | (qos << 1) | (envelope.retain ? 1 : 0);
    let at = writeVarint(out, 1, remaining);
    at = out.writeUInt16BE(topic.length, at);
    at += topic.copy(out, at);
    if (qos > 0) at = out.writeUInt16BE(envelope.packetId, at);
    if (version === 5) {
      at = writeVarint(out, at, propertyBytes);
      this.#properties.copy(out, at);
      if (this.#messageExpiryAt >= 0) {
        // The interval is sent less the time that the message waited [MQTT-3.3.2-6].
        const waited = Math.max(0, Math.floor((nowMillis - this.#receivedAtMillis) / 1_000));
        const interval = this.#properties.readUInt32BE(this.#messageExpiryAt);
        out.writeUInt32BE(Math.max(0, interval - waited), at + this.#messageExpiryAt);
      }
      at += ownBytes;
      for (const identifier of identifiers) at = writeVarint(out, out.writeUInt8(0x0b, at), identifier);
      if (alias > 0) at = out.writeUInt16BE(alias, out.writeUInt8(0x23, at));
    }
    this.payload.copy(out, at);
    return out;
  }
}

const plainEnvelope = {
  qos: 0,
  packetId: 0,
  retain: false,
  dup: false,
  identifiers: noIdentifiers,
  alias: 0,
  withTopic: true,
} as const;

function varintBytes(value: number): number {
  return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
}

function writeVarint(out: Buffer, at: number, value: number): number {
  let rest = value;
  let position = at;
  while (rest >= 128) {
    out[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[position++] = rest;
  return position;
}
