import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { resultKinds, type Observation } from './observation.ts';
import { RowCursor, rowBytesBound, rowBytesMin, rowColumns, writeRow } from './row.ts';
import { earliestMillis, latestMillis } from './time.ts';

const ids = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const times = fc.integer({ min: earliestMillis, max: latestMillis });
const maybeTimes = fc.option(times, { nil: null });
// Code points of every length in UTF-8, and lengths on both sides of one and two bytes of LEB128.
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', 'x'.repeat(127), 'x'.repeat(128), 'é'.repeat(64), 'x'.repeat(16_383), '€'.repeat(5462)),
);
const observations: fc.Arbitrary<Observation> = fc.record(
  {
    id: ids,
    datastreamId: ids,
    featureOfInterestId: ids,
    phenomenonStart: times,
    phenomenonEnd: times,
    resultKind: fc.constantFrom(...Object.values(resultKinds)),
    resultNumber: fc.double(),
    resultText: texts,
    resultTime: maybeTimes,
    validStart: maybeTimes,
    validEnd: maybeTimes,
    resultQuality: texts,
    parameters: texts,
    version: ids,
    deleted: fc.boolean(),
  },
  { noNullPrototype: true },
);

function encode(rows: readonly Observation[]): { payload: Buffer; ends: number[] } {
  const buffer = Buffer.alloc(
    rows.reduce((sum, row) => sum + rowBytesBound(row), 0),
    0xee,
  );
  const ends: number[] = [];
  let end = 0;
  for (const row of rows) {
    const before = end;
    end = writeRow(buffer, end, row);
    assert.ok(end - before <= rowBytesBound(row) && end - before >= rowBytesMin);
    ends.push(end);
  }
  return { payload: buffer.subarray(0, end), ends };
}

function simple(overrides: Partial<Observation>): Observation {
  return {
    id: 7,
    datastreamId: 8,
    featureOfInterestId: 9,
    phenomenonStart: 10,
    phenomenonEnd: 11,
    resultKind: resultKinds.number,
    resultNumber: 21.5,
    resultText: '',
    resultTime: null,
    validStart: null,
    validEnd: null,
    resultQuality: '',
    parameters: '',
    version: 0,
    deleted: false,
    ...overrides,
  };
}

describe('rows', () => {
  it('give back every field of every Observation that was written', () => {
    fc.assert(
      fc.property(fc.array(observations, { maxLength: 5 }), (rows) => {
        const { payload, ends } = encode(rows);
        const cursor = new RowCursor(payload);
        for (const [index, row] of rows.entries()) {
          assert.equal(cursor.advance(), true);
          assert.deepEqual(cursor.observation(), row);
          assert.equal(cursor.rowStart, ends[index - 1] ?? 0);
          assert.equal(cursor.rowEnd, ends[index]);
        }
        assert.equal(cursor.advance(), false);
        assert.equal(cursor.advance(), false);
      }),
    );
  });

  it('show the fields of the hot path on the cursor as in the whole object', () => {
    fc.assert(
      fc.property(observations, (row) => {
        const cursor = new RowCursor(encode([row]).payload);
        assert.equal(cursor.advance(), true);
        assert.equal(cursor.id, row.id);
        assert.equal(cursor.datastreamId, row.datastreamId);
        assert.equal(cursor.phenomenonStart, row.phenomenonStart);
        assert.equal(cursor.phenomenonEnd, row.phenomenonEnd);
        assert.equal(cursor.resultKind, row.resultKind);
        assert.ok(Object.is(cursor.resultNumber, row.resultNumber));
        assert.equal(cursor.version, row.version);
        assert.equal(cursor.deleted, row.deleted);
        assert.equal(cursor.hasResultTime, row.resultTime !== null);
      }),
    );
  });

  it('throw a RangeError wherever the payload is cut inside a row, after giving all rows before', () => {
    const small = observations.filter((row) => rowBytesBound(row) < 600);
    fc.assert(
      fc.property(fc.array(small, { minLength: 1, maxLength: 3 }), (rows) => {
        const { payload, ends } = encode(rows);
        for (let length = 1; length < payload.length; length += 1) {
          const cursor = new RowCursor(payload.subarray(0, length));
          const whole = ends.filter((end) => end <= length).length;
          for (let index = 0; index < whole; index += 1) {
            assert.equal(cursor.advance(), true);
            assert.equal(cursor.id, rows[index]?.id);
          }
          if (ends[whole - 1] === length) assert.equal(cursor.advance(), false);
          else assert.throws(() => cursor.advance(), RangeError);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('throw a RangeError for a text length without end instead of losing their place', () => {
    const { payload } = encode([simple({})]);
    const endless = Buffer.concat([payload.subarray(0, 61), Buffer.alloc(400, 0x80), Buffer.alloc(3)]);
    assert.throws(() => new RowCursor(endless).advance(), /text whose length takes more than 5 bytes/);
  });

  it('throw a RangeError for a result kind that does not exist', () => {
    const { payload } = encode([simple({})]);
    payload[40] = 5;
    const cursor = new RowCursor(payload);
    cursor.advance();
    assert.throws(() => cursor.resultKind, RangeError);
    assert.throws(() => cursor.observation(), RangeError);
  });

  it('stand as RowBinary has the columns, byte for byte', () => {
    const { payload } = encode([
      simple({
        featureOfInterestId: 2 ** 32 + 1,
        phenomenonStart: -1,
        resultKind: resultKinds.string,
        resultNumber: 1,
        resultTime: 2,
        validEnd: -2,
        resultText: 'é',
        parameters: '{}',
        version: 3,
        deleted: true,
      }),
    ]);
    const expected = [
      '0700000000000000', // id
      '0800000000000000', // datastream
      '0100000001000000', // feature_of_interest
      'ffffffffffffffff', // phenomenon_start
      '0b00000000000000', // phenomenon_end
      '03', // result_kind
      '000000000000f03f', // result_number
      '0300000000000000', // version
      '01', // deleted
      '000200000000000000', // result_time
      '01', // valid_start
      '00feffffffffffffff', // valid_end
      '02c3a9', // result_text
      '00', // result_quality
      '027b7d', // parameters
    ];
    assert.equal(expected.length, rowColumns.length);
    assert.equal(payload.toString('hex'), expected.join(''));
  });

  it('of an Observation without texts and nullable times have the least length', () => {
    assert.equal(encode([simple({})]).payload.length, rowBytesMin);
  });
});
