import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  earliestMillis,
  formatInstant,
  formatTimeInterval,
  latestMillis,
  parseInstant,
  parseTimeInterval,
} from './time.ts';

const firstYear = Date.UTC(2000, 0, 1) - 2000 * 365.2425 * 86_400_000;
const instants = fc.integer({ min: Math.ceil(firstYear) + 86_400_000, max: Date.UTC(9999, 11, 31) - 86_400_000 });
const offsets = fc.record({
  sign: fc.constantFrom(1, -1),
  hours: fc.integer({ min: 0, max: 14 }),
  minutes: fc.integer({ min: 0, max: 59 }),
});
const two = (number: number): string => String(number).padStart(2, '0');

describe('parseInstant', () => {
  it('reads back every instant that is formatted', () => {
    fc.assert(
      fc.property(instants, (millis) => {
        assert.equal(parseInstant(formatInstant(millis)), millis);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with Date on every instant and offset', () => {
    fc.assert(
      fc.property(instants, offsets, (millis, { sign, hours, minutes }) => {
        const local = new Date(millis + sign * (hours * 60 + minutes) * 60_000).toISOString().slice(0, -1);
        const text = `${local}${sign === 1 ? '+' : '-'}${two(hours)}:${two(minutes)}`;
        assert.equal(parseInstant(text), millis);
        assert.equal(Date.parse(text), millis);
        assert.equal(parseInstant(text.replace(/:(\d\d)$/, '$1')), millis);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with Date on the first and last day of every month of 800 years', () => {
    for (let month = 0; month < 800 * 12; month += 1) {
      for (const day of [1, 0]) {
        const millis = Date.UTC(1600, month, day, 23, 59, 59, 999);
        assert.equal(parseInstant(new Date(millis).toISOString()), millis);
      }
    }
  });

  it('takes no day that the calendar does not have', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9999 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        (year, month, day) => {
          const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
          const parsed = parseInstant(`${date}T00:00Z`);
          if (Number.isNaN(parsed)) {
            // Date takes 30 February for 1 March, so its day is compared.
            const guess = Date.parse(`${date}T00:00:00Z`);
            assert.ok(Number.isNaN(guess) || new Date(guess).getUTCDate() !== day);
          } else {
            assert.equal(new Date(parsed).toISOString().slice(0, 10), date);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('gives NaN or a safe integer for any text whatever', () => {
    const pieces = fc.constantFrom(
      '2024',
      '-',
      '02',
      '29',
      'T',
      ' ',
      ':',
      '23',
      '60',
      '.',
      ',',
      'Z',
      '+',
      '9',
      'e',
      '/',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 20 }).map((list) => list.join('')),
        ),
        (text) => {
          const millis = parseInstant(text);
          assert.ok(Number.isNaN(millis) || Number.isSafeInteger(millis), text);
        },
      ),
      { numRuns: 5000 },
    );
  });

  const good = [
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['2024-02-29t12:00:00z', '2024-02-29T12:00:00.000Z'],
    ['2024-02-29 12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['2024-02-29T12:00Z', '2024-02-29T12:00:00.000Z'],
    ['2024-02-29T12:00+02', '2024-02-29T10:00:00.000Z'],
    ['2024-02-29T12:00:00+0530', '2024-02-29T06:30:00.000Z'],
    ['2024-02-29T12:00:00-14:00', '2024-03-01T02:00:00.000Z'],
    ['2024-02-29T12:00:00-00:00', '2024-02-29T12:00:00.000Z'],
    ['2024-02-29T12:00:00.5Z', '2024-02-29T12:00:00.500Z'],
    ['2024-02-29T12:00:00,25Z', '2024-02-29T12:00:00.250Z'],
    ['2024-02-29T12:00:00.9999999Z', '2024-02-29T12:00:00.999Z'],
    ['2024-12-31T24:00:00Z', '2025-01-01T00:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['0000-03-01T00:00:00Z', '0000-03-01T00:00:00.000Z'],
    ['1900-01-01T00:00:00Z', '1900-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ] as const;
  for (const [text, expected] of good) {
    it(`reads ${text} as ${expected}`, () => {
      assert.equal(new Date(parseInstant(text)).toISOString(), expected);
    });
  }

  const bad = [
    ['an empty text', ''],
    ['a date without a time', '2024-02-29'],
    ['a time without an offset', '2024-02-29T12:00:00'],
    ['the hour only', '2024-02-29T12Z'],
    ['29 February in a common year', '2023-02-29T12:00:00Z'],
    ['29 February in 1900', '1900-02-29T12:00:00Z'],
    ['the month 13', '2024-13-01T12:00:00Z'],
    ['the month 00', '2024-00-01T12:00:00Z'],
    ['the day 00', '2024-01-00T12:00:00Z'],
    ['31 April', '2024-04-31T12:00:00Z'],
    ['the hour 25', '2024-01-01T25:00:00Z'],
    ['24:00:01', '2024-01-01T24:00:01Z'],
    ['24:00 with a fraction', '2024-01-01T24:00:00.001Z'],
    ['the minute 60', '2024-01-01T12:60:00Z'],
    ['the second 61', '2024-01-01T12:00:61Z'],
    ['a fraction without digits', '2024-01-01T12:00:00.Z'],
    ['a fraction of minutes', '2024-01-01T12:00.5Z'],
    ['two spaces', '2024-01-01  12:00:00Z'],
    ['a space before', ' 2024-01-01T12:00:00Z'],
    ['a space behind', '2024-01-01T12:00:00Z '],
    ['a line feed behind', '2024-01-01T12:00:00Z\n'],
    ['two offsets', '2024-01-01T12:00:00Z+01:00'],
    ['an offset of 15 hours', '2024-01-01T12:00:00+15:00'],
    ['an offset of 60 minutes', '2024-01-01T12:00:00+01:60'],
    ['an offset of one digit', '2024-01-01T12:00:00+1'],
    ['an offset cut short', '2024-01-01T12:00:00+01:'],
    ['an offset with a dot', '2024-01-01T12:00:00+01.00'],
    ['a sign only', '2024-01-01T12:00:00+'],
    ['the basic form', '20240101T120000Z'],
    ['a year of five digits', '+12024-01-01T12:00:00Z'],
    ['slashes in the date', '2024/01/01T12:00:00Z'],
    ['a date of the web', 'Mon, 01 Jan 2024 12:00:00 GMT'],
    ['a number', '1704110400000'],
    ['letters for digits', '2O24-01-01T12:00:00Z'],
    ['digits of another script', '２０２４-01-01T12:00:00Z'],
    ['a long text', `2024-01-01T12:00:00.${'0'.repeat(100)}Z`],
  ] as const;
  for (const [name, text] of bad) {
    it(`gives NaN for ${name}`, () => {
      assert.ok(Number.isNaN(parseInstant(text)));
    });
  }
});

describe('parseTimeInterval', () => {
  it('reads back every interval that is formatted, and no interval that runs backwards', () => {
    fc.assert(
      fc.property(instants, instants, (one, other) => {
        const interval = { start: Math.min(one, other), end: Math.max(one, other) };
        assert.deepEqual(parseTimeInterval(formatTimeInterval(interval)), interval);
        if (one === other) return;
        assert.equal(parseTimeInterval(`${formatInstant(interval.end)}/${formatInstant(interval.start)}`), undefined);
      }),
    );
  });

  it('reads an instant as an interval with equal ends', () => {
    assert.deepEqual(parseTimeInterval('1970-01-01T00:00:01Z'), { start: 1000, end: 1000 });
    assert.deepEqual(parseTimeInterval('1970-01-01T00:00:01Z/1970-01-01T00:00:01Z'), { start: 1000, end: 1000 });
  });

  const instant = '2024-01-01T12:00:00Z';
  for (const text of [
    '',
    '/',
    `${instant}/`,
    `/${instant}`,
    `${instant}/${instant}/${instant}`,
    `${instant}/PT1H`,
    'x',
  ]) {
    it(`takes no ${JSON.stringify(text)}`, () => {
      assert.equal(parseTimeInterval(text), undefined);
    });
  }
});

describe('the bounds of time', () => {
  it('are the whole years that the store can hold', () => {
    assert.equal(formatInstant(earliestMillis), '1900-01-01T00:00:00.000Z');
    assert.equal(formatInstant(latestMillis), '2299-12-31T23:59:59.999Z');
  });
});
