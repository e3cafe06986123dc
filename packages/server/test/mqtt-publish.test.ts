import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../src/admission/mod.ts';
import { refuse } from '../src/kernel/mod.ts';
import { MemoryAdmission } from '../testkit/memory-admission.ts';
import { everyRight, openTestListener, RawMqttClient, until } from '../testkit/mqtt-client.ts';

const topic = 'v1.1/Datastreams(7)/Observations';

function publish(messageId: number, payload: string, more: object = {}) {
  return { cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false, messageId, ...more } as const;
}

for (const version of [4, 5] as const) {
  test(`MQTT ${version}: PUBACKs leave only when the Observations are durable, in the order of the PUBLISHes [MQTT-4.6.0-2]`, async (t) => {
    const { listener, admission } = await openTestListener({}, new MemoryAdmission({ byHand: true }));
    t.after(() => listener.close(0));
    const client = new RawMqttClient(listener.port, version);
    await client.connect('sensor');
    for (let id = 1; id <= 5; id++) client.send(publish(id, `{"result":${id}}`));
    client.send({ cmd: 'pingreq' });
    assert.equal((await client.next())?.cmd, 'pingresp');
    assert.equal(client.packets.length, 0, 'nothing is acknowledged yet');
    admission.makeDurable(3);
    for (const id of [1, 2, 3]) assert.deepEqual(idOf(await client.next()), ['puback', id]);
    admission.makeDurable();
    for (const id of [4, 5]) assert.deepEqual(idOf(await client.next()), ['puback', id]);
    assert.deepEqual(
      admission.submissions.map(({ datastreamId, body }) => [datastreamId, body]),
      [1, 2, 3, 4, 5].map((result) => [7, { result }]),
    );
    client.cut();
  });

  test(`MQTT ${version}: a QoS 2 message is taken once, however often it is sent before PUBREL [MQTT-4.3.3-10]`, async (t) => {
    const { listener, admission } = await openTestListener();
    t.after(() => listener.close(0));
    const client = new RawMqttClient(listener.port, version);
    await client.connect('sensor');
    client.send(publish(9, '{"result":1}', { qos: 2 }));
    assert.deepEqual(idOf(await client.next()), ['pubrec', 9]);
    client.send(publish(9, '{"result":1}', { qos: 2, dup: true }));
    assert.deepEqual(idOf(await client.next()), ['pubrec', 9]);
    client.send({ cmd: 'pubrel', messageId: 9 });
    assert.deepEqual(idOf(await client.next()), ['pubcomp', 9]);
    assert.equal(admission.submissions.length, 1);
    client.send(publish(9, '{"result":2}', { qos: 2 }));
    assert.deepEqual(idOf(await client.next()), ['pubrec', 9]);
    assert.equal(admission.submissions.length, 2);
    client.cut();
  });

  test(`MQTT ${version}: after a failed log nothing is acknowledged, and those who wait are cut off`, async (t) => {
    const { listener, admission } = await openTestListener({}, new MemoryAdmission({ byHand: true }));
    t.after(() => listener.close(0));
    const client = new RawMqttClient(listener.port, version);
    const idle = new RawMqttClient(listener.port, version);
    await client.connect('sensor');
    await idle.connect('idle');
    client.send(publish(1, '{"result":1}'));
    await until(() => admission.submissions.length === 1);
    admission.fail();
    const last = await client.next();
    if (version === 5) assert.deepEqual([last?.cmd, reasonOf(last)], ['disconnect', 0x83]);
    else assert.equal(last, undefined);
    await client.closed;
    idle.send({ cmd: 'pingreq' });
    assert.equal((await idle.next())?.cmd, 'pingresp', 'who waits for nothing stays');
    idle.cut();
  });

  test(`MQTT ${version}: a submission that takes its time keeps the order of its client`, async (t) => {
    const late = Promise.withResolvers<Outcome>();
    const admission = new MemoryAdmission({
      judge: ({ datastreamId }) => (datastreamId === 1 ? late.promise : undefined),
    });
    const { listener } = await openTestListener({}, admission);
    t.after(() => listener.close(0));
    const client = new RawMqttClient(listener.port, version);
    await client.connect('sensor');
    client.send(publish(1, '{}', { topic: 'v1.1/Datastreams(1)/Observations' }));
    client.send(publish(2, '{}'));
    const other = new RawMqttClient(listener.port, version);
    await other.connect('other');
    other.send(publish(1, '{}'));
    assert.deepEqual(idOf(await other.next()), ['puback', 1]);
    assert.equal(admission.submissions.length, 2, 'the second message of the first client waits');
    late.resolve(admission.nextSequence());
    await until(() => admission.submissions.length === 3);
    admission.makeDurable();
    assert.deepEqual(idOf(await client.next()), ['puback', 1]);
    assert.deepEqual(idOf(await client.next()), ['puback', 2]);
    client.cut();
    other.cut();
  });
}

test('MQTT 5: a refused message takes its place in the order, with its Reason Code and words', async (t) => {
  const admission = new MemoryAdmission({ byHand: true, datastreams: new Set([7]) });
  const { listener } = await openTestListener({}, admission);
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 5);
  await client.connect('sensor', { properties: { requestProblemInformation: true } });
  client.send(publish(1, '{"result":1}'));
  client.send(publish(2, '{"result":NaN}'));
  client.send(publish(3, '{}', { topic: 'v1.1/Datastreams(8)/Observations' }));
  client.send(publish(4, '{}', { topic: 'somewhere/else' }));
  client.send(publish(5, '{}', { topic: '$SYS/broker' }));
  client.send(publish(6, '{}', { topic: 'v1.1/Datastreams(07)/Observations', qos: 2 }));
  client.send(publish(7, ''));
  client.send(publish(0, '{', { qos: 0 }));
  await until(() => admission.refusals.length === 6);
  assert.equal(client.packets.length, 0);
  admission.makeDurable();
  const answers = [];
  for (let id = 1; id <= 7; id++) answers.push(await client.next());
  assert.deepEqual(answers.map(reasonOf), [0, 0x99, 0x90, 0x90, 0x90, 0x90, 0x99]);
  assert.match(wordsOf(answers[1]), /^bad-json: the payload is not JSON in UTF-8: .*NaN/);
  assert.match(wordsOf(answers[2]), /^unknown-datastream: /);
  assert.match(wordsOf(answers[3]), /^unknown-address: no namespace that is relayed/);
  assert.deepEqual(
    admission.refusals.map(({ datastreamId }) => datastreamId),
    [7, null, null, null, 7, 7],
  );
  assert.equal(listener.counters.publishRefused, 7);
  client.cut();
});

test('MQTT 3.1.1: a refused message is acknowledged and counted, for it would come again for ever', async (t) => {
  const { listener, admission } = await openTestListener();
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 4);
  await client.connect('sensor');
  client.send(publish(1, 'no json'));
  assert.deepEqual(idOf(await client.next()), ['puback', 1]);
  assert.equal(admission.refusals[0]?.refusal.code, 'bad-json');
  client.cut();
});

test('MQTT 3.1.1: what the server could not take is not acknowledged; the client sends it again', async (t) => {
  const admission = new MemoryAdmission({ judge: () => refuse('busy', 'the log is behind') });
  const { listener } = await openTestListener({}, admission);
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 4);
  await client.connect('sensor');
  client.send(publish(1, '{}'));
  assert.equal(await client.next(), undefined);
  const five = new RawMqttClient(listener.port, 5);
  await five.connect('sensor-5');
  five.send(publish(1, '{}'));
  assert.equal(reasonOf(await five.next()), 0x97);
  five.cut();
});

test('v1.1/Observations names its Datastream in the body', async (t) => {
  const { listener, admission } = await openTestListener();
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 4);
  await client.connect('sensor');
  client.send(publish(1, '{"result":1,"Datastream":{"@iot.id":3}}', { topic: 'v1.1/Observations' }));
  assert.deepEqual(idOf(await client.next()), ['puback', 1]);
  assert.equal(admission.submissions[0]?.datastreamId, undefined);
  client.cut();
});

test('bytes that are not UTF-8 are not JSON, and U+FFFD itself is', async (t) => {
  const { listener, admission } = await openTestListener();
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 5);
  await client.connect('sensor');
  client.send({ ...publish(1, ''), payload: Buffer.from([0x22, 0xff, 0x22]) });
  client.send(publish(2, '"\uFFFD"'));
  assert.equal(reasonOf(await client.next()), 0x99);
  assert.equal(reasonOf(await client.next()), 0);
  assert.deepEqual(
    admission.submissions.map(({ body }) => body),
    ['\uFFFD'],
  );
  client.cut();
});

test('MQTT 5: more unacknowledged messages than the Receive Maximum end the connection with 0x93 [MQTT-3.3.4-7]', async (t) => {
  const { listener } = await openTestListener({ limits: { receiveMaximum: 3 } }, new MemoryAdmission({ byHand: true }));
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 5);
  await client.connect('sensor');
  for (let id = 1; id <= 4; id++) client.send(publish(id, '{}', { qos: id === 2 ? 2 : 1 }));
  assert.equal(reasonOf(await client.next()), 0x93);
  await client.closed;
});

test('MQTT 5: acknowledged messages no longer count against the Receive Maximum', async (t) => {
  const { listener } = await openTestListener({ limits: { receiveMaximum: 2 } });
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 5);
  await client.connect('sensor');
  for (let id = 1; id <= 10; id++) {
    client.send(publish(id, '{}', { qos: id % 2 === 0 ? 2 : 1 }));
    const ack = await client.next();
    assert.equal(reasonOf(ack), 0);
    if (ack?.cmd !== 'pubrec') continue;
    client.send({ cmd: 'pubrel', messageId: id });
    assert.deepEqual(idOf(await client.next()), ['pubcomp', id]);
  }
  client.cut();
});

test('MQTT 3.1.1: a client with many unacknowledged messages is not read from until the log has caught up', async (t) => {
  const { listener, admission } = await openTestListener(
    { limits: { receiveMaximum: 10 } },
    new MemoryAdmission({ byHand: true }),
  );
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 4);
  await client.connect('sensor');
  for (let id = 1; id <= 35; id++) client.send(publish(id, '{}'));
  await until(() => admission.submissions.length === 10);
  const other = new RawMqttClient(listener.port, 4);
  await other.connect('other');
  assert.equal(admission.submissions.length, 10);
  let acknowledged = 0;
  while (acknowledged < 35) {
    await until(() => admission.submissions.length === Math.min(35, acknowledged + 10));
    admission.makeDurable();
    for (let count = 0; count < 10 && acknowledged < 35; count++) {
      acknowledged++;
      assert.deepEqual(idOf(await client.next()), ['puback', acknowledged]);
    }
  }
  client.cut();
  other.cut();
});

test('while admission is pressed nothing is read, and afterwards everything', async (t) => {
  const { listener, admission } = await openTestListener();
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 5);
  await client.connect('sensor');
  admission.press(true);
  client.send(publish(1, '{}'));
  const late = new RawMqttClient(listener.port, 5);
  late.send({ cmd: 'connect', clientId: 'late', protocolId: 'MQTT', protocolVersion: 5, clean: true });
  await until(() => listener.counters.connections === 2);
  const bytes = listener.counters.bytesReceived;
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  assert.equal(listener.counters.bytesReceived, bytes);
  admission.press(false);
  assert.deepEqual(idOf(await client.next()), ['puback', 1]);
  assert.equal((await late.next())?.cmd, 'connack');
  client.cut();
  late.cut();
});

test('MQTT 5: PUBREL of an unknown identifier is answered with 0x92 (3.7.2.1)', async (t) => {
  const { listener } = await openTestListener();
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 5);
  await client.connect('sensor');
  client.send({ cmd: 'pubrel', messageId: 77 });
  const answer = await client.next();
  assert.deepEqual([answer?.cmd, reasonOf(answer)], ['pubcomp', 0x92]);
  client.cut();
});

test('a client without the right to write is told so', async (t) => {
  const { listener, admission } = await openTestListener({
    relay: ['home/#'],
    authenticate: ({ clientId }) => Promise.resolve({ ...everyRight, mayWrite: false, name: clientId }),
  });
  t.after(() => listener.close(0));
  const client = new RawMqttClient(listener.port, 5);
  await client.connect('reader');
  client.send(publish(1, '{}'));
  client.send(publish(2, '{}', { topic: 'home/lamp' }));
  assert.equal(reasonOf(await client.next()), 0x87);
  assert.equal(reasonOf(await client.next()), 0x87);
  assert.equal(admission.refusals.length, 1, 'admission keeps its own');
  client.cut();
});

test('close: what becomes durable in time is acknowledged, then MQTT 5 hears 0x8B', async () => {
  const { listener, admission } = await openTestListener({}, new MemoryAdmission({ byHand: true }));
  const client = new RawMqttClient(listener.port, 5);
  await client.connect('sensor');
  client.send(publish(1, '{}'));
  await until(() => admission.submissions.length === 1);
  const closing = listener.close(5_000);
  admission.makeDurable();
  assert.deepEqual(idOf(await client.next()), ['puback', 1]);
  assert.equal(reasonOf(await client.next()), 0x8b);
  await closing;
  await client.closed;
  assert.equal(listener.counters.connections, 0);
});

function idOf(packet: { readonly cmd: string; readonly messageId?: number } | undefined) {
  return [packet?.cmd, packet?.messageId];
}

function reasonOf(packet: object | undefined): unknown {
  if (packet === undefined) return undefined;
  return 'reasonCode' in packet ? packet.reasonCode : undefined;
}

function wordsOf(packet: object | undefined): string {
  if (packet === undefined || !('properties' in packet)) return '';
  const { properties } = packet;
  if (typeof properties !== 'object' || properties === null || !('reasonString' in properties)) return '';
  return String(properties.reasonString);
}
