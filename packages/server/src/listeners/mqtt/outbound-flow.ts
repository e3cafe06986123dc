// The messages that one client subscribed to, on their way to it (4.3, 4.9). Bounded in every direction: what a slow client
// does not take in time is dropped and counted, and nobody waits for it.
import type { Link } from './link.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import type { Shared } from './shared.ts';
import { noIdentifiers } from './subscription.ts';
import type { ConnectRequest } from './wire/connect.ts';

const flight = { wantsPuback: 1, wantsPubrec: 2, wantsPubcomp: 3 } as const;
type Flight = (typeof flight)[keyof typeof flight];

interface Waiting {
  readonly message: OutgoingMessage;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly identifiers: readonly number[];
}

const PACKET_ID_MAX = 65_535;
/** The queue's array is cut at the front when this many of its places are used up. */
const SHIFT_AT = 256;

export class OutboundFlow {
  readonly #shared: Shared;
  readonly #link: Link;
  readonly #version: 4 | 5;
  readonly #receiveMaximum: number;
  readonly #packetBytesMax: number;
  /** The session is clean: nothing is sent again in another connection, so the messages in flight need not be kept. */
  readonly #inFlight = new Map<number, Flight>();
  #queue: Waiting[] = [];
  #queueHead = 0;
  #queuedBytes = 0;
  #lastPacketId = 0;
  /** Topic Aliases towards this client, in the order they were first needed (3.3.2.3.4). */
  readonly #aliases = new Map<string, number>();
  readonly #aliasesMax: number;

  /** What the client announced; the listener's own bounds hold beside it. */
  constructor(
    shared: Shared,
    link: Link,
    { version, receiveMaximum, packetBytesMax, topicAliasMaximum }: ConnectRequest,
  ) {
    this.#shared = shared;
    this.#link = link;
    this.#version = version;
    this.#receiveMaximum = Math.min(receiveMaximum, shared.limits.receiveMaximum);
    this.#packetBytesMax = packetBytesMax;
    this.#aliasesMax = Math.min(topicAliasMaximum, shared.limits.topicAliasMaximum);
  }

  send(message: OutgoingMessage, qos: 0 | 1 | 2, retain: boolean, identifiers: readonly number[]): void {
    const { limits, counters } = this.#shared;
    const isFull = this.#link.waitingBytes > limits.outgoingBytesMax;
    if (qos === 0) {
      if (isFull) counters.droppedSlow++;
      else this.#write(message, 0, 0, retain, identifiers);
      return;
    }
    if (!isFull && this.#queueLength === 0 && this.#inFlight.size < this.#receiveMaximum) {
      this.#fly({ message, qos, retain, identifiers });
      return;
    }
    if (this.#queueLength >= limits.queuedMessagesMax || this.#queuedBytes + message.bytes > limits.queuedBytesMax) {
      counters.droppedSlow++;
      return;
    }
    this.#queue.push({ message, qos, retain, identifiers });
    this.#queuedBytes += message.bytes;
  }

  /** PUBACK of the client. An id that is not in flight is of no harm and passed over. */
  acknowledged(packetId: number): void {
    if (this.#inFlight.get(packetId) !== flight.wantsPuback) return;
    this.#inFlight.delete(packetId);
    this.pump();
  }

  /** PUBREC of the client: answered with PUBREL [MQTT-4.3.3-3], unless the client refused the message. */
  received(packetId: number, code: number): void {
    const state = this.#inFlight.get(packetId);
    if (code >= 0x80) {
      // The message counts as acknowledged and its identifier is free again (4.3.3).
      if (state === flight.wantsPubrec) this.#inFlight.delete(packetId);
      this.pump();
      return;
    }
    const isKnown = state === flight.wantsPubrec || state === flight.wantsPubcomp;
    if (isKnown) this.#inFlight.set(packetId, flight.wantsPubcomp);
    this.#sendPubrel(packetId, isKnown);
  }

  /** PUBCOMP of the client. */
  completed(packetId: number): void {
    if (this.#inFlight.get(packetId) !== flight.wantsPubcomp) return;
    this.#inFlight.delete(packetId);
    this.pump();
  }

  /** Sends what waits, as far as the client takes it. Called when an acknowledgement came or the socket drained. */
  pump(): void {
    const { limits, clock, counters } = this.#shared;
    while (
      this.#queueLength > 0 &&
      this.#inFlight.size < this.#receiveMaximum &&
      this.#link.waitingBytes <= limits.outgoingBytesMax
    ) {
      const next = this.#queue[this.#queueHead++];
      if (next === undefined) break;
      this.#queuedBytes -= next.message.bytes;
      if (next.message.isExpired(clock.monotonic())) counters.droppedUnfit++;
      else this.#fly(next);
    }
    if (this.#queueHead === this.#queue.length || this.#queueHead >= SHIFT_AT) {
      this.#queue.splice(0, this.#queueHead);
      this.#queueHead = 0;
    }
  }

  get #queueLength(): number {
    return this.#queue.length - this.#queueHead;
  }

  #fly({ message, qos, retain, identifiers }: Waiting): void {
    const packetId = this.#nextPacketId();
    if (!this.#write(message, qos, packetId, retain, identifiers)) return;
    this.#inFlight.set(packetId, qos === 1 ? flight.wantsPuback : flight.wantsPubrec);
  }

  #write(
    message: OutgoingMessage,
    qos: 0 | 1 | 2,
    packetId: number,
    retain: boolean,
    identifiers: readonly number[],
  ): boolean {
    const { counters, clock } = this.#shared;
    const version = this.#version;
    const nowMillis = clock.monotonic();
    const topic = this.#aliasesMax > 0 ? message.topic.toString('latin1') : '';
    const known = this.#aliases.get(topic);
    const alias = known ?? (this.#aliases.size < this.#aliasesMax ? this.#aliases.size + 1 : 0);
    const bytes =
      qos === 0 && !retain && identifiers.length === 0 && alias === 0
        ? message.plain(version, nowMillis)
        : message.encode({
            version,
            qos,
            packetId,
            retain,
            dup: false,
            identifiers: version === 5 ? identifiers : noIdentifiers,
            alias,
            withTopic: known === undefined,
            nowMillis,
          });
    // A packet that the client does not take is treated as if it had been sent [MQTT-3.1.2-24] [MQTT-3.1.2-25].
    if (bytes.length > this.#packetBytesMax) {
      counters.droppedUnfit++;
      return false;
    }
    if (known === undefined && alias > 0) this.#aliases.set(topic, alias);
    counters.publishSent++;
    this.#link.write(bytes);
    return true;
  }

  #sendPubrel(packetId: number, isKnown: boolean): void {
    // 0x62: PUBREL has reserved flags 0010 [MQTT-3.6.1-1]; 0x92: Packet Identifier not found.
    const bytes = isKnown || this.#version === 4 ? [0x62, 2, 0, 0] : [0x62, 3, 0, 0, 0x92];
    const packet = Buffer.from(bytes);
    packet.writeUInt16BE(packetId, 2);
    this.#shared.counters.acknowledgementsSent++;
    this.#link.write(packet);
  }

  /** A Packet Identifier that is not in use [MQTT-2.2.1-4]. There is one: the flight is shorter than the range. */
  #nextPacketId(): number {
    do {
      this.#lastPacketId = this.#lastPacketId === PACKET_ID_MAX ? 1 : this.#lastPacketId + 1;
    } while (this.#inFlight.has(this.#lastPacketId));
    return this.#lastPacketId;
  }
}
