// What is passed on: retained messages, subscription options and identifiers, shared subscriptions, topic aliases.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { IPublishPacket, Packet } from 'mqtt-packet';
import type { MqttListenerOptions } from '../src/listeners/mqtt/mod.ts';
import { HandClock, openTestListener, RawMqttClient, until, type TestListener } from '../testkit/mqtt-client.ts';

async function open(t: TestContext, more: Partial<MqttListenerOptions> = {}): Promise<TestListener> {
  const opened = await openTestListener({ relay: ['#'], noSubscribe: ['test/nosubscribe'], ...more });
  t.after(() => opened.listener.close(0));
  return opened;
}

async function connected(t: TestContext, port: number, version: 4 | 5, more: object = {}): Promise<RawMqttClient> {
  const client = new RawMqttClient(port, version);
  t.after(() => client.cut());
  await client.connect('', more);
  return client;
}

interface Asked {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly nl?: boolean;
  readonly rap?: boolean;
  readonly rh?: 0 | 1 | 2;
}

async function subscribe(client: RawMqttClient, asked: Asked, identifier?: number): Promise<unknown> {
  const properties = identifier === undefined ? {} : { properties: { subscriptionIdentifier: identifier } };
  client.send({ cmd: 'subscribe', messageId: 10, subscriptions: [asked], ...properties });
  const answer = await client.next();
  return answer?.cmd === 'suback' ? answer.granted[0] : answer;
}

/** Sends and waits for the acknowledgement: at QoS 0 for that of a PINGREQ behind it. */
async function publish(client: RawMqttClient, topic: string, payload: string, more: Partial<IPublishPacket> = {}) {
  const packet = { cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false, messageId: 7, ...more } as const;
  client.send(packet);
  if (packet.qos === 0) client.send({ cmd: 'pingreq' });
  return await client.next();
}

/** All messages that came before the answer to a PINGREQ. */
async function messages(client: RawMqttClient): Promise<IPublishPacket[]> {
  client.send({ cmd: 'pingreq' });
  const found: IPublishPacket[] = [];
  for (let packet: Packet | undefined = await client.next(); packet?.cmd !== 'pingresp'; packet = await client.next()) {
    assert.ok(packet?.cmd === 'publish', `${packet?.cmd}`);
    found.push(packet);
  }
  return found;
}

const shown = ({ topic, payload, qos, retain }: IPublishPacket): string =>
  `${topic} ${String(payload)} ${qos} ${String(retain)}`;

for (const version of [4, 5] as const) {
  test(`${version}: a new subscription gets the newest retained message of each topic [MQTT-3.3.1-5], and an empty one clears it [MQTT-3.3.1-6]`, async (t) => {
    const { listener } = await open(t);
    const writer = await connected(t, listener.port, version);
    await publish(writer, 'a/1', 'old', { retain: true });
    await publish(writer, 'a/1', 'new', { retain: true, qos: 1 });
    await publish(writer, 'a', 'top', { retain: true });
    await publish(writer, 'b/1', 'other', { retain: true });
    await publish(writer, 'a/2', 'not kept');
    for (const [filter, expected] of [
      ['a/#', ['a top 0 true', 'a/1 new 1 true']],
      ['+/1', ['a/1 new 1 true', 'b/1 other 0 true']],
      ['#', ['a top 0 true', 'a/1 new 1 true', 'b/1 other 0 true']],
      ['a/1', ['a/1 new 1 true']],
      ['c', []],
    ] as const) {
      const reader = await connected(t, listener.port, version);
      await subscribe(reader, { topic: filter, qos: 2 });
      assert.deepEqual((await messages(reader)).map(shown).toSorted(), expected, filter);
    }
    const live = await connected(t, listener.port, version);
    await subscribe(live, { topic: 'a/1', qos: 0 });
    assert.equal((await messages(live)).length, 1);
    await publish(writer, 'a/1', '', { retain: true });
    assert.deepEqual((await messages(live)).map(shown), ['a/1  0 false'], 'to those who listen it is a plain message');
    const late = await connected(t, listener.port, version);
    await subscribe(late, { topic: 'a/1', qos: 0 });
    assert.deepEqual(await messages(late), []);
  });
}

test('Retain Handling 1 sends retained messages to new subscriptions only, 2 never [MQTT-3.3.1-10] [MQTT-3.3.1-11]', async (t) => {
  const { listener } = await open(t);
  const client = await connected(t, listener.port, 5);
  await publish(client, 'a', 'x', { retain: true });
  const counts: number[] = [];
  for (const [topic, rh] of [
    ['a', 1],
    ['a', 1],
    ['a', 0],
    ['a', 2],
    ['+', 2],
    ['$share/g/a', 0],
  ] as const) {
    await subscribe(client, { topic, qos: 0, rh });
    counts.push((await messages(client)).length);
  }
  assert.deepEqual(counts, [1, 0, 1, 0, 0, 0]);
});

test('Retain As Published passes RETAIN on as it came [MQTT-3.3.1-12] [MQTT-3.3.1-13]', async (t) => {
  const { listener } = await open(t);
  const writer = await connected(t, listener.port, 5);
  const plain = await connected(t, listener.port, 5);
  const asPublished = await connected(t, listener.port, 5);
  await subscribe(plain, { topic: 'a', qos: 0 });
  await subscribe(asPublished, { topic: 'a', qos: 0, rap: true });
  await publish(writer, 'a', '1');
  await publish(writer, 'a', '2', { retain: true });
  assert.deepEqual((await messages(plain)).map(shown), ['a 1 0 false', 'a 2 0 false']);
  assert.deepEqual((await messages(asPublished)).map(shown), ['a 1 0 false', 'a 2 0 true']);
});

test('retained messages expire, with less and less left [MQTT-3.3.2-5] [MQTT-3.3.2-6], and are bounded', async (t) => {
  const clock = new HandClock();
  const { listener } = await open(t, { clock, limits: { retainedMessagesMax: 2, retainedBytesMax: 100 } });
  const writer = await connected(t, listener.port, 5);
  await publish(writer, 'a', 'x', { retain: true, properties: { messageExpiryInterval: 10 } });
  clock.millis += 4_000;
  const reader = await connected(t, listener.port, 5);
  await subscribe(reader, { topic: '#', qos: 0 });
  assert.equal((await messages(reader))[0]?.properties?.messageExpiryInterval, 6);
  await publish(writer, 'b', 'x', { retain: true });
  assert.equal(codeOf(await publish(writer, 'c', 'x', { retain: true, qos: 1 })), 0x97);
  clock.millis += 6_000;
  await messages(reader);
  await subscribe(reader, { topic: '#', qos: 0 });
  assert.deepEqual((await messages(reader)).map(shown), ['b x 0 true']);
  assert.equal(codeOf(await publish(writer, 'c', 'x', { retain: true, qos: 1 })), 0);
  assert.equal(codeOf(await publish(writer, 'c', 'x'.repeat(200), { retain: true, qos: 1 })), 0x97);
});

test('an Observation with RETAIN is taken like any other, and not retained', async (t) => {
  const { listener, admission } = await open(t);
  for (const version of [4, 5] as const) {
    const client = await connected(t, listener.port, version);
    assert.equal(
      (await publish(client, 'v1.1/Datastreams(1)/Observations', '{"result":1}', { retain: true, qos: 1 }))?.cmd,
      'puback',
    );
    await subscribe(client, { topic: '#', qos: 0 });
    assert.deepEqual(await messages(client), []);
  }
  assert.equal(admission.submissions.length, 2);
});

test('Subscription Identifiers of all that match go with the message [MQTT-3.3.4-3] [MQTT-3.3.4-4], with properties unaltered', async (t) => {
  const { listener } = await open(t);
  const client = await connected(t, listener.port, 5);
  await subscribe(client, { topic: 'a', qos: 0 }, 2);
  await subscribe(client, { topic: 'a/#', qos: 0 }, 268_435_455);
  await subscribe(client, { topic: '+', qos: 0 });
  const properties = { responseTopic: 'a', correlationData: Buffer.from('334'), userProperties: { a: ['1', '2'] } };
  const writer = await connected(t, listener.port, 5);
  await publish(writer, 'a', 'x', { properties, retain: true });
  const [got, ...others] = await messages(client);
  assert.deepEqual(others, []);
  const { subscriptionIdentifier, userProperties, ...rest } = got?.properties ?? {};
  assert.deepEqual(new Set([subscriptionIdentifier].flat()), new Set([2, 268_435_455]));
  assert.deepEqual(rest, { responseTopic: 'a', correlationData: Buffer.from('334') });
  assert.deepEqual({ ...userProperties }, { a: ['1', '2'] });
  await subscribe(client, { topic: 'a', qos: 0 }, 9);
  assert.equal((await messages(client))[0]?.properties?.subscriptionIdentifier, 9, 'with retained messages too');
});

test('one of those who share a subscription gets each message [MQTT-4.8.2-4], others their own', async (t) => {
  const { listener } = await open(t);
  const one = await connected(t, listener.port, 5);
  const two = await connected(t, listener.port, 4);
  const alone = await connected(t, listener.port, 5);
  for (const client of [one, two]) assert.equal(await subscribe(client, { topic: '$share/g/a/+', qos: 1 }), 1);
  await subscribe(one, { topic: '$share/h/a/#', qos: 0 });
  await subscribe(alone, { topic: 'a/x', qos: 0 });
  for (let count = 0; count < 10; count++) await publish(alone, 'a/x', `${count}`, { qos: 0 }).then(() => alone.next());
  const ones = (await messages(one)).length - 10;
  assert.deepEqual([ones, (await messages(two)).length], [5, 5]);
  two.send({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['$share/g/a/+'] });
  await two.next();
  await publish(alone, 'a/x', 'last').then(() => alone.next());
  assert.equal((await messages(one)).length, 2);
  assert.deepEqual(await messages(two), []);
});

test('a client may use Topic Aliases in its connection [MQTT-3.3.2-7], also for Observations', async (t) => {
  const { listener, admission } = await open(t);
  const reader = await connected(t, listener.port, 5);
  await subscribe(reader, { topic: 'a/#', qos: 0 });
  const writer = await connected(t, listener.port, 5);
  const topicAlias = 1;
  await publish(writer, 'a/1', '1', { properties: { contentType: 'x', topicAlias, messageExpiryInterval: 9 } });
  await publish(writer, '', '2', { properties: { topicAlias, messageExpiryInterval: 9 } });
  await publish(writer, 'a/2', '3', { properties: { topicAlias } });
  await publish(writer, '', '4', { properties: { topicAlias } });
  const got = await messages(reader);
  assert.deepEqual(got.map(shown), ['a/1 1 0 false', 'a/1 2 0 false', 'a/2 3 0 false', 'a/2 4 0 false']);
  assert.deepEqual(got[0]?.properties, { contentType: 'x', messageExpiryInterval: 9 });
  assert.deepEqual(got[1]?.properties, { messageExpiryInterval: 9 });
  await publish(writer, 'v1.1/Datastreams(7)/Observations', '{"result":1}', { properties: { topicAlias: 2 } });
  await publish(writer, '', '{"result":2}', { properties: { topicAlias: 2 } });
  assert.deepEqual(
    admission.submissions.map(({ datastreamId }) => datastreamId),
    [7, 7],
  );
});

test('the server uses as many Topic Aliases as the client takes [MQTT-3.1.2-26] [MQTT-3.1.2-27]', async (t) => {
  const { listener } = await open(t);
  const writer = await connected(t, listener.port, 4);
  const reader = await connected(t, listener.port, 5, { properties: { topicAliasMaximum: 1 } });
  await subscribe(reader, { topic: '#', qos: 1 });
  for (const topic of ['a', 'a', 'b', 'a']) await publish(writer, topic, topic, { qos: 1 });
  const got = await messages(reader);
  assert.deepEqual(
    got.map(({ topic, payload, properties }) => [topic, String(payload), properties?.topicAlias]),
    [
      ['a', 'a', 1],
      ['', 'a', 1],
      ['b', 'b', undefined],
      ['', 'a', 1],
    ],
  );
});

test('a filter that is closed to all is answered with 0x80 in both versions', async (t) => {
  const { listener } = await open(t);
  for (const version of [4, 5] as const) {
    const client = await connected(t, listener.port, version);
    assert.equal(await subscribe(client, { topic: 'test/nosubscribe', qos: 2 }), 0x80);
  }
});

test('the Keep Alive of the server holds where the client asks for a longer one [MQTT-3.2.2-21]', async (t) => {
  const clock = new HandClock();
  const { listener } = await open(t, { clock, limits: { sweepMillis: 5, keepAliveSecondsMax: 60 } });
  const client = new RawMqttClient(listener.port, 5);
  const connack = await client.connect('one', { keepalive: 120 });
  assert.ok(connack?.cmd === 'connack');
  assert.equal(connack.properties?.serverKeepAlive, 60);
  const old = await connected(t, listener.port, 4, { keepalive: 120 });
  clock.millis += 91_000;
  assert.equal(codeOf(await client.next()), 0x8d);
  old.send({ cmd: 'pingreq' });
  assert.equal((await old.next())?.cmd, 'pingresp');
});

test('a retained will stays for those who come later [MQTT-3.1.2-15]', async (t) => {
  const { listener } = await open(t);
  const lost = await connected(t, listener.port, 5, {
    will: { topic: 'state', payload: Buffer.from('gone'), qos: 1, retain: true },
  });
  lost.cut();
  await until(() => listener.counters.relayed === 1);
  const reader = await connected(t, listener.port, 5);
  await subscribe(reader, { topic: 'state', qos: 0 });
  assert.deepEqual((await messages(reader)).map(shown), ['state gone 0 true']);
});

function codeOf(packet: Packet | undefined): unknown {
  return packet !== undefined && 'reasonCode' in packet ? packet.reasonCode : undefined;
}
