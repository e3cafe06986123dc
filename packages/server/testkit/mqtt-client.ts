import { connect, type Socket } from 'node:net';
import { generate, parser, type Packet } from 'mqtt-packet';
import type { MqttListenerOptions, MqttPrincipal } from '../src/listeners/mqtt/mod.ts';
import type { Clock } from '../src/kernel/mod.ts';
import { openMqttListener, type MqttListener } from '../src/listeners/mqtt/mod.ts';
import { MemoryAdmission } from './memory-admission.ts';

const PATIENCE_MILLIS = 10_000;

/** A client that sends the bytes it is told to, and reads with mqtt-packet, which the listener does not read with. */
export class RawMqttClient {
  readonly packets: Packet[] = [];
  readonly closed: Promise<void>;
  isClosed = false;
  readonly #socket: Socket;
  readonly #version: 4 | 5;
  #wake: () => void = () => undefined;

  constructor(port: number, version: 4 | 5) {
    this.#version = version;
    this.#socket = connect(port, '127.0.0.1');
    const read = parser({ protocolVersion: version });
    read.on('packet', (packet) => {
      this.packets.push(packet);
      this.#wake();
    });
    this.#socket.on('data', (chunk: Buffer) => read.parse(chunk));
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', () => {
        this.isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  send(packet: Packet | Buffer | readonly number[]): void {
    if ('cmd' in packet) this.#socket.write(generate(packet, { protocolVersion: this.#version }));
    else this.#socket.write(Buffer.from(packet));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The next packet in order; undefined when the connection is closed before one comes. */
  async next(): Promise<Packet | undefined> {
    const deadline = AbortSignal.timeout(PATIENCE_MILLIS);
    while (this.packets.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
      if (deadline.aborted) throw new Error('no packet came');
    }
    return this.packets.shift();
  }

  /** Sends CONNECT and takes CONNACK. */
  async connect(clientId: string, more: object = {}): Promise<Packet | undefined> {
    this.send({ cmd: 'connect', clientId, protocolId: 'MQTT', protocolVersion: this.#version, clean: true, ...more });
    return this.next();
  }

  /** Cuts the connection, as a lost network would. */
  cut(): void {
    this.#socket.destroy();
  }

  end(): void {
    this.#socket.end();
  }
}

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
  millis = 1_000_000;

  now(): number {
    return this.millis;
  }

  monotonic(): number {
    return this.millis;
  }
}

export interface TestListener {
  readonly listener: MqttListener;
  readonly admission: MemoryAdmission;
  readonly logLines: { readonly level: string; readonly fields: object; readonly message: string }[];
}

export const everyRight = { protocol: 'mqtt', mayWrite: true, mayRead: true } as const;

/** A listener on a free port that lets everybody in, with whatever of it the test replaces. */
export async function openTestListener(
  more: Partial<MqttListenerOptions> = {},
  admission: MemoryAdmission = new MemoryAdmission(),
): Promise<TestListener> {
  const logLines: { readonly level: string; readonly fields: object; readonly message: string }[] = [];
  const listener = await openMqttListener({
    host: '127.0.0.1',
    port: 0,
    admission,
    authenticate: ({ clientId }): Promise<MqttPrincipal> => Promise.resolve({ ...everyRight, name: clientId }),
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    logger: {
      info: (fields, message) => logLines.push({ level: 'info', fields, message }),
      warn: (fields, message) => logLines.push({ level: 'warn', fields, message }),
      error: (fields, message) => logLines.push({ level: 'error', fields, message }),
    },
    ...more,
  });
  return { listener, admission, logLines };
}

/** Waits until something holds; fails after ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > PATIENCE_MILLIS) throw new Error(`never came true: ${condition.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}
