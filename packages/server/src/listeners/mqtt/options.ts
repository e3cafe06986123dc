import type { Admission, Source } from '../../admission/mod.ts';
import { limits, type Clock, type Refusal } from '../../kernel/mod.ts';

/** What a client says of itself in CONNECT. */
export interface MqttCredentials {
  /** Given by the client, or assigned. */
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly remoteAddress: string;
}

/** Who a connection is. Its `name` should be the client id. */
export interface MqttPrincipal extends Source {
  /** Right to subscribe. */
  readonly mayRead: boolean;
}

/** Asked once a connection. A rejection is a fault of the server and answered as one. */
export type Authenticate = (credentials: MqttCredentials) => Promise<MqttPrincipal | Refusal>;

/**
 * Answers a subscription to a topic of SensorThings (`v1.1/…`). It is asked once a filter, however many clients share it.
 * `deliver` takes one message's payload, which must not change afterwards; it never waits.
 * Returns the function that ends the subscription, or why there is none.
 */
export type Observe = (topicFilter: string, deliver: (payload: Buffer) => void) => (() => void) | Refusal;

/** The part of pino that the listener uses. */
export interface MqttLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Bounds of the listener. Bytes, milliseconds or counts as the name ends. */
export interface MqttLimits {
  /** Connections open at a time; more are closed at once. */
  readonly connectionsMax: number;
  readonly connectBytesMax: number;
  readonly connectMillisMax: number;
  readonly messageBytesMax: number;
  /** Unacknowledged QoS 1 and 2 messages from one client: announced in MQTT 5, enforced by not reading in 3.1.1. */
  readonly receiveMaximum: number;
  readonly userPropertiesMax: number;
  readonly subscriptionsMax: number;
  /** Levels of a Topic Name or Topic Filter outside of SensorThings. */
  readonly topicLevelsMax: number;
  /** Bytes that wait in one connection's socket; above it QoS 0 is dropped, and nothing more is read from the client. */
  readonly outgoingBytesMax: number;
  /** QoS 1 and 2 messages that wait for one client's acknowledgements, beside those in flight. */
  readonly queuedMessagesMax: number;
  readonly queuedBytesMax: number;
  readonly retainedMessagesMax: number;
  readonly retainedBytesMax: number;
  /** Topic Aliases that a client may use, and that are used towards it, in one connection (3.3.2.3.4). */
  readonly topicAliasMaximum: number;
  /** A longer Keep Alive is replaced by this one in MQTT 5 (3.2.2.3.14). */
  readonly keepAliveSecondsMax: number;
  /** How long a closed connection may take to read its last packet. */
  readonly lingerMillisMax: number;
  /** How often deadlines are looked at. */
  readonly sweepMillis: number;
}

export const mqttLimits: MqttLimits = {
  connectionsMax: 50_000,
  connectBytesMax: limits.connectBytesMax,
  connectMillisMax: limits.connectMillisMax,
  messageBytesMax: limits.messageBytesMax,
  receiveMaximum: 1_000,
  userPropertiesMax: 64,
  subscriptionsMax: 200,
  topicLevelsMax: 32,
  outgoingBytesMax: 1_048_576,
  queuedMessagesMax: 1_000,
  queuedBytesMax: 1_048_576,
  retainedMessagesMax: 100_000,
  retainedBytesMax: 67_108_864,
  topicAliasMaximum: 64,
  keepAliveSecondsMax: 60,
  lingerMillisMax: 2_000,
  sweepMillis: 250,
};

export interface MqttListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly admission: Admission;
  readonly authenticate: Authenticate;
  /** Topic filters of the namespaces in which other messages are passed on; none by default. See `relayFault`. */
  readonly relay?: readonly string[];
  /** Topic filters that nobody may subscribe to; answered with 0x80. */
  readonly noSubscribe?: readonly string[];
  /** Without it, topics of SensorThings cannot be subscribed to. */
  readonly observe?: Observe;
  readonly limits?: Partial<MqttLimits>;
  readonly logger: MqttLogger;
  readonly clock: Clock;
  /** Makes ids for clients that give none; a random UUID by default. */
  readonly newClientId?: () => string;
}
