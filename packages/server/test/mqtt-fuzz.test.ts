// Strangers who send anything: the listener stays up, its memory and its log stay bounded, and good clients notice nothing.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { generate, type Packet } from 'mqtt-packet';
import { openTestListener, RawMqttClient, until } from '../testkit/mqtt-client.ts';

const PACKETS = 20_000;
const PACKETS_A_CONNECTION = 8;
const PARALLEL = 40;

/** Numbers from 0 to 1 by a seed (mulberry32), so that a failure can be repeated. */
function randomBy(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const publish = { cmd: 'publish', dup: false, retain: false, payload: '{"result":1}' } as const;
const good: readonly Packet[] = [
  { ...publish, topic: 'v1.1/Datastreams(1)/Observations', qos: 1, messageId: 1 },
  { ...publish, topic: 'v1.1/Observations', qos: 2, messageId: 2 },
  { ...publish, topic: 'home/x', qos: 0, properties: { contentType: 'a', userProperties: { b: 'c' } } },
  {
    ...publish,
    topic: 'home/x',
    qos: 2,
    messageId: 3,
    properties: { responseTopic: 'home/y', correlationData: Buffer.from('z') },
  },
  { cmd: 'subscribe', messageId: 4, subscriptions: [{ topic: 'home/#', qos: 2 }] },
  { cmd: 'unsubscribe', messageId: 5, unsubscriptions: ['home/#'] },
  { cmd: 'puback', messageId: 6, reasonCode: 0 },
  { cmd: 'pubrec', messageId: 7, reasonCode: 0 },
  { cmd: 'pubrel', messageId: 2, reasonCode: 0 },
  { cmd: 'pubcomp', messageId: 8, reasonCode: 0 },
  { cmd: 'pingreq' },
  { cmd: 'disconnect', reasonCode: 0, properties: { reasonString: 'bye' } },
  {
    cmd: 'connect',
    clientId: 'c',
    protocolId: 'MQTT',
    protocolVersion: 5,
    clean: true,
    username: 'u',
    will: { topic: 'home/w', payload: 'w', qos: 1 },
  },
];

function fuzzed(random: () => number): Buffer {
  const below = (bound: number): number => Math.floor(random() * bound);
  if (random() < 0.15) return Buffer.from(Array.from({ length: 1 + below(60) }, () => below(256)));
  const packet = good[below(good.length)] ?? { cmd: 'pingreq' };
  let bytes = generate(packet, { protocolVersion: random() < 0.5 ? 5 : 4 });
  for (let change = below(4); change > 0; change--) {
    const at = below(bytes.length);
    const kind = random();
    if (kind < 0.5) bytes[at] = below(256);
    else if (kind < 0.7) bytes = bytes.subarray(0, at + 1);
    else if (kind < 0.85) bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([below(256)]), bytes.subarray(at)]);
    else bytes[1] = below(256);
  }
  return bytes;
}

test('20,000 random and mutated packets leave the listener up, with bounded memory and log', async (t) => {
  const seed = Number(process.env['MQTT_FUZZ_SEED'] ?? 20_261_124);
  t.diagnostic(`MQTT_FUZZ_SEED=${seed}`);
  const random = randomBy(seed);
  const { listener, admission, logLines } = await openTestListener({ relay: ['home/#'] });
  t.after(() => listener.close(0));
  const witness = new RawMqttClient(listener.port, 5);
  await witness.connect('witness');
  const heapBefore = process.memoryUsage();
  const start = performance.now();
  let sent = 0;
  const stranger = async (): Promise<void> => {
    while (sent < PACKETS) {
      const version = random() < 0.5 ? 4 : 5;
      const hello = {
        cmd: 'connect',
        clientId: `f${sent % 50}`,
        protocolId: 'MQTT',
        protocolVersion: version,
        clean: true,
      } as const;
      const parts = Array.from({ length: PACKETS_A_CONNECTION }, () => fuzzed(random));
      if (random() < 0.9) parts.unshift(generate(hello, { protocolVersion: version }));
      sent += PACKETS_A_CONNECTION;
      await send(listener.port, parts);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, stranger));
  const seconds = (performance.now() - start) / 1_000;
  await until(() => listener.counters.connections === 1);
  witness.send({ ...publish, topic: 'v1.1/Datastreams(1)/Observations', qos: 1, messageId: 9 });
  const answer = await witness.next();
  assert.deepEqual([answer?.cmd, answer?.messageId], ['puback', 9]);
  witness.cut();
  assert.ok(listener.counters.clientFaults > PACKETS / PACKETS_A_CONNECTION / 4, 'most strangers were caught');
  assert.ok(admission.submissions.length > 0, 'some of it was good');
  const kinds = new Set(logLines.map(({ fields }) => ('kind' in fields ? fields.kind : '')));
  assert.ok(logLines.length <= kinds.size * (seconds * 2 + 3), `${logLines.length} lines in ${seconds} s`);
  const heapAfter = process.memoryUsage();
  assert.ok(heapAfter.heapUsed - heapBefore.heapUsed < 150_000_000, 'what strangers sent is not kept');
  assert.ok(heapAfter.arrayBuffers - heapBefore.arrayBuffers < 100_000_000, 'nor its buffers');
});

/** Sends the parts one by one and closes, whatever comes back. */
function send(port: number, parts: readonly Buffer[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
    for (const part of parts) socket.write(part);
    socket.end();
  });
}
