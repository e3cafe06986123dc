import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Evaluator, steps, type Step, type Thresholds } from './evaluator.ts';

const above: Thresholds = { direction: 'above', raise: 10, clear: 8, forSeconds: 0 };
const forMinute: Thresholds = { ...above, forSeconds: 60 };
const below: Thresholds = { direction: 'below', raise: 2, clear: 3, forSeconds: 0 };

interface Case {
  readonly name: string;
  readonly rule: Thresholds;
  /** Seconds and value of each reading, and the step that it is expected to cause. */
  readonly series: readonly (readonly [second: number, value: number, step: keyof typeof steps])[];
}

const cases: readonly Case[] = [
  {
    name: 'without a duration the first reading at the raise value makes the alert active',
    rule: above,
    series: [
      [0, 9.99, 'none'],
      [1, 10, 'active'],
      [2, 30, 'none'],
      [3, 7.99, 'resolved'],
    ],
  },
  {
    name: 'between clear and raise the state stays as it is (hysteresis)',
    rule: above,
    series: [
      [0, 9, 'none'],
      [1, 11, 'active'],
      [2, 9, 'none'],
      [3, 8, 'none'],
      [4, 7, 'resolved'],
      [5, 9, 'none'],
      [6, 10, 'active'],
    ],
  },
  {
    name: 'with a duration the alert is pending until the condition has held so long in event time',
    rule: forMinute,
    series: [
      [0, 12, 'pending'],
      [59, 12, 'none'],
      [60, 12, 'active'],
      [61, 12, 'none'],
      [62, 1, 'resolved'],
    ],
  },
  {
    name: 'a pending alert that clears starts anew with the next raise',
    rule: forMinute,
    series: [
      [0, 12, 'pending'],
      [30, 7, 'resolved'],
      [50, 12, 'pending'],
      [61, 12, 'none'],
      [110, 12, 'active'],
    ],
  },
  {
    name: 'a reading between clear and raise holds a pending condition',
    rule: forMinute,
    series: [
      [0, 12, 'pending'],
      [60, 9, 'active'],
    ],
  },
  {
    name: 'a reading that comes late changes nothing, neither to raise nor to clear',
    rule: above,
    series: [
      [10, 5, 'none'],
      [9, 50, 'late'],
      [11, 50, 'active'],
      [10, 1, 'late'],
      [11, 1, 'resolved'],
    ],
  },
  {
    name: 'over a gap in the readings the condition is taken to hold',
    rule: forMinute,
    series: [
      [0, 12, 'pending'],
      [86_400, 12, 'active'],
    ],
  },
  {
    name: 'with direction below a reading at or under raise begins and one over clear ends it',
    rule: below,
    series: [
      [0, 2.1, 'none'],
      [1, 2, 'active'],
      [2, 3, 'none'],
      [3, 3.1, 'resolved'],
      [4, -5, 'active'],
    ],
  },
  {
    name: 'equal raise and clear values leave no band between them',
    rule: { direction: 'above', raise: 10, clear: 10, forSeconds: 0 },
    series: [
      [0, 10, 'active'],
      [1, 9.999, 'resolved'],
      [2, 10, 'active'],
    ],
  },
];

for (const { name, rule, series } of cases) {
  void test(name, () => {
    const evaluator = new Evaluator(1, 1, rule);
    const found = series.map(([second, value], index) => nameOf(evaluator.judge(index + 1, second * 1000, value)));
    assert.deepEqual(
      found,
      series.map(([, , step]) => step),
    );
  });
}

void test('new thresholds are held against the next reading, and the phase stays until then', () => {
  const evaluator = new Evaluator(1, 1, above);
  assert.equal(evaluator.judge(1, 0, 11), steps.active);
  evaluator.setThresholds({ ...above, raise: 20, clear: 15 });
  assert.equal(evaluator.judge(2, 1, 11), steps.resolved);
});

void test('an evaluator that is put back from what was saved goes on as if nothing had been', () => {
  const reading = fc.tuple(fc.integer({ min: -30, max: 90 }), fc.integer({ min: 0, max: 20 }));
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 60 }), fc.nat(60), (readings, cut) => {
      const whole = new Evaluator(1, 1, forMinute);
      const first = new Evaluator(1, 1, forMinute);
      const second = new Evaluator(1, 1, forMinute);
      let time = 0;
      for (const [index, [delta, value]] of readings.entries()) {
        time += delta * 1000;
        if (index === cut) second.restore(first);
        const expected = whole.judge(index, time, value);
        assert.equal((index < cut ? first : second).judge(index, time, value), expected);
      }
    }),
  );
});

function nameOf(step: Step): string {
  return Object.entries(steps).find(([, value]) => value === step)?.[0] ?? '';
}
