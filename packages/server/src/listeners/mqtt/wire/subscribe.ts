// SUBSCRIBE, UNSUBSCRIBE and DISCONNECT of a client (3.8, 3.10, 3.14).
import { faults, type Fault } from './fault.ts';
import { PacketReader } from './packet-reader.ts';
import { carrier } from './properties.ts';

export interface FilterRequest {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  /** The client's own messages are not sent back to it (3.8.3.1). */
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** When retained messages are sent: 0 always, 1 for a new subscription, 2 never (3.8.3.1). */
  readonly retainHandling: number;
}

export interface SubscribeRequest {
  readonly kind: 'subscribe';
  readonly packetId: number;
  readonly filters: readonly FilterRequest[];
  /** Subscription Identifier; 0: none. */
  readonly identifier: number;
}

export interface UnsubscribeRequest {
  readonly kind: 'unsubscribe';
  readonly packetId: number;
  readonly filters: readonly string[];
}

/** @returns the request, or why the connection must be closed */
export function readSubscribe(
  buffer: Buffer,
  start: number,
  end: number,
  version: 4 | 5,
  userPropertiesMax: number,
): SubscribeRequest | Fault {
  const reader = new PacketReader(buffer, start, end);
  const packetId = reader.packetId();
  const notes = version === 5 ? reader.properties(carrier.subscribe, userPropertiesMax) : undefined;
  const filters: FilterRequest[] = [];
  while (!reader.done) {
    const filter = reader.string();
    const options = reader.byte();
    const qos = options & 3;
    // Reserved bits and QoS 3 [MQTT-3.8.3-5]; Retain Handling 3 (3.8.3.1); 3.1.1 has QoS only [MQTT-3-8.3-4].
    if (qos === 3 || (version === 4 ? options > 2 : (options & 0xc0) !== 0 || (options & 0x30) === 0x30)) {
      reader.fault ??= faults.subscribeOptions;
    }
    const noLocal = version === 5 && (options & 4) !== 0;
    if (noLocal && filter.startsWith('$share/')) reader.fault ??= faults.noLocalShared;
    const retainAsPublished = (options & 8) !== 0;
    const retainHandling = options >> 4;
    filters.push({ filter, qos: qos === 0 ? 0 : qos === 1 ? 1 : 2, noLocal, retainAsPublished, retainHandling });
  }
  if (reader.fault === null && filters.length === 0) reader.fault = faults.noFilters;
  if (reader.fault !== null) return reader.fault;
  return { kind: 'subscribe', packetId, filters, identifier: notes?.subscriptionIdentifier ?? 0 };
}

/** @returns the request, or why the connection must be closed */
export function readUnsubscribe(
  buffer: Buffer,
  start: number,
  end: number,
  version: 4 | 5,
  userPropertiesMax: number,
): UnsubscribeRequest | Fault {
  const reader = new PacketReader(buffer, start, end);
  const packetId = reader.packetId();
  if (version === 5) reader.properties(carrier.unsubscribe, userPropertiesMax);
  const filters: string[] = [];
  while (!reader.done) filters.push(reader.string());
  if (reader.fault === null && filters.length === 0) reader.fault = faults.noFilters;
  return reader.fault ?? { kind: 'unsubscribe', packetId, filters };
}

/** The client's leave. `withWill`: it asks that its will be published all the same (3.14.2.1). */
export interface DisconnectRequest {
  readonly kind: 'disconnect';
  readonly withWill: boolean;
}

/** @returns the request, or why the connection must be closed */
export function readDisconnect(
  buffer: Buffer,
  start: number,
  end: number,
  version: 4 | 5,
  userPropertiesMax: number,
): DisconnectRequest | Fault {
  if (start === end) return { kind: 'disconnect', withWill: false };
  if (version === 4) return faults.trailingBytes;
  const reader = new PacketReader(buffer, start, end);
  const code = reader.byte();
  if (!codesOfClients.has(code)) return faults.ackCode;
  const notes = reader.at < end ? reader.properties(carrier.disconnect, userPropertiesMax) : undefined;
  if (reader.fault === null && reader.at !== end) reader.fault = faults.trailingBytes;
  // The Session Expiry Interval in force is 0, because CONNACK says so, and must not be lengthened now (3.14.2.2.2).
  if (reader.fault === null && (notes?.sessionExpirySeconds ?? 0) > 0) reader.fault = faults.sessionExpiry;
  return reader.fault ?? { kind: 'disconnect', withWill: code !== 0 };
}

/** Table 3-10: the Reason Codes that a client may send in DISCONNECT. */
const codesOfClients: ReadonlySet<number> = new Set([
  0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
]);
