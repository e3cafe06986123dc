// One client from the accepted CONNECT to the end of its connection. Sessions are clean: they end with their connection, and
// CONNACK says so (Session Expiry Interval 0). What a kept session needs beyond that goes here, not into the connection.
import { isRefusal, refuse } from '../../kernel/mod.ts';
import type { AckDebtor } from './ack-queue.ts';
import { disconnect, pingresp, suback, unsuback } from './control-packets.ts';
import { InboundFlow } from './inbound-flow.ts';
import type { Link } from './link.ts';
import type { MqttPrincipal } from './options.ts';
import { OutboundFlow } from './outbound-flow.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { reason, reasonText, subscribeReason } from './reason-codes.ts';
import type { Subscriber } from './router.ts';
import type { Shared } from './shared.ts';
import { noIdentifiers } from './subscription.ts';
import type { ConnectRequest } from './wire/connect.ts';
import { faults, ourFault, type Fault } from './wire/fault.ts';
import { decodeAck } from './wire/publish.ts';
import { readDisconnect, readSubscribe, readUnsubscribe, type FilterRequest } from './wire/subscribe.ts';

/** MQTT control packet types (2.1.2). */
const type = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
  auth: 15,
} as const;

export class Session implements AckDebtor, Subscriber {
  readonly clientId: string;
  readonly version: 4 | 5;
  readonly principal: MqttPrincipal;
  readonly #shared: Shared;
  readonly #link: Link;
  readonly #request: ConnectRequest;
  readonly #inbound: InboundFlow;
  readonly #filters = new Set<string>();
  #outbound: OutboundFlow | undefined;
  #isInAckQueue = false;
  #isOver = false;
  /** True once the client said goodbye: its will is dropped [MQTT-3.14.4-3]. */
  #saidGoodbye = false;

  constructor(shared: Shared, link: Link, request: ConnectRequest, clientId: string, principal: MqttPrincipal) {
    this.#shared = shared;
    this.#link = link;
    this.#request = request;
    this.version = request.version;
    this.clientId = clientId;
    this.principal = principal;
    this.#inbound = new InboundFlow(shared, link, principal, this, request);
  }

  get owesAcks(): boolean {
    return this.#inbound.owesAcks;
  }

  get hasLeft(): boolean {
    return this.#saidGoodbye;
  }

  /** One packet after CONNECT. Returns why the connection must be closed, or null. */
  packet(first: number, buffer: Buffer, start: number, end: number): Fault | null {
    const { counters } = this.#shared;
    switch (first >> 4) {
      case type.publish:
        counters.publishReceived++;
        return this.#inbound.publish(first, buffer, start, end);
      case type.puback:
      case type.pubrec:
      case type.pubrel:
      case type.pubcomp:
        counters.acknowledgementsReceived++;
        return this.#acknowledgement(first >> 4, buffer, start, end);
      case type.subscribe:
        counters.subscribeReceived++;
        return this.#subscribe(buffer, start, end);
      case type.unsubscribe:
        counters.unsubscribeReceived++;
        return this.#unsubscribe(buffer, start, end);
      case type.pingreq:
        counters.pingreqReceived++;
        if (start !== end) return faults.trailingBytes;
        this.#link.write(pingresp);
        return null;
      case type.disconnect:
        counters.disconnectReceived++;
        return this.#disconnect(buffer, start, end);
      case type.connect:
        return faults.secondConnect;
      case type.auth:
        // 3.1.1 has no packet of type 15 (3.1.1, 2.2.1).
        return this.version === 5 ? faults.noAuthentication : faults.fixedHeader;
      default:
        return faults.serversPacket;
    }
  }

  /** Called when a chunk of packets was handled: sends what may be sent, and waits for the rest. */
  settleAcks(): void {
    const owes = this.#inbound.sendAcks(this.#shared.admission.durableSequence);
    if (!owes || this.#isInAckQueue || this.#isOver) return;
    this.#isInAckQueue = true;
    this.#shared.acks.add(this);
  }

  releaseAcks(durableSequence: number): boolean {
    this.#isInAckQueue = !this.#isOver && this.#inbound.sendAcks(durableSequence);
    return this.#isInAckQueue;
  }

  failAcks(): void {
    this.#isInAckQueue = false;
    const refusal = refuse('log-failed', 'the log cannot be written; nothing more is acknowledged');
    this.#link.close(ourFault(refusal));
  }

  deliver(message: OutgoingMessage, qos: 0 | 1 | 2, retain: boolean, identifiers: readonly number[]): void {
    this.#outbound?.send(message, qos, retain, identifiers);
  }

  /** The socket took what waited. */
  drained(): void {
    this.#outbound?.pump();
  }

  /** The bytes of the last packet to this client. */
  farewell(fault: Fault): Buffer | undefined {
    return this.version === 5 ? disconnect(fault, this.#request.packetBytesMax) : undefined;
  }

  /** Ends the session with its connection. `withWill` false: nobody is to hear of it, for the server itself goes. */
  end(withWill: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const filter of this.#filters) this.#shared.router.unsubscribe(filter, this);
    this.#filters.clear();
    this.#inbound.clear();
    // The Will Delay Interval ends with the session, which is now [MQTT-3.1.3-9].
    const { will } = this.#request;
    if (withWill && !this.#saidGoodbye && will !== undefined) this.#inbound.publishWill(will);
  }

  #acknowledgement(packetType: number, buffer: Buffer, start: number, end: number): Fault | null {
    const view = this.#shared.ackView;
    const bound = this.#shared.limits.userPropertiesMax;
    const fault = decodeAck(view, packetType, buffer, start, end, this.version, bound);
    if (fault !== null) return fault;
    switch (packetType) {
      case type.pubrel:
        return this.#inbound.release(view.packetId);
      case type.puback:
        this.#outbound?.acknowledged(view.packetId);
        return null;
      case type.pubrec:
        this.#openOutbound().received(view.packetId, view.code);
        return null;
      default:
        this.#outbound?.completed(view.packetId);
        return null;
    }
  }

  #subscribe(buffer: Buffer, start: number, end: number): Fault | null {
    const { limits, counters } = this.#shared;
    const request = readSubscribe(buffer, start, end, this.version, limits.userPropertiesMax);
    if (!('packetId' in request)) return request;
    let text = '';
    const identifiers = request.identifier === 0 ? noIdentifiers : [request.identifier];
    const wantsRetained: FilterRequest[] = [];
    const granted = request.filters.map((asked) => {
      const isNew = !this.#filters.has(asked.filter);
      const answer = this.#subscribeOne(asked, identifiers);
      if (answer.code > 2) counters.filtersRefused++;
      // Retain Handling [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11].
      else if (asked.retainHandling === 0 || (asked.retainHandling === 1 && isNew)) wantsRetained.push(asked);
      text ||= answer.text;
      return answer.code;
    });
    const words = this.#request.problemInformation ? text : '';
    this.#link.write(suback(this.version, request.packetId, granted, words, this.#request.packetBytesMax));
    for (const { filter, qos } of wantsRetained) {
      for (const kept of this.#shared.router.retainedFor(filter)) {
        this.deliver(kept.message, kept.qos < qos ? kept.qos : qos, true, identifiers);
      }
    }
    return null;
  }

  #subscribeOne(
    asked: FilterRequest,
    identifiers: readonly number[],
  ): { readonly code: number; readonly text: string } {
    const { filter, qos, noLocal, retainAsPublished } = asked;
    // 0x80 and not 0x87: the filter is closed to everybody, whatever their rights.
    if (this.#shared.router.isClosed(filter)) {
      return { code: reason.unspecified, text: 'not-allowed: nobody may subscribe to this filter.' };
    }
    if (!this.principal.mayRead) return { code: reason.notAuthorized, text: 'not-allowed: no right to read.' };
    if (!this.#filters.has(filter) && this.#filters.size >= this.#shared.limits.subscriptionsMax) {
      const text = `too-many: a client may have ${this.#shared.limits.subscriptionsMax} subscriptions.`;
      return { code: reason.quotaExceeded, text };
    }
    this.#openOutbound();
    const refusal = this.#shared.router.subscribe(filter, this, { qos, noLocal, retainAsPublished, identifiers });
    if (isRefusal(refusal)) return { code: subscribeReason(refusal.code), text: reasonText(refusal) };
    this.#filters.add(filter);
    return { code: qos, text: '' };
  }

  #unsubscribe(buffer: Buffer, start: number, end: number): Fault | null {
    const request = readUnsubscribe(buffer, start, end, this.version, this.#shared.limits.userPropertiesMax);
    if (!('packetId' in request)) return request;
    const codes = request.filters.map((filter) => {
      if (!this.#filters.delete(filter)) return reason.noSubscriptionExisted;
      this.#shared.router.unsubscribe(filter, this);
      return reason.success;
    });
    this.#link.write(unsuback(this.version, request.packetId, codes));
    return null;
  }

  #disconnect(buffer: Buffer, start: number, end: number): Fault | null {
    const request = readDisconnect(buffer, start, end, this.version, this.#shared.limits.userPropertiesMax);
    if (!('withWill' in request)) return request;
    this.#saidGoodbye = !request.withWill;
    // The connection is closed without an answer [MQTT-3.14.4-1]. What was published before it stays published.
    return faults.goodbye;
  }

  #openOutbound(): OutboundFlow {
    this.#outbound ??= new OutboundFlow(this.#shared, this.#link, this.#request);
    return this.#outbound;
  }
}
