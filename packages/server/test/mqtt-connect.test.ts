import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { generate, type Packet } from 'mqtt-packet';
import type { MqttListenerOptions } from '../src/listeners/mqtt/mod.ts';
import { refuse } from '../src/kernel/mod.ts';
import {
  everyRight,
  HandClock,
  openTestListener,
  RawMqttClient,
  until,
  type TestListener,
} from '../testkit/mqtt-client.ts';

async function open(t: TestContext, more: Partial<MqttListenerOptions> = {}): Promise<TestListener> {
  const opened = await openTestListener(more);
  t.after(() => opened.listener.close(0));
  return opened;
}

function connectPacket(version: 4 | 5, more: object = {}): Buffer {
  const packet = {
    cmd: 'connect',
    clientId: 'one',
    protocolId: 'MQTT',
    protocolVersion: version,
    clean: true,
  } as const;
  return generate({ ...packet, ...more }, { protocolVersion: version });
}

test('MQTT 5: CONNACK announces what this server does not do (3.2.2.3)', async (t) => {
  const { listener } = await open(t);
  const client = new RawMqttClient(listener.port, 5);
  // mqtt-packet does not make this packet: the flag Clean Start is cleared by hand.
  const bytes = connectPacket(5, { clientId: '', properties: { sessionExpiryInterval: 3_600 } });
  bytes[9] = 0;
  client.send(bytes);
  const connack = await client.next();
  assert.ok(connack?.cmd === 'connack');
  assert.equal(connack.reasonCode, 0);
  assert.equal(connack.sessionPresent, false, '[MQTT-3.2.2-3]');
  const { assignedClientIdentifier, ...properties } = connack.properties ?? {};
  assert.match(assignedClientIdentifier ?? '', /^[0-9a-f-]{36}$/, '[MQTT-3.1.3-7]');
  assert.deepEqual(properties, {
    sessionExpiryInterval: 0,
    receiveMaximum: 1_000,
    retainAvailable: true,
    maximumPacketSize: 1_048_576,
    topicAliasMaximum: 64,
    wildcardSubscriptionAvailable: true,
    subscriptionIdentifiersAvailable: true,
    sharedSubscriptionAvailable: true,
  });
  client.cut();
});

test('MQTT 3.1.1: an empty client identifier needs a clean session [MQTT-3.1.3-8]', async (t) => {
  const { listener } = await open(t);
  const client = new RawMqttClient(listener.port, 4);
  const bytes = connectPacket(4, { clientId: '' });
  bytes[9] = 0;
  client.send(bytes);
  assert.equal(field(await client.next(), 'returnCode'), 2);
  await client.closed;
  const clean = new RawMqttClient(listener.port, 4);
  assert.equal(field(await clean.connect(''), 'returnCode'), 0);
  clean.cut();
});

const string = (text: string): number[] => [0, text.length, ...Buffer.from(text)];
const connectBytes = (...body: readonly number[]): Buffer => Buffer.from([0x10, body.length, ...body]);

/** What a stranger may send instead of CONNECT, and the answer: a CONNACK code, or nothing but the end. */
const wrongConnects: readonly (readonly [string, Buffer, 4 | 5, number | undefined])[] = [
  ['PINGREQ first [MQTT-3.1.0-1]', Buffer.from([0xc0, 0]), 4, undefined],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 4, undefined],
  ['a CONNECT of 256 MB, in its fixed header', Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), 4, undefined],
  ['a Remaining Length without end', Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80]), 4, undefined],
  ['another protocol [MQTT-3.1.2-1]', connectBytes(...string('AMQP'), 4, 2, 0, 0, 0, 0), 4, undefined],
  ['MQTT 3.1 [MQTT-3.1.2-2]', connectBytes(...string('MQIsdp'), 3, 2, 0, 0, 0, 0), 4, 1],
  ['protocol level 6 [MQTT-3.1.2-2]', connectBytes(...string('MQTT'), 6, 2, 0, 0, 0, 0, 0), 5, 0x84],
  ['3.1.1: the reserved flag [MQTT-3.1.2-3]', connectBytes(...string('MQTT'), 4, 3, 0, 0, 0, 0), 4, undefined],
  ['5: the reserved flag [MQTT-3.1.2-3]', connectBytes(...string('MQTT'), 5, 3, 0, 0, 0, 0, 0), 5, 0x81],
  ['5: will QoS without a will [MQTT-3.1.2-11]', connectBytes(...string('MQTT'), 5, 0x0a, 0, 0, 0, 0, 0), 5, 0x81],
  [
    '3.1.1: a password alone [MQTT-3.1.2-22]',
    connectBytes(...string('MQTT'), 4, 0x42, 0, 0, 0, 0, 0, 1, 65),
    4,
    undefined,
  ],
  ['5: a string beyond the end', connectBytes(...string('MQTT'), 5, 2, 0, 0, 0, 0, 9, 65), 5, 0x81],
  ['5: bytes behind the last field', connectBytes(...string('MQTT'), 5, 2, 0, 0, 0, 0, 0, 65), 5, 0x81],
  [
    '5: NUL in the client identifier [MQTT-1.5.4-2]',
    connectBytes(...string('MQTT'), 5, 2, 0, 0, 0, ...string('a\0')),
    5,
    0x81,
  ],
  [
    '5: a lone surrogate [MQTT-1.5.4-1]',
    connectBytes(...string('MQTT'), 5, 2, 0, 0, 0, 0, 3, 0xed, 0xa0, 0x80),
    5,
    0x81,
  ],
  ['5: Receive Maximum 0 (3.1.2.11.3)', connectBytes(...string('MQTT'), 5, 2, 0, 0, 3, 0x21, 0, 0, 0, 0), 5, 0x82],
  ['5: a property twice', connectBytes(...string('MQTT'), 5, 2, 0, 0, 6, 0x22, 0, 0, 0x22, 0, 0, 0, 0), 5, 0x82],
  ['5: a property of PUBLISH', connectBytes(...string('MQTT'), 5, 2, 0, 0, 2, 1, 1, 0, 0), 5, 0x81],
  ['5: enhanced authentication', connectBytes(...string('MQTT'), 5, 2, 0, 0, 4, 0x15, 0, 1, 65, 0, 0), 5, 0x8c],
  ['5: a will with a wildcard', connectBytes(...string('MQTT'), 5, 6, 0, 0, 0, 0, 0, 0, ...string('#'), 0, 0), 5, 0x81],
  [
    '5: a will outside of every namespace',
    connectBytes(...string('MQTT'), 5, 6, 0, 0, 0, 0, 0, 0, ...string('a'), 0, 0),
    5,
    0x90,
  ],
];

test('whatever comes instead of a good CONNECT is answered where the standard has an answer, and closed', async (t) => {
  const { listener, logLines } = await open(t);
  for (const [name, bytes, version, expected] of wrongConnects) {
    for (const isCut of [false, true]) {
      const client = new RawMqttClient(listener.port, version);
      if (isCut) for (const byte of bytes) client.send([byte]);
      else client.send(bytes);
      const answer = await client.next();
      assert.equal(field(answer, version === 5 ? 'reasonCode' : 'returnCode'), expected, name);
      await client.closed;
    }
  }
  await until(() => listener.counters.connections === 0);
  assert.equal(listener.counters.sessionsOpened, 0);
  assert.ok(logLines.length <= 30, 'a line a kind and second');
});

test('CONNECT split at every byte boundary is understood', async (t) => {
  const { listener } = await open(t);
  const bytes = connectPacket(5, { username: 'ü', password: Buffer.from('p'), properties: { receiveMaximum: 3 } });
  for (let cut = 1; cut < bytes.length; cut++) {
    const client = new RawMqttClient(listener.port, 5);
    client.send(bytes.subarray(0, cut));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    client.send(bytes.subarray(cut));
    assert.equal(field(await client.next(), 'reasonCode'), 0);
    client.cut();
  }
});

test('packets behind CONNECT are handled once the client is let in', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { listener } = await open(t, {
    authenticate: async ({ clientId }) => {
      await gate.promise;
      return { ...everyRight, name: clientId };
    },
  });
  const client = new RawMqttClient(listener.port, 4);
  client.send(Buffer.concat([connectPacket(4), Buffer.from([0xc0, 0, 0xc0, 0])]));
  gate.resolve();
  assert.equal((await client.next())?.cmd, 'connack');
  assert.equal((await client.next())?.cmd, 'pingresp');
  assert.equal((await client.next())?.cmd, 'pingresp');
  client.cut();
});

test('a refused client is told why', async (t) => {
  const seen: unknown[] = [];
  const { listener } = await open(t, {
    authenticate: ({ remoteAddress, ...credentials }) => {
      seen.push(credentials);
      assert.match(remoteAddress, /127\.0\.0\.1/);
      const { username } = credentials;
      if (username === 'broken') return Promise.reject(new Error('no database'));
      return Promise.resolve(refuse(username === 'known' ? 'not-allowed' : 'not-signed-in', 'no such token'));
    },
  });
  const cases = [
    [undefined, 4, 0x86],
    ['known', 5, 0x87],
    ['broken', 3, 0x80],
  ] as const;
  for (const [username, v3, v5] of cases) {
    for (const version of [4, 5] as const) {
      const client = new RawMqttClient(listener.port, version);
      const connack = await client.connect(
        'one',
        username === undefined ? {} : { username, password: Buffer.from('x') },
      );
      assert.equal(field(connack, version === 5 ? 'reasonCode' : 'returnCode'), version === 5 ? v5 : v3);
      if (version === 5) assert.ok(connack?.cmd === 'connack' && connack.properties?.reasonString !== undefined);
      await client.closed;
    }
  }
  assert.deepEqual(seen[0], { clientId: 'one', username: undefined, password: undefined });
  assert.equal(listener.counters.connectsRefused, 6);
});

test('the newer connection of a client takes over, and its older one hears 0x8E [MQTT-3.1.4-3]', async (t) => {
  const { listener } = await open(t);
  const older = new RawMqttClient(listener.port, 5);
  await older.connect('same');
  const newer = new RawMqttClient(listener.port, 5);
  await newer.connect('same');
  assert.equal(field(await older.next(), 'reasonCode'), 0x8e);
  await older.closed;
  newer.send({ cmd: 'pingreq' });
  assert.equal((await newer.next())?.cmd, 'pingresp');
  assert.equal(listener.counters.takeovers, 1);
  newer.cut();
});

test('silence longer than one and a half times the Keep Alive ends a connection [MQTT-3.1.2-22]', async (t) => {
  const clock = new HandClock();
  const { listener } = await open(t, { clock, limits: { sweepMillis: 5 } });
  const client = new RawMqttClient(listener.port, 5);
  await client.connect('one', { keepalive: 10 });
  const eternal = new RawMqttClient(listener.port, 5);
  await eternal.connect('two', { keepalive: 0 });
  clock.millis += 14_900;
  client.send({ cmd: 'pingreq' });
  assert.equal((await client.next())?.cmd, 'pingresp');
  clock.millis += 14_900;
  client.send({ cmd: 'pingreq' });
  assert.equal((await client.next())?.cmd, 'pingresp');
  clock.millis += 15_100;
  assert.equal(field(await client.next(), 'reasonCode'), 0x8d);
  eternal.send({ cmd: 'pingreq' });
  assert.equal((await eternal.next())?.cmd, 'pingresp', 'Keep Alive 0 has no end (3.1.2.10)');
  eternal.cut();
});

test('a CONNECT that comes byte by byte must be whole in time', async (t) => {
  const clock = new HandClock();
  const { listener } = await open(t, { clock, limits: { sweepMillis: 5 } });
  const client = new RawMqttClient(listener.port, 4);
  const bytes = connectPacket(4);
  for (let index = 0; index < 9; index++) {
    client.send(bytes.subarray(index, index + 1));
    await until(() => listener.counters.bytesReceived === index + 1);
    clock.millis += 1_000;
  }
  assert.equal(client.isClosed, false);
  clock.millis += 1_500;
  await client.closed;
});

/** Packets after a good CONNECT of MQTT 5, and the reason of the DISCONNECT that answers them. */
const wrongPackets: readonly (readonly [string, Buffer, number])[] = [
  ['a second CONNECT [MQTT-3.1.0-2]', connectPacket(5), 0x82],
  ['a CONNACK', Buffer.from([0x20, 3, 0, 0, 0]), 0x82],
  ['AUTH without a method [MQTT-4.12.0-6]', Buffer.from([0xf0, 0]), 0x82],
  ['reserved flags', Buffer.from([0xc3, 0]), 0x81],
  ['QoS 3 [MQTT-3.3.1-4]', Buffer.from([0x36, 5, 0, 1, 97, 0, 1]), 0x81],
  ['DUP at QoS 0 [MQTT-3.3.1-2]', Buffer.from([0x38, 4, 0, 1, 97, 0]), 0x81],
  ['packet identifier 0 [MQTT-2.2.1-3]', Buffer.from([0x32, 6, 0, 1, 97, 0, 0, 0]), 0x82],
  ['a topic beyond the end', Buffer.from([0x30, 3, 0, 9, 97]), 0x81],
  ['no room for the packet identifier', Buffer.from([0x32, 4, 0, 1, 97, 0]), 0x81],
  ['a topic that is not UTF-8 [MQTT-1.5.4-1]', Buffer.from([0x30, 5, 0, 2, 0xc0, 0xaf, 0]), 0x81],
  ['NUL in a topic [MQTT-1.5.4-2]', Buffer.from([0x30, 5, 0, 2, 97, 0, 0]), 0x81],
  ['+ in a topic [MQTT-3.3.2-2]', Buffer.from([0x30, 4, 0, 1, 0x2b, 0]), 0x81],
  ['# in a topic [MQTT-3.3.2-2]', Buffer.from([0x30, 4, 0, 1, 0x23, 0]), 0x81],
  ['an empty topic', Buffer.from([0x30, 3, 0, 0, 0]), 0x82],
  ['Topic Alias 0 [MQTT-3.3.2-8]', Buffer.from([0x30, 7, 0, 1, 97, 3, 0x23, 0, 0]), 0x94],
  ['a Topic Alias above the maximum [MQTT-3.3.2-9]', Buffer.from([0x30, 7, 0, 1, 97, 3, 0x23, 0, 65]), 0x94],
  ['an unknown Topic Alias [MQTT-3.3.2-7]', Buffer.from([0x30, 6, 0, 0, 3, 0x23, 0, 1]), 0x94],
  ['a Subscription Identifier from a client [MQTT-3.3.4-6]', Buffer.from([0x30, 6, 0, 1, 97, 2, 0x0b, 1]), 0x81],
  ['Payload Format Indicator 2', Buffer.from([0x30, 6, 0, 1, 97, 2, 1, 2]), 0x82],
  ['a Response Topic with a wildcard [MQTT-3.3.2-14]', Buffer.from([0x30, 8, 0, 1, 97, 4, 8, 0, 1, 0x23]), 0x82],
  ['properties beyond the end', Buffer.from([0x30, 4, 0, 1, 97, 9]), 0x81],
  ['a packet of 256 MB', Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), 0x95],
  ['SUBSCRIBE without a filter [MQTT-3.8.3-2]', Buffer.from([0x82, 3, 0, 1, 0]), 0x82],
  ['SUBSCRIBE with reserved options [MQTT-3.8.3-5]', Buffer.from([0x82, 7, 0, 1, 0, 0, 1, 97, 0x40]), 0x81],
  ['SUBSCRIBE with packet identifier 0', Buffer.from([0x82, 7, 0, 0, 0, 0, 1, 97, 0]), 0x82],
  ['UNSUBSCRIBE without a filter [MQTT-3.10.3-2]', Buffer.from([0xa2, 3, 0, 1, 0]), 0x82],
  ['PUBACK with an unknown reason', Buffer.from([0x40, 3, 0, 1, 0x55]), 0x81],
  ['PUBREL with packet identifier 0', Buffer.from([0x62, 2, 0, 0]), 0x82],
  ['DISCONNECT with a session expiry after 0 (3.14.2.2.2)', Buffer.from([0xe0, 7, 0, 5, 0x11, 0, 0, 0, 9]), 0x82],
  ['DISCONNECT with a reason of servers', Buffer.from([0xe0, 1, 0x8b]), 0x81],
  ['PINGREQ with a body', Buffer.from([0xc0, 1, 0]), 0x81],
];

test('MQTT 5: a fault of the client is answered with its reason, and the server goes on', async (t) => {
  const { listener, admission } = await open(t);
  for (const [name, bytes, expected] of wrongPackets) {
    const client = new RawMqttClient(listener.port, 5);
    await client.connect('clumsy');
    client.send(bytes);
    const answer = await client.next();
    assert.deepEqual([answer?.cmd, field(answer, 'reasonCode')], ['disconnect', expected], name);
    assert.ok(answer?.cmd === 'disconnect' && answer.properties?.reasonString !== undefined, name);
    await client.closed;
  }
  assert.equal(admission.submissions.length, 0);
  assert.equal(listener.counters.clientFaults, wrongPackets.length);
  assert.equal(
    admission.refusals.filter(({ refusal }) => refusal.code === 'too-large').length,
    1,
    'kept for the console',
  );
});

test('MQTT 3.1.1: a fault of the client ends the connection without a word (4.8)', async (t) => {
  const { listener } = await open(t);
  for (const bytes of [
    [0xe0, 1, 0],
    [0xf0, 0],
    [0x30, 3, 0, 1, 0x23],
    [0x32, 5, 0, 1, 97, 0, 0],
    [0x82, 6, 0, 1, 0, 1, 97, 4],
  ]) {
    const client = new RawMqttClient(listener.port, 4);
    await client.connect('clumsy');
    client.send(bytes);
    assert.equal(await client.next(), undefined);
  }
});

test('a will is published when the connection is cut, and not after DISCONNECT [MQTT-3.1.2-8] [MQTT-3.14.4-3]', async (t) => {
  const { listener, admission } = await open(t, { relay: ['home/#'] });
  const watcher = new RawMqttClient(listener.port, 5);
  await watcher.connect('watcher');
  watcher.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'home/#', qos: 1 }] });
  await watcher.next();
  const properties = { contentType: 'text/plain', willDelayInterval: 60, messageExpiryInterval: 900 };
  const will = { topic: 'home/state', payload: Buffer.from('gone'), qos: 1, retain: false } as const;
  const polite = new RawMqttClient(listener.port, 5);
  await polite.connect('polite', { will });
  polite.send({ cmd: 'disconnect', reasonCode: 0 });
  await polite.closed;
  const asking = new RawMqttClient(listener.port, 5);
  await asking.connect('asking', { will: { ...will, properties } });
  asking.send({ cmd: 'disconnect', reasonCode: 4 });
  const first = await watcher.next();
  assert.ok(first?.cmd === 'publish');
  assert.deepEqual([first.topic, String(first.payload), first.qos], ['home/state', 'gone', 1]);
  assert.deepEqual(first.properties, { contentType: 'text/plain', messageExpiryInterval: 900 });
  const lost = new RawMqttClient(listener.port, 4);
  await lost.connect('lost', { will: { ...will, topic: 'v1.1/Datastreams(3)/Observations', payload: '{"result":0}' } });
  lost.cut();
  await until(() => admission.submissions.length === 1);
  const forbidden = new RawMqttClient(listener.port, 4);
  await forbidden.connect('forbidden', { will: { ...will, topic: '$SYS/x' } });
  forbidden.cut();
  await until(() => admission.refusals.length === 1);
  assert.equal(watcher.packets.length, 0);
  watcher.cut();
});

test('connections of a withdrawn token are ended with 0x87', async (t) => {
  const { listener } = await open(t);
  const bad = new RawMqttClient(listener.port, 5);
  const good = new RawMqttClient(listener.port, 5);
  await bad.connect('bad');
  await good.connect('good');
  assert.equal(
    listener.endConnections(({ name }) => name === 'bad'),
    1,
  );
  assert.equal(field(await bad.next(), 'reasonCode'), 0x87);
  good.send({ cmd: 'pingreq' });
  assert.equal((await good.next())?.cmd, 'pingresp');
  good.cut();
});

function field(packet: Packet | undefined, name: 'reasonCode' | 'returnCode'): unknown {
  return packet === undefined ? undefined : Object.entries(packet).find(([key]) => key === name)?.[1];
}
