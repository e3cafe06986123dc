/** What a client asked for with one Topic Filter (3.8.3.1). */
export interface Subscription {
  readonly qos: 0 | 1 | 2;
  /** The client's own messages are not sent back to it. */
  readonly noLocal: boolean;
  /** RETAIN is passed on as the publisher set it; otherwise it is 0. */
  readonly retainAsPublished: boolean;
  /** Subscription Identifiers that go with each message; one filter has one at most. */
  readonly identifiers: readonly number[];
}

export const noIdentifiers: readonly number[] = [];

/** What a message gets that several subscriptions of one client match: the highest QoS [MQTT-3.3.4-2], all identifiers [MQTT-3.3.4-4]. */
export function merged(one: Subscription, other: Subscription): Subscription {
  return {
    qos: one.qos > other.qos ? one.qos : other.qos,
    noLocal: false,
    retainAsPublished: one.retainAsPublished || other.retainAsPublished,
    identifiers: [...one.identifiers, ...other.identifiers],
  };
}
