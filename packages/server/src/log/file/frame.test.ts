import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Batch } from './batch.ts';
import {
  decodeFrame,
  decodeSegmentHeader,
  encodeSeal,
  encodeSegmentHeader,
  frameHeaderBytes,
  segmentHeaderBytes,
} from './frame.ts';

const mark = Buffer.from('markmark');
const payloadBytesMax = 1000;
const sequences = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 1000 });
const frameBytesMax = frameHeaderBytes + 100;
const records = fc.array(
  fc.record({ kind: fc.integer({ min: 1, max: 3 }), bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }) }),
  { minLength: 1, maxLength: 30 },
);

/** The frames of a batch with these records, as they would stand at byte `offset` of a segment. */
function framesOf(given: readonly { kind: number; bytes: Uint8Array }[], first: number, offset: number): Buffer {
  const batch = new Batch(frameBytesMax);
  for (const [index, { kind, bytes }] of given.entries()) {
    if (!batch.continues(kind, bytes.length)) batch.begin(kind, first + index, 1e12 + index + 0.5);
    batch.add(bytes, 0, bytes.length);
  }
  assert.equal(batch.firstSequence, first);
  assert.equal(batch.nextSequence, first + given.length);
  return Buffer.from(batch.finish(mark, offset));
}

describe('frame codec', () => {
  it('gives back every record with its kind, sequence and order', () => {
    fc.assert(
      fc.property(records, sequences, fc.nat(1e9), (given, first, offset) => {
        const bytes = framesOf(given, first, offset);
        let next = 0;
        for (let at = 0; at < bytes.length;) {
          const frame = decodeFrame(bytes, at, bytes.length, offset + at, mark, payloadBytesMax);
          assert.ok(typeof frame.kind === 'number');
          assert.equal(frame.sequence, first + next);
          assert.equal(frame.time, 1e12 + next + 0.5);
          assert.equal(frame.syncedBytes, offset);
          assert.ok(frame.count > 0 && frame.end - frame.start <= frameBytesMax);
          const mine = given.slice(next, next + frame.count);
          assert.ok(mine.every((record) => record.kind === frame.kind));
          assert.deepEqual(frame.payload, Buffer.concat(mine.map((record) => record.bytes)));
          next += frame.count;
          at = frame.end - offset;
        }
        assert.equal(next, given.length);
      }),
    );
  });

  it('asks for more bytes wherever a frame is cut, and never gives a part of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), sequences, fc.nat(200), (payload, first, cut) => {
        const bytes = framesOf([{ kind: 1, bytes: payload }], first, 32);
        const to = Math.min(cut, bytes.length - 1);
        const frame = decodeFrame(bytes, 0, to, 32, mark, payloadBytesMax);
        assert.deepEqual(frame, { kind: 'short', bytes: to < frameHeaderBytes ? frameHeaderBytes : bytes.length });
      }),
    );
  });

  it('finds any changed bytes of a frame', () => {
    const changes = fc.array(fc.record({ at: fc.nat(10_000), by: fc.integer({ min: 1, max: 255 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), sequences, changes, (payload, first, flips) => {
        const whole = framesOf([{ kind: 1, bytes: payload }], first, 32);
        const bytes = Buffer.from(whole);
        for (const { at, by } of flips) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ by;
        fc.pre(!bytes.equals(whole));
        const frame = decodeFrame(bytes, 0, bytes.length, 32, mark, payloadBytesMax);
        assert.ok(typeof frame.kind === 'string');
      }),
    );
  });

  it('takes no random bytes for a frame, even where they begin with the mark', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const bytes = Buffer.concat([mark, noise]);
        assert.ok(typeof decodeFrame(bytes, 0, bytes.length, 0, mark, payloadBytesMax).kind === 'string');
      }),
    );
  });

  it('takes no frame with the mark of another segment', () => {
    const bytes = framesOf([{ kind: 1, bytes: Buffer.from('x') }], 1, 32);
    const frame = decodeFrame(bytes, 0, bytes.length, 32, Buffer.from('another!'), payloadBytesMax);
    assert.equal(frame.kind, 'broken');
  });

  it('makes a seal that has no records and names the next sequence', () => {
    const seal = encodeSeal(77, 5, mark, 4096);
    assert.equal(seal.length, frameHeaderBytes);
    assert.deepEqual(decodeFrame(seal, 0, seal.length, 4096, mark, 0), {
      kind: 0,
      sequence: 77,
      count: 0,
      time: 5,
      payload: Buffer.alloc(0),
      start: 4096,
      end: 4096 + frameHeaderBytes,
      syncedBytes: 4096,
    });
  });
});

describe('batch', () => {
  it('can be filled again after it was cleared, and keeps no byte of before', () => {
    const batch = new Batch(frameBytesMax);
    batch.begin(1, 1, 0);
    batch.add(Buffer.from('before'), 0, 6);
    const before = batch.finish(mark, 32).length;
    batch.clear();
    assert.equal(batch.length, 0);
    assert.equal(batch.continues(1, 1), false);
    batch.begin(2, 9, 0);
    batch.add(Buffer.from('xafter'), 1, 6);
    const bytes = batch.finish(mark, 32 + before);
    const frame = decodeFrame(bytes, 0, bytes.length, 0, mark, payloadBytesMax);
    assert.ok(typeof frame.kind === 'number');
    assert.equal(frame.payload.toString(), 'after');
    assert.deepEqual([batch.firstSequence, batch.nextSequence], [9, 10]);
  });

  it('grows to megabytes and gives back what it was given', () => {
    const batch = new Batch(3_000_000);
    const record = Buffer.alloc(1_000_000, 'abc');
    for (let sequence = 1; sequence <= 5; sequence += 1) {
      if (!batch.continues(1, record.length)) batch.begin(1, sequence, 0);
      batch.add(record, 0, record.length);
    }
    const bytes = batch.finish(mark, 32);
    assert.equal(bytes.length, 5_000_000 + 3 * frameHeaderBytes);
    const frame = decodeFrame(bytes, 0, bytes.length, 0, mark, 3_000_000);
    assert.ok(typeof frame.kind === 'number');
    assert.deepEqual(frame.payload, Buffer.concat([record, record]));
  });
});

describe('segment header', () => {
  it('gives back sequence and mark, and finds every changed or missing byte', () => {
    const bytes = encodeSegmentHeader({ firstSequence: 2 ** 52 + 1, mark });
    assert.equal(bytes.length, segmentHeaderBytes);
    assert.deepEqual(decodeSegmentHeader(bytes), { firstSequence: 2 ** 52 + 1, mark });
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      assert.ok('why' in decodeSegmentHeader(flipped), `byte ${at}`);
      assert.ok('why' in decodeSegmentHeader(bytes.subarray(0, at)), `${at} bytes`);
    }
  });
});
