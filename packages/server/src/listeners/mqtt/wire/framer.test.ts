import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { Framer, FrameResult, type PacketSink } from './framer.ts';

class Collector implements PacketSink {
  readonly packets: Buffer[] = [];
  readonly stopEvery: number;

  constructor(stopEvery = Infinity) {
    this.stopEvery = stopEvery;
  }

  packet(first: number, buffer: Buffer, start: number, end: number): boolean {
    this.packets.push(Buffer.concat([Buffer.from([first]), buffer.subarray(start, end)]));
    return this.packets.length % this.stopEvery !== 0;
  }
}

function openFramer(bytesMax = 1_048_576): Framer {
  const framer = new Framer(bytesMax);
  framer.connectOnly = false;
  return framer;
}

/** First byte and body, which is what the framer hands on. */
function withoutLength(packet: Buffer): Buffer {
  let at = 1;
  while ((packet[at] ?? 0) >= 0x80) at++;
  return Buffer.concat([packet.subarray(0, 1), packet.subarray(at + 1)]);
}

const packets: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({
    cmd: fc.constant('publish' as const),
    topic: fc.string({ minLength: 1, maxLength: 40 }),
    payload: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    dup: fc.constant(false),
    retain: fc.boolean(),
    messageId: fc.integer({ min: 1, max: 65_535 }),
  }),
  fc.record({ cmd: fc.constant('pubrel' as const), messageId: fc.integer({ min: 1, max: 65_535 }) }),
  fc.record({ cmd: fc.constant('pingreq' as const) }),
  fc.record({
    cmd: fc.constant('subscribe' as const),
    messageId: fc.integer({ min: 1, max: 65_535 }),
    subscriptions: fc.array(fc.record({ topic: fc.string({ minLength: 1 }), qos: fc.constant(1 as const) }), {
      minLength: 1,
      maxLength: 5,
    }),
  }),
);

test('packets come out as mqtt-packet made them, however the stream is cut and wherever the reader stops', () => {
  fc.assert(
    fc.property(
      fc.array(packets, { minLength: 1, maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 6 }),
      (made, cuts, stopEvery) => {
        const wire = made.map((packet) => generate(packet));
        const stream = Buffer.concat(wire);
        const framer = openFramer();
        const sink = new Collector(stopEvery);
        let at = 0;
        for (let index = 0; at < stream.length; index++) {
          const length = cuts[index % cuts.length] ?? 1;
          let result = framer.feed(Buffer.from(stream.subarray(at, at + length)), sink);
          while (result === FrameResult.held && framer.hasRest) result = framer.resume(sink);
          at += length;
        }
        assert.deepEqual(sink.packets, wire.map(withoutLength));
        assert.equal(framer.keptBytes, 0);
      },
    ),
  );
});

test('a packet that lies whole in its chunk is not copied', () => {
  const chunk = generate({ cmd: 'publish', topic: 'a', payload: 'b', qos: 0, dup: false, retain: false });
  let seen: Buffer | undefined;
  openFramer().feed(chunk, {
    packet: (_first, buffer) => {
      seen = buffer;
      return true;
    },
  });
  assert.equal(seen, chunk);
});

test('a packet that is too large is refused at its fixed header, before its body is kept', () => {
  const framer = openFramer(1_000);
  assert.equal(framer.feed(Buffer.from([0x30, 0xff]), new Collector()), FrameResult.done);
  assert.equal(framer.feed(Buffer.from([0xff, 0xff, 0x7f]), new Collector()), FrameResult.tooLarge);
  assert.equal(framer.announcedBytes, 268_435_455 + 5);
  assert.ok(framer.keptBytes <= 5);
});

test('a length that is announced costs no memory before its bytes come', () => {
  const framer = openFramer();
  framer.feed(Buffer.from([0x30, 0x80, 0x80, 0x20]), new Collector());
  assert.equal(framer.keptBytes, 4);
});

const impossible = [
  ['packet type 0', [0x00, 0], FrameResult.malformedHeader],
  ['QoS 3 [MQTT-3.3.1-4]', [0x36, 0], FrameResult.malformedHeader],
  ['SUBSCRIBE without its flags [MQTT-3.8.1-1]', [0x80, 0], FrameResult.malformedHeader],
  ['PUBREL without its flags [MQTT-3.6.1-1]', [0x60, 2, 0, 1], FrameResult.malformedHeader],
  ['UNSUBSCRIBE without its flags [MQTT-3.10.1-1]', [0xa1, 0], FrameResult.malformedHeader],
  ['PINGREQ with flags', [0xc1, 0], FrameResult.malformedHeader],
  ['a Remaining Length of five bytes (2.1.4)', [0x30, 0x80, 0x80, 0x80, 0x80, 1], FrameResult.malformedLength],
] as const;

for (const [name, bytes, expected] of impossible) {
  test(`${name} is refused, whole or byte by byte`, () => {
    assert.equal(openFramer().feed(Buffer.from(bytes), new Collector()), expected);
    const framer = openFramer();
    const results = bytes.map((byte) => framer.feed(Buffer.from([byte]), new Collector()));
    assert.ok(results.includes(expected));
  });
}

test('before CONNECT any other first byte is refused [MQTT-3.1.0-1]', () => {
  assert.equal(new Framer(1_000).feed(Buffer.from([0xc0]), new Collector()), FrameResult.notConnect);
  assert.equal(new Framer(1_000).feed(Buffer.from([0x10]), new Collector()), FrameResult.done);
});

test('MQTT 5 takes a length in its shortest form only [MQTT-1.5.5-1]', () => {
  const long = Buffer.from([0xc0, 0x80, 0x00]);
  assert.equal(openFramer().feed(long, new Collector()), FrameResult.done);
  const framer = openFramer();
  framer.shortestLength = true;
  assert.equal(framer.feed(long, new Collector()), FrameResult.malformedLength);
});
