import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generate, parser, type Packet } from 'mqtt-packet';
import { ackKind, AckRing, AT_ONCE } from './ack-ring.ts';

const nobody = { released: (): void => undefined };

function read(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion: 5 });
  reader.on('packet', (packet) => packets.push(packet));
  reader.parse(bytes);
  return packets;
}

test('an acknowledgement without a failure is what mqtt-packet makes', () => {
  const ring = new AckRing();
  ring.push(ackKind.puback, 1, 0, 0);
  ring.push(ackKind.pubrec, 65_535, 0, 0);
  ring.push(ackKind.pubcomp, 258, AT_ONCE, 0);
  const expected = Buffer.concat([
    generate({ cmd: 'puback', messageId: 1 }),
    generate({ cmd: 'pubrec', messageId: 65_535 }),
    generate({ cmd: 'pubcomp', messageId: 258 }),
  ]);
  assert.deepEqual(ring.take(1, 1_000, nobody), expected);
});

test('one that waits for nothing still waits for those before it [MQTT-4.6.0-2]', () => {
  const ring = new AckRing();
  ring.push(ackKind.puback, 1, 5, 0);
  ring.push(ackKind.puback, 2, AT_ONCE, 0x99);
  assert.equal(ring.isReady(5), false);
  assert.equal(ring.take(5, 1_000, nobody).length, 0);
  assert.equal(ring.isReady(6), true);
  assert.equal(read(ring.take(6, 1_000, nobody)).length, 2);
  assert.equal(ring.size, 0);
});

test('a Reason String is left out where the client does not take so much [MQTT-3.4.2-2], and cut where it is long', () => {
  const ring = new AckRing();
  ring.push(ackKind.puback, 1, AT_ONCE, 0x99, 'x'.repeat(100));
  assert.equal(ring.take(0, 50, nobody).length, 5);
  ring.push(ackKind.puback, 1, AT_ONCE, 0x99, 'ü'.repeat(5_000));
  const [packet] = read(ring.take(0, 5_000, nobody));
  assert.ok(packet?.cmd === 'puback' && packet.properties?.reasonString === 'ü'.repeat(256));
});

test('order, ids, codes and words survive any mix of pushes and takes', () => {
  const entry = fc.record({ id: fc.integer({ min: 1, max: 65_535 }), text: fc.option(fc.string({ maxLength: 300 })) });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(entry, { maxLength: 90 }), fc.nat(120)), { maxLength: 12 }), (rounds) => {
      const ring = new AckRing();
      const expected: (readonly [number, string | undefined])[] = [];
      const seen: (readonly [number | undefined, string | undefined])[] = [];
      let sequence = 0;
      for (const [entries, durable] of rounds) {
        for (const { id, text } of entries) {
          const words = text === null ? undefined : text.toWellFormed().replaceAll('\0', ' ');
          ring.push(ackKind.puback, id, sequence++, text === null ? 0 : 0x97, words);
          expected.push([id, words]);
        }
        for (const packet of read(ring.take(durable, 10_000, nobody))) {
          if (packet.cmd === 'puback') seen.push([packet.messageId, packet.properties?.reasonString]);
        }
      }
      for (const packet of read(ring.take(sequence, 10_000, nobody))) {
        if (packet.cmd === 'puback') seen.push([packet.messageId, packet.properties?.reasonString]);
      }
      assert.deepEqual(seen, expected);
    }),
  );
});
