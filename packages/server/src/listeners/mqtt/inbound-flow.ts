// The PUBLISHes of one client. A message is acknowledged when its Observation is durable, in the order of the PUBLISHes; a
// refused one takes its place in that order. QoS 2 is taken exactly once within the session [MQTT-4.3.3-10].
// This is the hot path: for an accepted Observation nothing is allocated but the text and the value of its JSON.
import type { Outcome } from '../../admission/mod.ts';
import { factsOf, messageOf, quote, refuse, type Refusal } from '../../kernel/mod.ts';
import { ackKind, AckRing, AT_ONCE, type AckRelease } from './ack-ring.ts';
import { hold, type Link } from './link.ts';
import type { MqttPrincipal } from './options.ts';
import { OutgoingMessage } from './outgoing-message.ts';
import { badJson, formatRefusal, parseJson } from './payload.ts';
import { publishReason, reason, reasonText } from './reason-codes.ts';
import type { Subscriber } from './router.ts';
import type { Shared } from './shared.ts';
import { datastreamOfTopic, isObservationsTopic } from './topics.ts';
import type { ConnectRequest, Will } from './wire/connect.ts';
import { faults, ourFault, type Fault } from './wire/fault.ts';
import { checkTopicName, decodePublish, type PublishView } from './wire/publish.ts';

/** QoS 2 messages whose Packet Identifier is still taken: `waiting` for durability, then `answered` with PUBREC. */
const receipt = { waiting: 0, answered: 1 } as const;
type Receipt = (typeof receipt)[keyof typeof receipt];

export class InboundFlow implements AckRelease {
  readonly #shared: Shared;
  readonly #link: Link;
  readonly #principal: MqttPrincipal;
  readonly #subscriber: Subscriber;
  readonly #version: 4 | 5;
  readonly #packetBytesMax: number;
  readonly #problemInformation: boolean;
  readonly #acksMax: number;
  /** Topic Aliases of this connection [MQTT-3.3.2-7]. */
  #aliases: Map<number, Buffer> | undefined;
  /** Made with the first message that needs it: an idle connection has none. */
  #ring: AckRing | undefined;
  #receipts: Map<number, Receipt> | undefined;
  /** QoS 1 and 2 messages that count against the Receive Maximum (4.9). */
  #unacknowledged = 0;

  constructor(
    shared: Shared,
    link: Link,
    principal: MqttPrincipal,
    subscriber: Subscriber,
    request: Pick<ConnectRequest, 'version' | 'packetBytesMax' | 'problemInformation'>,
  ) {
    this.#shared = shared;
    this.#link = link;
    this.#principal = principal;
    this.#subscriber = subscriber;
    this.#version = request.version;
    this.#packetBytesMax = request.packetBytesMax;
    this.#problemInformation = request.problemInformation;
    // MQTT 5 counts PUBLISHes by itself; there the ring may hold a PUBCOMP beside each.
    this.#acksMax = shared.limits.receiveMaximum * (request.version === 5 ? 2 : 1);
  }

  get owesAcks(): boolean {
    return this.#ring !== undefined && this.#ring.size > 0;
  }

  /** One PUBLISH packet. Returns why the connection must be closed, or null. */
  publish(first: number, buffer: Buffer, start: number, end: number): Fault | null {
    const view = this.#shared.publishView;
    const bound = this.#shared.limits.userPropertiesMax;
    const fault = decodePublish(view, first, buffer, start, end, this.#version, bound);
    if (fault !== null) return fault;
    let named = buffer;
    if (view.topicAlias >= 0) {
      const aliased = this.#byAlias(buffer, view);
      if ('kind' in aliased) return aliased;
      named = aliased;
    }
    const datastreamId = datastreamOfTopic(named, view.topicStart, view.topicEnd);
    if (datastreamId < 0) {
      const topicFault = checkTopicName(named, view.topicStart, view.topicEnd);
      if (topicFault !== null) return topicFault;
    }
    const { qos, packetId } = view;
    if (qos > 0) {
      if (this.#receipts?.has(packetId) === true) return this.#publishAgain(view.qos === 2, packetId);
      if (this.#version === 5 && this.#unacknowledged >= this.#shared.limits.receiveMaximum)
        return faults.receiveMaximum;
      this.#unacknowledged++;
      if (qos === 2) (this.#receipts ??= new Map()).set(packetId, receipt.waiting);
    }
    if (datastreamId >= 0) this.#observation(buffer, view, datastreamId);
    else if (isObservationsTopic(named, view.topicStart, view.topicEnd)) this.#observation(buffer, view, -1);
    else this.#other(buffer, named, view);
    return null;
  }

  /** Sets or follows a Topic Alias; the view then says where the topic lies in the returned buffer. */
  #byAlias(buffer: Buffer, view: PublishView): Buffer | Fault {
    const { topicAlias, topicStart, topicEnd } = view;
    if (topicAlias === 0 || topicAlias > this.#shared.limits.topicAliasMaximum) return faults.topicAlias;
    if (topicEnd > topicStart) {
      const topicFault = checkTopicName(buffer, topicStart, topicEnd);
      if (topicFault !== null) return topicFault;
      (this.#aliases ??= new Map()).set(topicAlias, Buffer.from(buffer.subarray(topicStart, topicEnd)));
      return buffer;
    }
    const topic = this.#aliases?.get(topicAlias);
    if (topic === undefined) return faults.topicAlias;
    view.topicStart = 0;
    view.topicEnd = topic.length;
    return topic;
  }

  /** PUBREL of the client: the Packet Identifier is free again, and PUBCOMP says so [MQTT-4.3.3-11]. */
  release(packetId: number): Fault | null {
    const state = this.#receipts?.get(packetId);
    if (state === receipt.waiting) return faults.earlyRelease;
    if (state === receipt.answered) this.#receipts?.delete(packetId);
    const code = state === undefined && this.#version === 5 ? reason.packetIdNotFound : reason.success;
    if (state === receipt.answered) this.#unacknowledged--;
    this.#owe(ackKind.pubcomp, packetId, AT_ONCE, code);
    return null;
  }

  /** The client left without a word: its will is published, with its rights and no others [MQTT-3.1.2-8]. */
  publishWill(will: Will): void {
    const topic = Buffer.from(will.topic);
    const datastreamId = datastreamOfTopic(topic, 0, topic.length);
    if (datastreamId >= 0 || isObservationsTopic(topic, 0, topic.length)) {
      const body = parseJson(will.payload, 0, will.payload.length);
      const outcome =
        body === undefined ? badJson(will.payload, 0, will.payload.length) : this.#submit(datastreamId, body);
      if (typeof outcome === 'number') return;
      if (outcome instanceof Promise) {
        outcome.catch((error: unknown) => this.#logFailure(error));
        return;
      }
      this.#count(outcome, body === undefined ? datastreamId : undefined);
      return;
    }
    const refusal = this.#relayRefusal(will.topic);
    if (refusal !== undefined) {
      this.#count(refusal, -1);
      return;
    }
    const { payload, properties, messageExpiryAt } = will;
    const receivedAtMillis = this.#shared.clock.monotonic();
    const message = new OutgoingMessage({ topic, payload, properties, messageExpiryAt, receivedAtMillis });
    if (will.retain) {
      const full = this.#shared.router.retained.set(will.topic, { message, qos: will.qos });
      if (full !== undefined) this.#count(full, -1);
    }
    this.#shared.counters.relayed++;
    this.#shared.router.relay(will.topic, message, will.qos, will.retain, this.#subscriber);
  }

  /** Sends the acknowledgements that may leave, in one write. True while more are owed. */
  sendAcks(durableSequence: number): boolean {
    const ring = this.#ring;
    if (ring === undefined) return false;
    if (ring.isReady(durableSequence)) {
      this.#link.write(ring.take(durableSequence, this.#packetBytesMax, this));
      if (ring.size < this.#acksMax) this.#link.letGo(hold.acksFull);
    }
    return ring.size > 0;
  }

  /** Called by the ring for each acknowledgement that leaves it. */
  released(kind: number, packetId: number, code: number): void {
    this.#shared.counters.acknowledgementsSent++;
    if (kind === ackKind.puback) this.#unacknowledged--;
    if (kind !== ackKind.pubrec) return;
    if (code < 0x80) {
      if (this.#receipts?.get(packetId) === receipt.waiting) this.#receipts.set(packetId, receipt.answered);
      return;
    }
    // A PUBREC with a failure ends the exchange (4.3.3).
    if (this.#receipts?.delete(packetId) === true) this.#unacknowledged--;
  }

  /** Forgets everything owed: the connection is gone. */
  clear(): void {
    this.#ring?.clear();
  }

  /** A Packet Identifier that a QoS 2 exchange still holds. */
  #publishAgain(isQos2: boolean, packetId: number): Fault | null {
    if (!isQos2) {
      // 0x91: in use. 3.1.1 has no such word.
      if (this.#version === 4) return faults.packetIdInUse;
      this.#unacknowledged++;
      this.#owe(ackKind.puback, packetId, AT_ONCE, reason.packetIdInUse);
      return null;
    }
    // The same message again: acknowledged again, not taken again [MQTT-4.3.3-10]. One that waits is answered soon.
    if (this.#receipts?.get(packetId) === receipt.answered)
      this.#owe(ackKind.pubrec, packetId, AT_ONCE, reason.success);
    return null;
  }

  #observation(buffer: Buffer, view: PublishView, datastreamId: number): void {
    const { qos, packetId } = view;
    const body = parseJson(buffer, view.payloadStart, view.payloadEnd);
    if (body === undefined) {
      const refusal = badJson(buffer, view.payloadStart, view.payloadEnd);
      this.#refuse(refusal, qos, packetId, datastreamId);
      return;
    }
    const outcome = this.#submit(datastreamId, body);
    if (typeof outcome === 'number') {
      if (qos > 0) this.#owe(qos === 1 ? ackKind.puback : ackKind.pubrec, packetId, outcome, reason.success);
    } else if (outcome instanceof Promise) {
      void this.#await(outcome, qos, packetId);
    } else {
      this.#refuse(outcome, qos, packetId, undefined);
    }
  }

  #submit(datastreamId: number, body: unknown): Outcome | Promise<Outcome> {
    const { admission } = this.#shared;
    return datastreamId < 0
      ? admission.submitNamed(this.#principal, body)
      : admission.submit(this.#principal, datastreamId, body);
  }

  /** The rare case: nothing more is read from this client until admission has decided, so that its order is kept. */
  async #await(outcome: Promise<Outcome>, qos: 0 | 1 | 2, packetId: number): Promise<void> {
    this.#link.hold(hold.submitting);
    let settled: Outcome;
    try {
      settled = await outcome;
    } catch (error) {
      this.#logFailure(error);
      this.#link.close(ourFault(refuse('internal', 'a fault of Belfry')));
      return;
    }
    if (typeof settled !== 'number') this.#refuse(settled, qos, packetId, undefined);
    else if (qos > 0) this.#owe(qos === 1 ? ackKind.puback : ackKind.pubrec, packetId, settled, reason.success);
    this.#link.letGo(hold.submitting);
  }

  #other(buffer: Buffer, named: Buffer, view: PublishView): void {
    const { qos, packetId, retain } = view;
    const topic = named.toString('utf8', view.topicStart, view.topicEnd);
    const payload = Buffer.from(buffer.subarray(view.payloadStart, view.payloadEnd));
    const refusal = this.#relayRefusal(topic) ?? formatRefusal(view.payloadIsUtf8, payload);
    if (refusal !== undefined) {
      this.#refuse(refusal, qos, packetId, -1);
      return;
    }
    const message = new OutgoingMessage({
      topic: Buffer.from(named.subarray(view.topicStart, view.topicEnd)),
      payload,
      ...passedOn(buffer, view),
      receivedAtMillis: this.#shared.clock.monotonic(),
    });
    const full = retain ? this.#shared.router.retained.set(topic, { message, qos }) : undefined;
    if (full !== undefined) {
      this.#refuse(full, qos, packetId, -1);
      return;
    }
    this.#shared.counters.relayed++;
    const takers = this.#shared.router.relay(topic, message, qos, retain, this.#subscriber);
    if (qos === 0) return;
    const code = takers === 0 && this.#version === 5 ? reason.noMatchingSubscribers : reason.success;
    this.#owe(qos === 1 ? ackKind.puback : ackKind.pubrec, packetId, AT_ONCE, code);
  }

  #relayRefusal(topic: string): Refusal | undefined {
    const refusal = this.#shared.router.topicRefusal(topic);
    if (refusal !== undefined || this.#principal.mayWrite) return refusal;
    return refuse('not-allowed', `${quote(this.#principal.name)} may not write`);
  }

  /** @param foundFor id of the Datastream (-1: none) when the listener itself found the fault; admission keeps its own */
  #refuse(refusal: Refusal, qos: 0 | 1 | 2, packetId: number, foundFor: number | undefined): void {
    this.#count(refusal, foundFor);
    const isOurs = factsOf(refusal.code).party !== 'caller';
    // What failed on this side is not acknowledged, so that the client sends it again: after a failed log in every version,
    // otherwise in 3.1.1, whose PUBACK can only say yes.
    if (qos > 0 && isOurs && (this.#version === 4 || refusal.code === 'log-failed')) {
      this.#link.close(ourFault(refusal));
      return;
    }
    if (qos === 0) return;
    const kind = qos === 1 ? ackKind.puback : ackKind.pubrec;
    // The message is done with, for good: 3.1.1 would send it again for ever if it were not acknowledged.
    if (this.#version === 4) this.#owe(kind, packetId, AT_ONCE, reason.success);
    else this.#owe(kind, packetId, AT_ONCE, publishReason[refusal.code], reasonText(refusal));
  }

  #count(refusal: Refusal, foundFor: number | undefined): void {
    this.#shared.counters.publishRefused++;
    if (foundFor === undefined) return;
    this.#shared.admission.recordRefusal(this.#principal, refusal, foundFor < 0 ? null : foundFor);
  }

  #owe(
    kind: (typeof ackKind)[keyof typeof ackKind],
    packetId: number,
    sequence: number,
    code: number,
    text?: string,
  ): void {
    const ring = (this.#ring ??= new AckRing());
    // Reason Strings only for a client that asked for problem information [MQTT-3.1.2-29].
    ring.push(kind, packetId, sequence, code, this.#problemInformation ? text : undefined);
    // The bound on what is owed: reading goes on when the log has caught up.
    if (ring.size >= this.#acksMax) this.#link.hold(hold.acksFull);
  }

  #logFailure(error: unknown): void {
    this.#shared.log.warn(
      'submit-failed',
      { client: this.#principal.name, reason: messageOf(error) },
      'admission failed',
    );
  }
}

/** The properties as they travel on: all but the Topic Alias, which belongs to the connection (3.3.2.3.4). */
function passedOn(
  buffer: Buffer,
  view: PublishView,
): { readonly properties: Buffer; readonly messageExpiryAt: number } {
  const { propertiesStart: start, propertiesEnd: end, topicAliasAt, messageExpiryAt } = view;
  const expiryAt = messageExpiryAt < 0 ? -1 : messageExpiryAt - start;
  if (view.topicAlias < 0) return { properties: Buffer.from(buffer.subarray(start, end)), messageExpiryAt: expiryAt };
  const properties = Buffer.concat([buffer.subarray(start, topicAliasAt), buffer.subarray(topicAliasAt + 3, end)]);
  return { properties, messageExpiryAt: expiryAt > topicAliasAt - start ? expiryAt - 3 : expiryAt };
}
