import { connect, type Socket } from 'node:net';
import { findProperty, packetAt, reasonOf } from './mqtt-wire.ts';

/**
 * A lean MQTT 5 publisher for replays: QoS 1 PUBLISH packets written by hand into buffers, no promise and no object a message.
 * Guarantees that no more messages are in flight than the server's Receive Maximum (MQTT 5, 4.9), and that each is counted
 * once: acknowledged or refused. It does not reconnect: a lost connection fails what waits on it.
 */
export interface PublisherOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  /** Sent as the password, where the server asks for one. */
  readonly token?: string;
  /** Messages in flight at most; the server may ask for fewer. */
  readonly inFlightMax: number;
  readonly signal?: AbortSignal;
}

const packetTypes = { connack: 2, puback: 4, pingresp: 13, disconnect: 14 } as const;
const chunkBytes = 65_536;
const idMax = 65_535;
const keepAliveSeconds = 60;
const reasonsKeptMax = 10;

export class Publisher {
  readonly #socket: Socket;
  readonly #window: number;
  /** 1 where the packet identifier is in flight. */
  readonly #inFlight = new Uint8Array(idMax + 1);
  readonly #reasons = new Map<string, number>();
  #chunk = Buffer.allocUnsafe(chunkBytes);
  #used = 0;
  #nextId = 1;
  #open = 0;
  #acknowledged = 0;
  #refused = 0;
  #failure: Error | undefined;
  #input: Buffer = Buffer.alloc(0);
  #wake: (() => void)[] = [];
  #keepAlive: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, window: number) {
    this.#socket = socket;
    this.#window = window;
  }

  /** Connects and waits for CONNACK. Rejects where the server refuses or does not answer. */
  static async open(options: PublisherOptions): Promise<Publisher> {
    const socket = connect({ host: options.host, port: options.port, noDelay: true });
    const abort = (): void => {
      socket.destroy(new Error('stopped'));
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    socket.once('close', () => options.signal?.removeEventListener('abort', abort));
    if (options.signal?.aborted === true) abort();
    socket.write(connectPacket(options));
    const { receiveMaximum, rest } = await readConnack(socket);
    const publisher = new Publisher(socket, Math.min(options.inFlightMax, receiveMaximum));
    socket.on('data', (bytes) => publisher.#receive(bytes));
    socket.on('drain', () => publisher.#wakeAll());
    socket.on('error', (error) => publisher.#fail(error));
    socket.on('close', () => publisher.#fail(new Error('the server closed the connection')));
    // A replay slower than the keep-alive would be cut off (MQTT 5, 3.1.2.10).
    publisher.#keepAlive = setInterval(() => socket.write(Buffer.from([0xc0, 0])), (keepAliveSeconds * 1000) / 2);
    publisher.#keepAlive.unref();
    if (rest.length > 0) publisher.#receive(rest);
    return publisher;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get refused(): number {
    return this.#refused;
  }

  /** The first reasons of refusals with their counts. */
  get reasons(): ReadonlyMap<string, number> {
    return this.#reasons;
  }

  /** True while another message can be published at once. */
  get ready(): boolean {
    return this.#failure === undefined && this.#open < this.#window && !this.#socket.writableNeedDrain;
  }

  /** Resolves when `ready`; sends what waits in the buffer first. Rejects when the connection is lost. */
  async whenReady(): Promise<void> {
    this.flush();
    while (!this.ready) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
  }

  /** One message of QoS 1; only while `ready`. Bytes: the whole topic and payload. */
  publish(topic: Uint8Array, payload: Uint8Array): void {
    // Packet identifier and an empty property length (MQTT 5, 3.3.2).
    const remaining = 2 + topic.length + 2 + 1 + payload.length;
    if (this.#used + remaining + 5 > this.#chunk.length) this.flush(remaining + 5);
    const chunk = this.#chunk;
    let at = this.#used;
    chunk[at] = 0x32;
    at += 1;
    let length = remaining;
    while (length >= 0x80) {
      chunk[at] = (length & 0x7f) | 0x80;
      length >>>= 7;
      at += 1;
    }
    chunk[at] = length;
    at = chunk.writeUInt16BE(topic.length, at + 1);
    chunk.set(topic, at);
    at = chunk.writeUInt16BE(this.#takeId(), at + topic.length);
    chunk[at] = 0;
    chunk.set(payload, at + 1);
    this.#used = at + 1 + payload.length;
    this.#open += 1;
  }

  /** Sends what waits in the buffer; the next buffer has room for `bytes`. */
  flush(bytes: number = 0): void {
    if (this.#used > 0 && this.#failure === undefined) this.#socket.write(this.#chunk.subarray(0, this.#used));
    if (this.#used === 0 && bytes <= this.#chunk.length) return;
    this.#chunk = Buffer.allocUnsafe(Math.max(chunkBytes, bytes));
    this.#used = 0;
  }

  /** Resolves when every message is acknowledged or refused. Rejects when the connection is lost before. */
  async drained(): Promise<void> {
    this.flush();
    while (this.#open > 0) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
  }

  /** Says DISCONNECT and closes. */
  async close(): Promise<void> {
    clearInterval(this.#keepAlive);
    if (this.#socket.closed) return;
    const closed = new Promise<void>((resolve) => {
      this.#socket.once('close', resolve);
    });
    this.#failure ??= new Error('the publisher is closed');
    this.#socket.end(Buffer.from([0xe0, 0]));
    this.#socket.resume();
    await closed;
  }

  #takeId(): number {
    // Identifiers come back in nearly the order they went out, so the next one is nearly always free.
    while (this.#inFlight[this.#nextId] === 1) this.#nextId = this.#nextId === idMax ? 1 : this.#nextId + 1;
    const id = this.#nextId;
    this.#inFlight[id] = 1;
    this.#nextId = id === idMax ? 1 : id + 1;
    return id;
  }

  #receive(bytes: Buffer): void {
    const input = this.#input.length === 0 ? bytes : Buffer.concat([this.#input, bytes]);
    let at = 0;
    for (;;) {
      const packet = packetAt(input, at);
      if (packet === undefined) break;
      this.#packet(input, packet.type, packet.start, packet.end);
      at = packet.end;
    }
    this.#input = at === input.length ? Buffer.alloc(0) : input.subarray(at);
    this.#wakeAll();
  }

  #packet(input: Buffer, type: number, start: number, end: number): void {
    if (type === packetTypes.puback && end - start >= 2) {
      const id = input.readUInt16BE(start);
      if (this.#inFlight[id] !== 1) return;
      this.#inFlight[id] = 0;
      this.#open -= 1;
      // MQTT 5, 3.4.2.1: no reason code stands for success, 0x80 and above for failure.
      const code = end - start > 2 ? input.readUInt8(start + 2) : 0;
      if (code < 0x80) this.#acknowledged += 1;
      else this.#countRefusal(code, input.subarray(start + 3, end));
    } else if (type === packetTypes.disconnect) {
      const code = end > start ? input.readUInt8(start) : 0;
      const reason = reasonOf(input.subarray(start + 1, end));
      this.#fail(new Error(`the server ended the connection: reason code 0x${code.toString(16)} ${reason}`.trim()));
    }
  }

  #countRefusal(code: number, properties: Buffer): void {
    this.#refused += 1;
    const reason = `0x${code.toString(16)} ${reasonOf(properties)}`.trim();
    const known = this.#reasons.get(reason);
    if (known !== undefined || this.#reasons.size < reasonsKeptMax) this.#reasons.set(reason, (known ?? 0) + 1);
  }

  #fail(error: Error): void {
    clearInterval(this.#keepAlive);
    this.#failure ??= error;
    this.#wakeAll();
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

function connectPacket(options: PublisherOptions): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
  };
  // MQTT 5, 3.1.2: clean start, and with a token user name and password.
  const flags = options.token === undefined ? 0x02 : 0xc2;
  const credentials = options.token === undefined ? [] : [text(options.clientId), text(options.token)];
  const body = Buffer.concat([
    text('MQTT'),
    Buffer.from([5, flags, 0, keepAliveSeconds, 0]),
    text(options.clientId),
    ...credentials,
  ]);
  const length = body.length < 0x80 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from([0x10, ...length]), body]);
}

async function readConnack(socket: Socket): Promise<{ readonly receiveMaximum: number; readonly rest: Buffer }> {
  let input = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('close', onClose);
    };
    const onError = (error: Error): void => {
      finish();
      reject(new Error(`no MQTT connection: ${error.message}`, { cause: error }));
    };
    const onClose = (): void => onError(new Error('the server closed it before its CONNACK'));
    const onData = (bytes: Buffer): void => {
      input = Buffer.concat([input, bytes]);
      const packet = packetAt(input, 0);
      if (packet === undefined) return;
      finish();
      const code = input[packet.start + 1] ?? 0xff;
      const properties = input.subarray(packet.start + 2, packet.end);
      if (packet.type !== packetTypes.connack || code !== 0) {
        socket.destroy();
        reject(
          new Error(`the server refused the MQTT connection: 0x${code.toString(16)} ${reasonOf(properties)}`.trim()),
        );
        return;
      }
      const receiveMaximum = findProperty(properties, 0x21)?.number ?? idMax;
      resolve({ receiveMaximum, rest: input.subarray(packet.end) });
    };
    socket.on('data', onData);
    socket.on('error', onError);
    socket.on('close', onClose);
  });
}
