import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Packet } from 'mqtt-packet';
import { relayFault, type MqttListenerOptions } from '../src/listeners/mqtt/mod.ts';
import { BrokenInvariant, refuse } from '../src/kernel/mod.ts';
import {
  everyRight,
  HandClock,
  openTestListener,
  RawMqttClient,
  until,
  type TestListener,
} from '../testkit/mqtt-client.ts';

async function open(t: TestContext, more: Partial<MqttListenerOptions> = {}): Promise<TestListener> {
  const opened = await openTestListener({ relay: ['home/#'], ...more });
  t.after(() => opened.listener.close(0));
  return opened;
}

async function connected(port: number, version: 4 | 5, clientId: string, more: object = {}): Promise<RawMqttClient> {
  const client = new RawMqttClient(port, version);
  await client.connect(clientId, more);
  return client;
}

interface Asked {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly nl?: boolean;
}

async function subscribe(client: RawMqttClient, ...subscriptions: Asked[]): Promise<unknown> {
  client.send({ cmd: 'subscribe', messageId: 10, subscriptions });
  const answer = await client.next();
  return answer?.cmd === 'suback' ? answer.granted : answer;
}

function message(topic: string, payload: string, qos: 0 | 1 | 2, messageId: number): Packet {
  return { cmd: 'publish', topic, payload, qos, dup: false, retain: false, messageId };
}

test('messages of an open namespace go from client to client, with the lower of both QoS', async (t) => {
  const { listener } = await open(t);
  const publisher = await connected(listener.port, 5, 'publisher');
  for (const [granted, expected] of [
    [0, 0],
    [1, 1],
    [2, 1],
  ] as const) {
    const reader = await connected(listener.port, granted === 1 ? 4 : 5, `reader-${granted}`);
    assert.deepEqual(await subscribe(reader, { topic: 'home/+/lamp', qos: granted }), [granted]);
    publisher.send(message('home/hall/lamp', 'on', 1, 5));
    assert.equal(codeOf(await publisher.next()), 0);
    const got = await reader.next();
    assert.ok(got?.cmd === 'publish');
    assert.deepEqual(
      [got.topic, String(got.payload), got.qos, got.retain, got.dup],
      ['home/hall/lamp', 'on', expected, false, false],
    );
    reader.end();
    await reader.closed;
  }
  publisher.send(message('home/hall/lamp', 'on', 1, 5));
  assert.equal(codeOf(await publisher.next()), 0x10, 'no matching subscribers (3.4.2.1)');
  publisher.cut();
});

test('properties travel unaltered and in their order; 3.1.1 gets none [MQTT-3.3.2-17]', async (t) => {
  const { listener } = await open(t);
  const publisher = await connected(listener.port, 5, 'publisher');
  const five = await connected(listener.port, 5, 'five');
  const four = await connected(listener.port, 4, 'four');
  await subscribe(five, { topic: 'home/#', qos: 0 });
  await subscribe(four, { topic: 'home/#', qos: 0 });
  const properties = {
    payloadFormatIndicator: true,
    messageExpiryInterval: 60,
    contentType: 'text/plain',
    responseTopic: 'home/answer',
    correlationData: Buffer.from([0, 1, 2]),
    userProperties: { a: ['1', '2'], b: '3' },
  };
  publisher.send({ cmd: 'publish', topic: 'home/x', payload: 'ü', qos: 0, dup: false, retain: false, properties });
  const got = await five.next();
  assert.ok(got?.cmd === 'publish');
  const { userProperties, ...rest } = got.properties ?? {};
  const { userProperties: sent, ...expected } = properties;
  assert.deepEqual(rest, expected);
  assert.deepEqual({ ...userProperties }, sent);
  const old = await four.next();
  assert.ok(old?.cmd === 'publish' && String(old.payload) === 'ü');
  publisher.send({
    cmd: 'publish',
    topic: 'home/x',
    payload: Buffer.from([0xff]),
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
    properties,
  });
  assert.equal(codeOf(await publisher.next()), 0x99, 'a payload that says it is UTF-8 must be (3.3.2.3.2)');
  for (const client of [publisher, five, four]) client.cut();
});

test('overlapping filters of one client give one message, with the highest QoS [MQTT-3.3.4-2]', async (t) => {
  const { listener } = await open(t);
  const client = await connected(listener.port, 5, 'one');
  assert.deepEqual(
    await subscribe(client, { topic: 'home/#', qos: 0 }, { topic: 'home/a', qos: 2 }, { topic: 'home/+', qos: 1 }),
    [0, 2, 1],
  );
  client.send(message('home/a', 'x', 2, 3));
  const packets = [await client.next(), await client.next()];
  assert.deepEqual(new Set(packets.map((packet) => packet?.cmd)), new Set(['publish', 'pubrec']));
  const got = packets.find((packet) => packet?.cmd === 'publish');
  assert.ok(got?.cmd === 'publish' && got.qos === 2);
  client.cut();
});

test('No Local keeps a client from hearing itself [MQTT-3.8.3-3], and UNSUBSCRIBE ends a subscription [MQTT-3.10.4-1]', async (t) => {
  const { listener } = await open(t);
  const client = await connected(listener.port, 5, 'one');
  await subscribe(client, { topic: 'home/#', qos: 0, nl: true });
  client.send(message('home/a', 'x', 1, 1));
  assert.equal(codeOf(await client.next()), 0x10);
  await subscribe(client, { topic: 'home/#', qos: 1 });
  client.send(message('home/a', 'x', 1, 2));
  assert.deepEqual(
    new Set([(await client.next())?.cmd, (await client.next())?.cmd]),
    new Set(['puback', 'publish']),
    'replaced [MQTT-3.8.4-3]',
  );
  client.send({ cmd: 'unsubscribe', messageId: 11, unsubscriptions: ['home/#', 'home/none'] });
  const unsuback = await client.next();
  assert.ok(unsuback?.cmd === 'unsuback');
  assert.deepEqual(unsuback.granted, [0, 0x11]);
  client.send(message('home/a', 'x', 1, 3));
  assert.equal(codeOf(await client.next()), 0x10);
  client.cut();
});

test('filters wider than a namespace, of the server or malformed are refused, each in its place', async (t) => {
  const { listener } = await open(t);
  const asked = ['home/a', '#', '+/a', '$SYS/#', '$share/g/#', '$share//home/a', 'home/a#', 'elsewhere', 'v1.1/Things'];
  const subscriptions = asked.map((topic) => ({ topic, qos: 1 }) as const);
  const five = await connected(listener.port, 5, 'five');
  assert.deepEqual(await subscribe(five, ...subscriptions), [1, 0x87, 0x87, 0x87, 0x87, 0x8f, 0x8f, 0x87, 0x8f]);
  const four = await connected(listener.port, 4, 'four');
  assert.deepEqual(await subscribe(four, ...subscriptions), [1, ...Array.from({ length: 8 }, () => 0x80)]);
  assert.equal(listener.counters.filtersRefused, 16);
  five.cut();
  four.cut();
});

test('a client has so many subscriptions and no more, and none without the right to read', async (t) => {
  const { listener } = await open(t, {
    limits: { subscriptionsMax: 2 },
    authenticate: ({ clientId }) => Promise.resolve({ ...everyRight, mayRead: clientId !== 'blind', name: clientId }),
  });
  const client = await connected(listener.port, 5, 'one');
  const asked = ['home/a', 'home/b', 'home/c', 'home/a'].map((topic) => ({ topic, qos: 0 }) as const);
  assert.deepEqual(await subscribe(client, ...asked), [0, 0, 0x97, 0]);
  const blind = await connected(listener.port, 5, 'blind');
  assert.deepEqual(await subscribe(blind, { topic: 'home/a', qos: 0 }), [0x87]);
  client.cut();
  blind.cut();
});

test('topics of SensorThings are asked of the hook, once for all who ask the same, and given up with the last', async (t) => {
  const asked: string[] = [];
  const ended: string[] = [];
  let deliver: (payload: Buffer) => void = () => undefined;
  const { listener } = await open(t, {
    observe: (filter, deliverOne) => {
      if (!filter.endsWith('/Observations')) return refuse('unsupported-option', `${filter} cannot be observed yet`);
      asked.push(filter);
      deliver = deliverOne;
      return () => ended.push(filter);
    },
  });
  const topic = 'v1.1/Datastreams(1)/Observations';
  const first = await connected(listener.port, 5, 'first');
  const second = await connected(listener.port, 4, 'second');
  assert.deepEqual(await subscribe(first, { topic, qos: 2 }, { topic: 'v1.1/Things(1)', qos: 0 }), [2, 0x8f]);
  assert.deepEqual(await subscribe(second, { topic, qos: 0 }), [0]);
  assert.deepEqual(asked, [topic]);
  deliver(Buffer.from('{"result":1}'));
  const one = await first.next();
  assert.ok(one?.cmd === 'publish' && one.qos === 2 && one.topic === topic && String(one.payload) === '{"result":1}');
  const two = await second.next();
  assert.ok(two?.cmd === 'publish' && two.qos === 0);
  first.send({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: [topic] });
  await first.next();
  assert.deepEqual(ended, []);
  second.cut();
  await until(() => ended.length === 1);
  first.cut();
});

test('QoS 2 to a client: PUBREC, PUBREL, PUBCOMP, and no more in flight than it takes [MQTT-3.3.4-9]', async (t) => {
  const { listener } = await open(t);
  const reader = await connected(listener.port, 5, 'reader', { properties: { receiveMaximum: 2 } });
  const writer = await connected(listener.port, 5, 'writer');
  await subscribe(reader, { topic: 'home/#', qos: 2 });
  for (let id = 1; id <= 4; id++) {
    writer.send(message('home/x', `${id}`, 2, id));
    assert.equal((await writer.next())?.cmd, 'pubrec');
  }
  const flying = [await reader.next(), await reader.next()];
  reader.send({ cmd: 'pingreq' });
  assert.equal((await reader.next())?.cmd, 'pingresp', 'two are in flight, and no third');
  const ids = flying.map((packet) => packet?.messageId ?? 0);
  reader.send({ cmd: 'pubrec', messageId: ids[0] ?? 0, reasonCode: 0 });
  const pubrel = await reader.next();
  assert.deepEqual([pubrel?.cmd, pubrel?.messageId], ['pubrel', ids[0]]);
  reader.send({ cmd: 'pubcomp', messageId: ids[0] ?? 0 });
  const third = await reader.next();
  assert.ok(third?.cmd === 'publish' && String(third.payload) === '3');
  reader.send({ cmd: 'pubrec', messageId: ids[1] ?? 0, reasonCode: 0x80 });
  const fourth = await reader.next();
  assert.ok(fourth?.cmd === 'publish' && String(fourth.payload) === '4', 'a refused message makes room (4.3.3)');
  reader.send({ cmd: 'pubrec', messageId: 4_321, reasonCode: 0 });
  assert.equal(codeOf(await reader.next()), 0x92, 'PUBREL for an unknown identifier (3.6.2.1)');
  reader.cut();
  writer.cut();
});

test('what waits for a client is bounded, and what is too many or too old is dropped and counted [MQTT-3.3.2-5]', async (t) => {
  const clock = new HandClock();
  const { listener } = await open(t, { clock, limits: { queuedMessagesMax: 3 } });
  const reader = await connected(listener.port, 5, 'reader', {
    properties: { receiveMaximum: 1, maximumPacketSize: 200 },
  });
  const writer = await connected(listener.port, 5, 'writer');
  await subscribe(reader, { topic: 'home/#', qos: 1 });
  const send = async (payload: string, expiry: number): Promise<void> => {
    writer.send({
      cmd: 'publish',
      topic: 'home/x',
      payload,
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
      properties: { messageExpiryInterval: expiry },
    });
    assert.equal(codeOf(await writer.next()), 0);
  };
  await send('flies', 100);
  await send('expires', 5);
  await send('waits', 100);
  await send('x'.repeat(300), 100);
  await send('too many', 100);
  assert.equal(listener.counters.droppedSlow, 1);
  const first = await reader.next();
  clock.millis += 10_000;
  reader.send({ cmd: 'puback', messageId: first?.messageId ?? 0, reasonCode: 0 });
  const second = await reader.next();
  assert.ok(second?.cmd === 'publish' && String(second.payload) === 'waits');
  assert.equal(second.properties?.messageExpiryInterval, 90, 'less the time that it waited [MQTT-3.3.2-6]');
  reader.send({ cmd: 'puback', messageId: second.messageId ?? 0, reasonCode: 0 });
  await until(() => listener.counters.droppedUnfit === 2);
  await send('again', 100);
  const third = await reader.next();
  assert.ok(third?.cmd === 'publish' && String(third.payload) === 'again');
  reader.cut();
  writer.cut();
});

test('a subscriber that does not read loses messages; memory is bounded, and the publisher is not slowed', async (t) => {
  const { listener } = await open(t, { limits: { outgoingBytesMax: 100_000, queuedBytesMax: 100_000 } });
  const slow = await connected(listener.port, 5, 'slow');
  const writer = await connected(listener.port, 5, 'writer');
  await subscribe(slow, { topic: 'home/0', qos: 0 }, { topic: 'home/1', qos: 1 });
  slow.pause();
  const payload = 'x'.repeat(50_000);
  for (let id = 1; id <= 400; id++) {
    writer.send(message(`home/${id % 2}`, payload, 1, id));
    assert.equal(codeOf(await writer.next()), 0);
  }
  assert.ok(listener.counters.droppedSlow > 0);
  slow.resume();
  let got = 0;
  while (got + listener.counters.droppedSlow < 400) {
    const packet = await slow.next();
    assert.ok(packet?.cmd === 'publish');
    got++;
    if (packet.qos === 1) slow.send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0 });
  }
  assert.equal(got, listener.counters.publishSent);
  slow.cut();
  writer.cut();
});

test('a client that asks without end and reads no answer is no longer read from', async (t) => {
  const { listener } = await open(t, { limits: { outgoingBytesMax: 10_000 } });
  const client = await connected(listener.port, 5, 'one');
  client.pause();
  const pings = Buffer.alloc(200_000, Buffer.from([0xc0, 0]));
  let before = -1;
  for (let round = 0; listener.counters.pingreqReceived !== before && round < 1_000; round++) {
    before = listener.counters.pingreqReceived;
    for (let count = 0; count < 20; count++) client.send(pings);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  assert.ok(listener.counters.pingreqReceived === before, 'it came to a stop');
  client.cut();
});

test('a listener does not open with a namespace that relayFault objects to', async () => {
  assert.match(relayFault('v1.1/#') ?? '', /SensorThings/);
  await assert.rejects(openTestListener({ relay: ['v1.1/#'] }), BrokenInvariant);
});

function codeOf(packet: Packet | undefined): unknown {
  return packet !== undefined && 'reasonCode' in packet ? packet.reasonCode : undefined;
}
