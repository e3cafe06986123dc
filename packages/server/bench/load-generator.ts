/**
 * A process that publishes pre-encoded MQTT 3.1.1 packets at QoS 1 as fast as the server acknowledges them, so that the
 * generator costs as little as can be. Started by run.ts with one JSON argument; prints one JSON line at the end.
 *
 * Each connection keeps `inFlight` packets unacknowledged. With `ratePerSecond` it sends in slices of 10 ms instead.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from 'mqtt-packet';

export interface LoadPlan {
  readonly port: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly millis: number;
  readonly datastreamIds: readonly number[];
  /** Messages a second over all connections; 0 for as many as are acknowledged. */
  readonly ratePerSecond: number;
  /** Ends after this many messages in all, if that comes before `millis`; 0 for no bound. */
  readonly messagesMax: number;
}

export interface LoadResult {
  readonly acknowledged: number;
  readonly millis: number;
  /** Processor time of this process, in milliseconds. */
  readonly processorMillis: number;
}

/** Windows that are encoded once and sent round and round; more than one so that values and Datastreams vary. */
const windows = 8;

class Publisher {
  acknowledged = 0;
  sent = 0;
  readonly #socket: Socket;
  readonly #packets: Buffer;
  readonly #offsets: number[];
  readonly #inFlight: number;
  #next = 0;
  #ackBytes = 0;
  #stopped = false;
  allowed = Infinity;

  constructor(socket: Socket, plan: LoadPlan, index: number) {
    this.#socket = socket;
    this.#inFlight = plan.inFlight;
    const packets: Buffer[] = [];
    this.#offsets = [0];
    let end = 0;
    for (let number = 0; number < windows * plan.inFlight; number += 1) {
      const at = (index * 37 + number) % plan.datastreamIds.length;
      const packet = generate({
        cmd: 'publish',
        topic: `v1.1/Datastreams(${plan.datastreamIds[at] ?? 0})/Observations`,
        payload: JSON.stringify({ result: Math.round(Math.sin(number / 50) * 100 + 200 + index) / 10 }),
        qos: 1,
        dup: false,
        retain: false,
        messageId: (number % plan.inFlight) + 1,
      });
      packets.push(packet);
      end += packet.length;
      this.#offsets.push(end);
    }
    this.#packets = Buffer.concat(packets);
  }

  start(): void {
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.pump();
  }

  stop(): void {
    this.#stopped = true;
  }

  get waiting(): number {
    return this.sent - this.acknowledged;
  }

  /** Sends as many as the window and the rate allow, as one or two slices of the encoded windows. */
  pump(): void {
    if (this.#stopped) return;
    const total = this.#offsets.length - 1;
    let count = Math.min(this.#inFlight - this.waiting, this.allowed - this.sent);
    while (count > 0) {
      const run = Math.min(count, total - this.#next);
      this.#socket.write(this.#packets.subarray(this.#offsets[this.#next], this.#offsets[this.#next + run]));
      this.#next = (this.#next + run) % total;
      this.sent += run;
      count -= run;
    }
  }

  /** PUBACK of 3.1.1 always has four bytes; a chunk may end inside one. */
  #take(chunk: Buffer): void {
    const bytes = this.#ackBytes + chunk.length;
    this.acknowledged += bytes >> 2;
    this.#ackBytes = bytes & 3;
    // A server that acknowledges one by one must not make the generator write one by one.
    if (this.waiting <= this.#inFlight * 0.75) this.pump();
  }
}

async function open(plan: LoadPlan, index: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: plan.port, noDelay: true });
  const connack = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      if (chunk.length === 4 && chunk[0] === 0x20 && chunk[3] === 0) resolve();
      else reject(new Error(`CONNECT was refused: ${chunk.toString('hex')}`));
    });
  });
  socket.write(
    generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: `load-${process.pid}-${index}`,
      keepalive: 0,
    }),
  );
  await connack;
  return socket;
}

async function run(plan: LoadPlan): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: plan.connections }, (_, index) => open(plan, index)));
  const publishers = sockets.map((socket, index) => new Publisher(socket, plan, index));
  const processorBefore = process.cpuUsage();
  const started = performance.now();
  const share = plan.messagesMax === 0 ? Infinity : Math.ceil(plan.messagesMax / plan.connections);
  for (const publisher of publishers) {
    publisher.allowed = plan.ratePerSecond === 0 ? share : 0;
    publisher.start();
  }
  while (performance.now() - started < plan.millis) {
    await sleep(10);
    if (plan.ratePerSecond > 0) {
      const due = Math.floor((((performance.now() - started) / 1000) * plan.ratePerSecond) / plan.connections);
      for (const publisher of publishers) {
        publisher.allowed = Math.min(due, share);
        publisher.pump();
      }
    }
    if (publishers.every((publisher) => publisher.acknowledged >= share)) break;
  }
  for (const publisher of publishers) publisher.stop();
  const deadline = performance.now() + 10_000;
  while (publishers.some((publisher) => publisher.waiting > 0) && performance.now() < deadline) await sleep(1);
  const millis = performance.now() - started;
  const processor = process.cpuUsage(processorBefore);
  for (const socket of sockets) socket.destroy();
  return {
    acknowledged: publishers.reduce((sum, publisher) => sum + publisher.acknowledged, 0),
    millis,
    processorMillis: (processor.user + processor.system) / 1000,
  };
}

if (import.meta.main) {
  const plan: LoadPlan = JSON.parse(process.argv[2] ?? '{}');
  process.stdout.write(`${JSON.stringify(await run(plan))}\n`);
}
