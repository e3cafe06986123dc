// From messages to subscribers. Two kinds of topics: namespaces that the configuration opened are relayed from client to
// client; topics of SensorThings are questions, which the hook `observe` answers, once for all who ask the same.
import { isRefusal, quote, refuse, type Clock, type Refusal } from '../../kernel/mod.ts';
import type { MqttLimits, MqttListenerOptions, Observe } from './options.ts';
import { OutgoingMessage } from './outgoing-message.ts';
import { Retained, type RetainedMessage } from './retained.ts';
import { groupSubscription, parseShared, SharedGroup } from './shared-group.ts';
import { merged, type Subscription } from './subscription.ts';
import { TopicTree } from './topic-tree.ts';
import { covers, isSensorThingsTopic, isTopicFilter } from './topics.ts';

/** Takes messages; never waits. */
export interface Subscriber {
  deliver(message: OutgoingMessage, qos: 0 | 1 | 2, retain: boolean, identifiers: readonly number[]): void;
}

interface Feed {
  readonly entries: Map<Subscriber, Subscription>;
  readonly stop: () => void;
}

type RouterOptions = Pick<MqttListenerOptions, 'relay' | 'noSubscribe' | 'observe' | 'clock'>;

export class Router {
  readonly #namespaces: readonly string[];
  readonly #closed: readonly string[];
  readonly #observe: Observe | undefined;
  readonly #limits: MqttLimits;
  readonly #clock: Clock;
  readonly #tree = new TopicTree<Subscriber>();
  readonly #feeds = new Map<string, Feed>();
  readonly #groups = new Map<string, SharedGroup>();
  readonly retained: Retained;
  /** Reused by `relay`: what each subscriber's matching filters come to. */
  readonly #matched = new Map<Subscriber, Subscription>();

  constructor({ relay, noSubscribe, observe, clock }: RouterOptions, limits: MqttLimits) {
    this.#namespaces = relay ?? [];
    this.#closed = noSubscribe ?? [];
    this.#observe = observe;
    this.#limits = limits;
    this.#clock = clock;
    this.retained = new Retained(limits);
  }

  /** Why a message may not be relayed under this topic; undefined: it may. */
  topicRefusal(topic: string): Refusal | undefined {
    if (isSensorThingsTopic(topic)) {
      return refuse(
        'unknown-address',
        `the topic ${quote(topic)} takes no messages; v1.1/Datastreams(<id>)/Observations and v1.1/Observations do`,
      );
    }
    if (topic.startsWith('$'))
      return refuse('unknown-address', `topics that start with $ take no messages: ${quote(topic)}`);
    if (levelsOf(topic) > this.#limits.topicLevelsMax) {
      return refuse('unknown-address', `a topic may have ${this.#limits.topicLevelsMax} levels: ${quote(topic)}`);
    }
    if (this.#namespaces.some((namespace) => covers(namespace, topic))) return undefined;
    return refuse('unknown-address', `no namespace that is relayed holds the topic ${quote(topic)}; see mqtt.relay`);
  }

  /**
   * Hands a message to every subscriber of its topic, once each, with the highest QoS of the filters that match
   * [MQTT-3.3.4-2].
   * @returns how many took it
   */
  relay(topic: string, message: OutgoingMessage, qos: 0 | 1 | 2, retain: boolean, publisher: Subscriber): number {
    if (this.#tree.isEmpty) return 0;
    const matched = this.#matched;
    this.#tree.match(topic, (subscriber, entry) => {
      // No Local: not back to the one who sent it [MQTT-3.8.3-3].
      if (entry.noLocal && subscriber === publisher) return;
      const before = matched.get(subscriber);
      matched.set(subscriber, before === undefined ? entry : merged(before, entry));
    });
    const count = matched.size;
    for (const [subscriber, entry] of matched) {
      const granted = entry.qos < qos ? entry.qos : qos;
      // RETAIN is 0 in what is passed on, unless the subscriber asked for it as published [MQTT-3.3.1-12] [MQTT-3.3.1-13].
      subscriber.deliver(message, granted, retain && entry.retainAsPublished, entry.identifiers);
    }
    matched.clear();
    return count;
  }

  /** True for a filter that nobody may subscribe to. */
  isClosed(filter: string): boolean {
    return this.#closed.some((closed) => covers(closed, filter));
  }

  /** Adds or replaces a subscription. Returns why it is refused, or undefined. */
  subscribe(filter: string, subscriber: Subscriber, entry: Subscription): Refusal | undefined {
    if (!filter.startsWith('$share/')) return this.#add(filter, subscriber, entry);
    const shared = parseShared(filter);
    if (shared === undefined) return refuse('unknown-address', `${quote(filter)} is not $share/<name>/<filter>`);
    const known = this.#groups.get(filter);
    const group = known ?? new SharedGroup();
    const refusal = known === undefined ? this.#add(shared.filter, group, groupSubscription) : undefined;
    if (refusal !== undefined) return refusal;
    group.set(subscriber, entry);
    this.#groups.set(filter, group);
    return undefined;
  }

  /** The retained messages that a new subscription gets; a shared one gets none (4.8.2). */
  retainedFor(filter: string): RetainedMessage[] {
    return filter.startsWith('$') ? [] : this.retained.match(filter, this.#clock.monotonic());
  }

  #add(filter: string, subscriber: Subscriber, entry: Subscription): Refusal | undefined {
    if (!isTopicFilter(filter)) return refuse('unknown-address', `${quote(filter)} is not a topic filter`);
    if (isSensorThingsTopic(filter)) return this.#subscribeFeed(filter, subscriber, entry);
    if (filter.startsWith('$'))
      return refuse('not-allowed', `topics that start with $ cannot be read: ${quote(filter)}`);
    if (levelsOf(filter) > this.#limits.topicLevelsMax) {
      return refuse('unknown-address', `a topic filter may have ${this.#limits.topicLevelsMax} levels`);
    }
    if (!this.#namespaces.some((namespace) => covers(namespace, filter))) {
      return refuse('not-allowed', `no namespace that is relayed holds all of ${quote(filter)}; see mqtt.relay`);
    }
    this.#tree.add(filter, subscriber, entry);
    return undefined;
  }

  unsubscribe(filter: string, subscriber: Subscriber): void {
    const group = this.#groups.get(filter);
    if (group === undefined) {
      this.#remove(filter, subscriber);
      return;
    }
    group.delete(subscriber);
    if (!group.isEmpty) return;
    this.#groups.delete(filter);
    this.#remove(parseShared(filter)?.filter ?? '', group);
  }

  #remove(filter: string, subscriber: Subscriber): void {
    if (!isSensorThingsTopic(filter)) {
      this.#tree.remove(filter, subscriber);
      return;
    }
    const feed = this.#feeds.get(filter);
    feed?.entries.delete(subscriber);
    if (feed === undefined || feed.entries.size > 0) return;
    this.#feeds.delete(filter);
    feed.stop();
  }

  /** Ends every question to the hook. */
  close(): void {
    for (const feed of this.#feeds.values()) feed.stop();
    this.#feeds.clear();
  }

  #subscribeFeed(filter: string, subscriber: Subscriber, entry: Subscription): Refusal | undefined {
    const known = this.#feeds.get(filter);
    if (known !== undefined) {
      known.entries.set(subscriber, entry);
      return undefined;
    }
    if (this.#observe === undefined) return refuse('unknown-address', `${quote(filter)} cannot be subscribed to`);
    const entries = new Map<Subscriber, Subscription>([[subscriber, entry]]);
    const topic = Buffer.from(filter);
    const stop = this.#observe(filter, (payload) => {
      const message = new OutgoingMessage({ topic, payload, receivedAtMillis: this.#clock.monotonic() });
      // What the server itself sends has QoS 2: each subscriber gets the QoS that it was granted.
      for (const [each, { qos, identifiers }] of entries) each.deliver(message, qos, false, identifiers);
    });
    if (isRefusal(stop)) return stop;
    this.#feeds.set(filter, { entries, stop });
    return undefined;
  }
}

function levelsOf(topic: string): number {
  let levels = 1;
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) levels++;
  return levels;
}
