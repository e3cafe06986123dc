import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';

describe('crc32c', () => {
  const ascending = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
  // RFC 3720, B.4; the values there stand in the order of the wire, least significant byte first.
  const vectors = [
    { name: '32 bytes of zeroes', bytes: Buffer.alloc(32), crc: 0x8a9136aa },
    { name: '32 bytes of ones', bytes: Buffer.alloc(32, 0xff), crc: 0x62a8ab43 },
    { name: '32 bytes ascending', bytes: ascending, crc: 0x46dd794e },
    { name: '32 bytes descending', bytes: Buffer.from(ascending.toReversed()), crc: 0x113fdb5c },
    {
      name: 'an iSCSI read command',
      bytes: Buffer.from(
        '01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000',
        'hex',
      ),
      crc: 0xd9963a56,
    },
    { name: 'the usual nine digits', bytes: Buffer.from('123456789'), crc: 0xe3069283 },
    { name: 'nothing', bytes: Buffer.alloc(0), crc: 0 },
  ];
  for (const { name, bytes, crc } of vectors) {
    it(`is ${crc.toString(16)} for ${name}`, () => {
      assert.equal(crc32c(bytes, 0, bytes.length), crc);
    });
  }

  it('is that of the plain bit-by-bit rule, for any part of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, one, other) => {
        const start = Math.min(one, other, bytes.length);
        const end = Math.min(Math.max(one, other), bytes.length);
        assert.equal(crc32c(bytes, start, end), bitByBit(bytes.subarray(start, end)));
      }),
    );
  });

  it('goes on from the CRC of what stands before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        const middle = Math.min(cut, bytes.length);
        const whole = crc32c(bytes, 0, bytes.length);
        assert.equal(crc32c(bytes, middle, bytes.length, crc32c(bytes, 0, middle)), whole);
      }),
    );
  });

  it('refuses bounds outside of the bytes', () => {
    assert.throws(() => crc32c(Buffer.alloc(4), 0, 5), RangeError);
    assert.throws(() => crc32c(Buffer.alloc(4), -1, 4), RangeError);
  });
});

function bitByBit(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
