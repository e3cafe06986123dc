// The MQTT listener: a socket, the connections on it, and what they share.
// - Nothing is acknowledged before it is durable; each durable batch costs one write a connection that waits for it.
// - While admission is pressed, nothing is read from any client.
// - Whatever a client sends, the listener goes on: a fault ends that client's connection, with its reason.
import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert, messageOf, OutsideError } from '../../kernel/mod.ts';
import type { Source } from '../../admission/mod.ts';
import { AckQueue } from './ack-queue.ts';
import { Connection, type ConnectionHost } from './connection.ts';
import { newCounters, type MqttCounters } from './counters.ts';
import { hold } from './link.ts';
import { mqttLimits, type Authenticate, type MqttListenerOptions } from './options.ts';
import { Router } from './router.ts';
import { SampledLog } from './sampled-log.ts';
import type { Shared } from './shared.ts';
import { relayFault } from './topics.ts';
import { faults } from './wire/fault.ts';
import { AckView, PublishView } from './wire/publish.ts';

export interface MqttListener {
  readonly port: number;
  readonly counters: Readonly<MqttCounters>;
  /** Ends the connections of senders whose rights were withdrawn; returns how many. */
  endConnections(of: (source: Source) => boolean): number;
  /**
   * Takes no more, sends the acknowledgements of what becomes durable within `graceMillis`, and closes every connection,
   * in MQTT 5 with the reason "Server shutting down".
   */
  close(graceMillis: number): Promise<void>;
}

const TCP_KEEP_ALIVE_MILLIS = 60_000;
/** Pending connections that the system keeps: a town's devices come back all at once. */
const BACKLOG = 4_096;

/** Opens the port. Throws OutsideError when that fails, and BrokenInvariant for a namespace that cannot be relayed. */
export async function openMqttListener(options: MqttListenerOptions): Promise<MqttListener> {
  for (const namespace of options.relay ?? []) {
    const fault = relayFault(namespace);
    assert(fault === undefined, `the namespace ${namespace} ${fault ?? ''}`);
  }
  const listener = new Listener(options);
  await listener.open(options.host, options.port);
  return listener;
}

class Listener implements MqttListener, ConnectionHost {
  readonly authenticate: Authenticate;
  readonly newClientId: () => string;
  readonly counters: MqttCounters = newCounters();
  readonly #shared: Shared;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #byClientId = new Map<string, Connection>();
  #corked: Connection[] = [];
  readonly #flush = (): void => this.#flushAll();
  #sweeper: NodeJS.Timeout | undefined;
  #unsubscribes: (() => void)[] = [];
  #isClosing = false;
  port = 0;

  constructor(options: MqttListenerOptions) {
    const { admission, clock, logger } = options;
    const limits = { ...mqttLimits, ...options.limits };
    this.authenticate = options.authenticate;
    this.newClientId = options.newClientId ?? randomUUID;
    this.#shared = {
      admission,
      router: new Router(options, limits),
      acks: new AckQueue(),
      counters: this.counters,
      limits,
      log: new SampledLog(logger, clock),
      clock,
      publishView: new PublishView(),
      ackView: new AckView(),
    };
    this.#server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MILLIS });
    this.#server.maxConnections = limits.connectionsMax;
  }

  async open(host: string, port: number): Promise<void> {
    const server = this.#server;
    server.on('connection', (socket) => this.#connected(socket));
    server.on('drop', () => this.#shared.log.warn('too-many-connections', {}, 'MQTT connection not taken: too many'));
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => {
        const text = `cannot listen for MQTT on ${host}:${port}: ${messageOf(error)}; see mqtt.host and mqtt.port`;
        reject(new OutsideError('internal', text, { cause: error }));
      };
      server.once('error', failed);
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off('error', failed);
        resolve();
      });
    });
    server.on('error', (error) => this.#shared.log.warn('server', { reason: messageOf(error) }, 'MQTT socket'));
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : port;
    const { admission, limits } = this.#shared;
    this.#unsubscribes = [
      admission.onDurable((durableSequence) => this.#durable(durableSequence)),
      admission.onPressure((pressed) => this.#pressed(pressed)),
    ];
    this.#sweeper = setInterval(() => this.#sweep(), limits.sweepMillis);
    this.#sweeper.unref();
  }

  endConnections(of: (source: Source) => boolean): number {
    let count = 0;
    for (const connection of this.#connections) {
      const { principal } = connection;
      if (principal === undefined || !of(principal)) continue;
      connection.close(faults.rightsWithdrawn);
      count++;
    }
    return count;
  }

  async close(graceMillis: number): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.hold(hold.closing);
    await waitUntil(() => ![...this.#connections].some((connection) => connection.owesAcks), graceMillis);
    for (const connection of this.#connections) connection.close(faults.shuttingDown);
    await waitUntil(() => this.#connections.size === 0, Math.min(graceMillis, this.#shared.limits.lingerMillisMax));
    for (const connection of this.#connections) connection.abort();
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    clearInterval(this.#sweeper);
    this.#shared.router.close();
    await closed;
  }

  entered(connection: Connection, clientId: string): void {
    const older = this.#byClientId.get(clientId);
    if (older !== undefined) {
      this.counters.takeovers++;
      older.close(faults.takenOver);
    }
    this.#byClientId.set(clientId, connection);
  }

  left(connection: Connection, clientId: string): void {
    if (this.#byClientId.get(clientId) === connection) this.#byClientId.delete(clientId);
  }

  closed(connection: Connection): void {
    if (this.#connections.delete(connection)) this.counters.connections--;
  }

  corked(connection: Connection): void {
    if (this.#corked.length === 0) process.nextTick(this.#flush);
    this.#corked.push(connection);
  }

  #flushAll(): void {
    const corked = this.#corked;
    this.#corked = [];
    for (const connection of corked) connection.flush();
  }

  #connected(socket: Socket): void {
    if (this.#isClosing) {
      socket.destroy();
      return;
    }
    const connection = new Connection(this.#shared, this, socket, socket.remoteAddress ?? '');
    this.#connections.add(connection);
    this.counters.connections++;
    this.counters.connectionsOpened++;
    connection.open();
    if (this.#shared.admission.pressed) connection.hold(hold.pressed);
  }

  #durable(durableSequence: number): void {
    if (durableSequence === 0) this.#shared.acks.fail();
    else this.#shared.acks.release(durableSequence);
  }

  #pressed(pressed: boolean): void {
    for (const connection of this.#connections) {
      if (pressed) connection.hold(hold.pressed);
      else connection.letGo(hold.pressed);
    }
  }

  #sweep(): void {
    const now = this.#shared.clock.monotonic();
    for (const connection of this.#connections) connection.sweep(now);
    this.#shared.log.flush();
  }
}

async function waitUntil(condition: () => boolean, millisMax: number): Promise<void> {
  const pollMillis = 5;
  for (let waited = 0; waited < millisMax && !condition(); waited += pollMillis) await sleep(pollMillis);
}
