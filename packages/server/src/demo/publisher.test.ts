import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { generate, parser, type IConnackPacket, type Packet } from 'mqtt-packet';
import { Publisher } from './publisher.ts';

/** A peer on MQTT's wire format: hands every packet to `answer`. */
async function withPeer(
  answer: (packet: Packet, socket: Socket) => void,
  use: (port: number, server: Server) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const incoming = parser({ protocolVersion: 5 });
    incoming.on('packet', (packet: Packet) => answer(packet, socket));
    socket.on('data', (bytes) => incoming.parse(bytes));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const address = server.address();
    await use(typeof address === 'object' ? (address?.port ?? 0) : 0, server);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

function connack(reasonCode: number, properties: IConnackPacket['properties'] = {}): Buffer {
  return generate({ cmd: 'connack', reasonCode, sessionPresent: false, properties }, { protocolVersion: 5 });
}

function puback(messageId: number, reasonCode: number, reasonString?: string): Buffer {
  const properties = reasonString === undefined ? {} : { reasonString };
  return generate({ cmd: 'puback', messageId, reasonCode, properties }, { protocolVersion: 5 });
}

const endpoint = { host: '127.0.0.1', clientId: 'test', inFlightMax: 1000 } as const;

test('messages arrive whole and in order, never more in flight than the Receive Maximum', async () => {
  const payloads: string[] = [];
  const waiting: number[] = [];
  let most = 0;
  let token = '';
  const answer = (packet: Packet, socket: Socket): void => {
    if (packet.cmd === 'connect') {
      token = packet.password?.toString() ?? '';
      socket.write(connack(0, { receiveMaximum: 7, topicAliasMaximum: 3, userProperties: { a: 'b' } }));
    }
    if (packet.cmd !== 'publish') return;
    assert.equal(packet.qos, 1);
    assert.equal(packet.topic, 'v1.1/Datastreams(4)/Observations');
    payloads.push(packet.payload.toString());
    waiting.push(packet.messageId ?? 0);
    most = Math.max(most, waiting.length);
    setImmediate(() => socket.write(Buffer.concat(waiting.splice(0).map((id) => puback(id, 0)))));
  };
  await withPeer(answer, async (port) => {
    const publisher = await Publisher.open({ ...endpoint, port, token: 'secret' });
    const topic = Buffer.from('v1.1/Datastreams(4)/Observations');
    const sent: string[] = [];
    for (let index = 0; index < 500; index += 1) {
      const payload = JSON.stringify({ result: index, parameters: { text: 'x'.repeat(index) } });
      if (!publisher.ready) await publisher.whenReady();
      publisher.publish(topic, Buffer.from(payload));
      sent.push(payload);
    }
    // Longer than a buffer.
    const long = 'y'.repeat(100_000);
    await publisher.whenReady();
    publisher.publish(topic, Buffer.from(long));
    sent.push(long);
    await publisher.drained();
    assert.deepEqual(payloads, sent);
    assert.equal(publisher.acknowledged, 501);
    assert.equal(publisher.refused, 0);
    assert.ok(most <= 7, `${most} in flight`);
    assert.equal(token, 'secret');
    await publisher.close();
  });
});

test('reason codes of failure count as refused, with the first reasons', async () => {
  const answer = (packet: Packet, socket: Socket): void => {
    if (packet.cmd === 'connect') socket.write(connack(0));
    if (packet.cmd !== 'publish') return;
    const id = packet.messageId ?? 0;
    const reply = id % 2 === 0 ? puback(id, 0x99, 'unknown-datastream: 9') : puback(id, 0x10);
    // A byte at a time, because a socket may cut anywhere.
    for (const byte of reply) socket.write(Buffer.from([byte]));
  };
  await withPeer(answer, async (port) => {
    const publisher = await Publisher.open({ ...endpoint, port });
    for (let index = 0; index < 10; index += 1) publisher.publish(Buffer.from('a'), Buffer.from('{}'));
    await publisher.drained();
    assert.equal(publisher.acknowledged, 5);
    assert.equal(publisher.refused, 5);
    assert.deepEqual([...publisher.reasons], [['0x99 unknown-datastream: 9', 5]]);
    await publisher.close();
  });
});

test('a refused connection and a lost one are told of', async () => {
  const refusing = (packet: Packet, socket: Socket): void => {
    if (packet.cmd === 'connect') socket.write(connack(0x86, { reasonString: 'no such token' }));
  };
  await withPeer(refusing, async (port) => {
    await assert.rejects(Publisher.open({ ...endpoint, port }), /0x86 no such token/u);
  });
  const leaving = (packet: Packet, socket: Socket): void => {
    if (packet.cmd === 'connect') socket.write(connack(0));
    if (packet.cmd === 'publish') socket.destroy();
  };
  await withPeer(leaving, async (port) => {
    const publisher = await Publisher.open({ ...endpoint, port });
    publisher.publish(Buffer.from('a'), Buffer.from('{}'));
    await assert.rejects(publisher.drained(), /closed|ECONNRESET/u);
  });
});
