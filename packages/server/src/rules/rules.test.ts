import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Rule, RuleDraft } from '@belfry/contract';
import fc from 'fast-check';
import { MemoryLog } from '../../testkit/memory-log.ts';
import { appendReading, datastreamFacts, FactsTable } from '../../testkit/observations.ts';
import { recordKinds, resultKinds, RowCursor, type TransitionRecord } from '../domain/mod.ts';
import { isRefusal, systemClock, type Refusal } from '../kernel/mod.ts';
import { Evaluator, steps } from './evaluator.ts';
import { linesOf, parseTransition } from './records.ts';
import { openRules, type Rules } from './rules.ts';

const draft: RuleDraft = {
  name: 'high water',
  event: 'Flood',
  category: 'Met',
  severity: 'Severe',
  binding: { datastreamIds: [1] },
  direction: 'above',
  raise: 10,
  clear: 8,
  forSeconds: 0,
};

void test('readings become transitions in the log, and only numbers of first versions are judged', async (t) => {
  const { log, rules } = open(t);
  const rule = accepted(await rules.put(draft));
  appendReading(log, 1, 1_000, 5);
  const raised = appendReading(log, 1, 2_000, 12);
  appendReading(log, 1, 3_000, 1, { version: 99 });
  appendReading(log, 1, 3_000, 1, { deleted: true });
  appendReading(log, 1, 3_000, 0, { resultKind: resultKinds.boolean });
  appendReading(log, 2, 3_000, 99);
  const cleared = appendReading(log, 1, 4_000, 7);
  await settle(log, rules);
  const about = { ruleId: rule.id, ruleVersion: rule.version, datastreamId: 1 };
  const told = {
    name: 'high water',
    event: 'Flood',
    severity: 'Severe',
    category: 'Met',
    direction: 'above',
  };
  assert.deepEqual(transitionsIn(log), [
    { ...about, observationId: raised, to: 'active', time: 2_000, value: 12, threshold: 10, rule: told },
    { ...about, observationId: cleared, to: 'resolved', time: 4_000, value: 7, threshold: 8, rule: told },
  ]);
});

void test('a rule that was answered is applied, listed, and still there after a restart', async (t) => {
  const { log, rules, reopen } = open(t);
  const rule = accepted(await rules.put(draft));
  assert.deepEqual(rules.get(rule.id), rule);
  assert.equal(rule.enabled, true);
  const changed = accepted(await rules.put({ ...draft, raise: 20 }, rule.id));
  assert.equal(changed.id, rule.id);
  assert.ok(changed.version > rule.version);
  const again = await reopen(log);
  assert.deepEqual(again.list(), [changed]);
});

const refused: readonly { name: string; body: unknown; code: string; field?: string }[] = [
  { name: 'no object', body: 7, code: 'bad-body' },
  { name: 'a missing event', body: { ...draft, event: undefined }, code: 'bad-body' },
  { name: 'an unknown property', body: { ...draft, colour: 'red' }, code: 'bad-body' },
  { name: 'a severity of no standard', body: { ...draft, severity: 'Huge' }, code: 'bad-body', field: '/severity' },
  { name: 'a clear value beyond raise, above', body: { ...draft, clear: 11 }, code: 'bad-body', field: '/clear' },
  {
    name: 'a clear value beyond raise, below',
    body: { ...draft, direction: 'below', clear: 9 },
    code: 'bad-body',
    field: '/clear',
  },
  { name: 'an infinite threshold', body: { ...draft, raise: Number.POSITIVE_INFINITY }, code: 'bad-body' },
  { name: 'an empty binding', body: { ...draft, binding: {} }, code: 'bad-body', field: '/binding' },
  {
    name: 'two bindings',
    body: { ...draft, binding: { datastreamIds: [1], observedPropertyId: 1 } },
    code: 'bad-body',
    field: '/binding',
  },
  {
    name: 'an unknown Datastream',
    body: { ...draft, binding: { datastreamIds: [1, 77] } },
    code: 'unknown-datastream',
  },
  { name: 'an unknown property', body: { ...draft, binding: { observedPropertyId: 77 } }, code: 'unknown-entity' },
];

void test('a rule that cannot be is refused with its field, and nothing is written', async (t) => {
  const { log, rules } = open(t);
  for (const { name, body, code, field } of refused) {
    const outcome = await rules.put(body);
    assert.ok(isRefusal(outcome), name);
    assert.equal(outcome.code, code, name);
    if (field !== undefined) assert.equal(outcome.field, field, name);
  }
  assert.equal(log.nextSequence, 1);
  assert.equal(outcomeCode(await rules.put(draft, 12)), 'unknown-entity');
  assert.equal(outcomeCode(await rules.remove(12)), 'unknown-entity');
});

void test('a change that the log does not take is refused with the reason', async (t) => {
  const { log, rules } = open(t);
  log.refuseNext(1);
  assert.equal(outcomeCode(await rules.put(draft)), 'busy');
  log.trouble = 'the disk is full';
  assert.equal(outcomeCode(await rules.put(draft)), 'log-failed');
});

void test('a rule by observed property binds Datastreams that come later', async (t) => {
  const { log, rules, facts } = open(t);
  accepted(await rules.put({ ...draft, binding: { observedPropertyDefinition: 'http://example.org/level' } }));
  accepted(await rules.put({ ...draft, binding: { observedPropertyId: 1 } }));
  appendReading(log, 5, 1_000, 50);
  await settle(log, rules);
  assert.equal(transitionsIn(log).length, 0);
  facts.set(datastreamFacts(5), datastreamFacts(6, { observedPropertyId: 2, observedPropertyDefinition: 'other' }));
  appendReading(log, 5, 2_000, 50);
  appendReading(log, 6, 2_000, 50);
  await settle(log, rules);
  assert.deepEqual(
    transitionsIn(log).map(({ datastreamId, to }) => [datastreamId, to]),
    [
      [5, 'active'],
      [5, 'active'],
    ],
  );
});

void test('disabling, deleting or rebinding a rule resolves its open alerts with the version as cause', async (t) => {
  const { log, rules } = open(t);
  const changes: readonly ((rule: Rule) => Promise<unknown>)[] = [
    (rule) => rules.put({ ...draft, enabled: false }, rule.id),
    (rule) => rules.remove(rule.id),
    (rule) => rules.put({ ...draft, binding: { datastreamIds: [2] } }, rule.id),
  ];
  for (const [index, change] of changes.entries()) {
    const rule = accepted(await rules.put(draft));
    appendReading(log, 1, 1_000 + index, 50);
    await settle(log, rules);
    const version = log.nextSequence;
    assert.ok(!isRefusal(await change(rule)));
    await settle(log, rules);
    const [raised, resolved, ...rest] = transitionsIn(log).filter(({ ruleId }) => ruleId === rule.id);
    assert.deepEqual(rest, []);
    assert.equal(raised?.to, 'active');
    assert.deepEqual([resolved?.to, resolved?.observationId], ['resolved', version]);
    await rules.remove(rule.id);
  }
});

void test('an alert whose Datastream goes is resolved with the Observation that began it as cause', async (t) => {
  const { log, rules, facts } = open(t, 1);
  accepted(await rules.put(draft));
  const raised = appendReading(log, 1, 1_000, 50);
  await settle(log, rules);
  facts.delete(1);
  await until(() => transitionsIn(log).length === 2);
  assert.deepEqual(transitionsIn(log).map(keyOf), [`${raised} active`, `${raised} resolved`]);
});

void test('an open alert whose Datastream went while the process was down is resolved after the start', async (t) => {
  const { log, rules, facts, copy, openCopy } = open(t);
  accepted(await rules.put(draft));
  const saved = copy();
  appendReading(log, 1, 1_000, 50);
  await settle(log, rules);
  facts.delete(1);
  const left = log.survivor();
  const again = openCopy(saved, left);
  await settle(left, again);
  assert.deepEqual(
    transitionsIn(left).map(({ to }) => to),
    ['active', 'resolved'],
  );
});

void test('transitions wait and keep their order while the log takes nothing', async (t) => {
  const { log, rules } = open(t);
  accepted(await rules.put(draft));
  for (const [index, value] of [50, 1, 50, 1].entries()) appendReading(log, 1, index * 1_000, value);
  log.refuseNext(2);
  await until(() => transitionsIn(log).length === 4);
  assert.deepEqual(
    transitionsIn(log).map(({ to }) => to),
    ['active', 'resolved', 'active', 'resolved'],
  );
});

void test('the position is kept only behind transitions that are durable', async (t) => {
  const { log, rules } = open(t, 1);
  accepted(await rules.put(draft));
  appendReading(log, 1, 1_000, 50);
  log.sync();
  const before = log.durableSequence;
  log.hold();
  await until(() => log.nextSequence > before);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(
    (log.positions().get('rules') ?? 0) < before,
    'the transition is not durable, so its cause must be judged again',
  );
  log.release();
  await until(() => (log.positions().get('rules') ?? 0) >= before);
});

void test('killed anywhere and begun again from what was saved, the same keys stand in the log', async (t) => {
  const reading = fc.record({
    datastream: fc.integer({ min: 1, max: 3 }),
    delta: fc.integer({ min: -5, max: 90 }),
    value: fc.nat(20),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(reading, { minLength: 1, maxLength: 40 }),
      fc.nat(40),
      fc.nat(40),
      async (readings, first, second) => {
        const place = open(t, 100_000);
        const { log, rules } = place;
        const rule = accepted(await rules.put({ ...draft, binding: { observedPropertyId: 1 }, forSeconds: 60 }));
        place.facts.set(datastreamFacts(3));
        let time = 0;
        const [saveAt, killAt] = [Math.min(first, second), Math.max(first, second)];
        let running = rules;
        let saved = '';
        let left = log;
        for (const [index, { datastream, delta, value }] of readings.entries()) {
          time += delta * 1_000;
          if (index === saveAt) {
            // A clean end saves everything; a copy of it is what an earlier save would have left.
            await settle(left, running);
            await running.close();
            saved = place.copy();
            running = place.openCopy(saved, left);
          }
          if (index === killAt && saved !== '') {
            await settle(left, running);
            left = left.survivor();
            running = place.openCopy(saved, left);
          }
          appendReading(left, datastream, time, value);
        }
        await settle(left, running);
        const found = new Set(transitionsIn(left).map(fullKey));
        assert.deepEqual([...found].sort(), expectedKeys(left, rule).sort());
      },
    ),
    { numRuns: 25 },
  );
});

/** What an evaluation that is never interrupted says about the readings of a log. */
function expectedKeys(log: MemoryLog, rule: Rule): string[] {
  const evaluators = new Map<number, Evaluator>();
  const names = Object.entries(steps);
  return log.frames.flatMap(({ kind, payload }) => {
    const keys: string[] = [];
    const cursor = new RowCursor(payload);
    while (kind === recordKinds.observations && cursor.advance()) {
      const { datastreamId, id } = cursor;
      const evaluator = evaluators.get(datastreamId) ?? new Evaluator(rule.id, datastreamId, rule);
      evaluators.set(datastreamId, evaluator);
      const step = evaluator.judge(id, cursor.phenomenonStart, cursor.resultNumber);
      const name = names.find(([, value]) => value === step)?.[0] ?? '';
      if (step !== steps.none && step !== steps.late) keys.push(`${datastreamId} ${id} ${name}`);
    }
    return keys;
  });
}

interface Place {
  readonly log: MemoryLog;
  readonly rules: Rules;
  readonly facts: FactsTable;
  readonly reopen: (log: MemoryLog) => Promise<Rules>;
  /** Copies the files as they are: what kill -9 leaves. Returns the copy's path. */
  readonly copy: () => string;
  readonly openCopy: (saved: string, log: MemoryLog) => Rules;
}

function open(t: TestContext, saveMillis = 1_000): Place {
  const directory = mkdtempSync(join(tmpdir(), 'belfry-rules-'));
  const facts = new FactsTable();
  facts.set(datastreamFacts(1), datastreamFacts(2));
  const opened = new Set<Rules>();
  t.after(async () => {
    for (const rules of opened) await rules.close().catch(() => undefined);
    rmSync(directory, { recursive: true });
  });
  const openAt = (path: string, log: MemoryLog): Rules => {
    const rules = openRules({ path: join(path, 'rules.sqlite'), log, registry: facts, clock: systemClock, saveMillis });
    opened.add(rules);
    return rules;
  };
  let copies = 0;
  const copyOf = (path: string): string => {
    copies += 1;
    const target = join(directory, `copy-${copies}`);
    cpSync(path, target, { recursive: true, filter: (source) => !source.includes('copy-') || path.includes('copy-') });
    return target;
  };
  const main = mkdtempSync(join(directory, 'main-'));
  const log = new MemoryLog();
  const rules = openAt(main, log);
  return {
    log,
    rules,
    facts,
    reopen: async (log) => {
      await rules.close();
      return openAt(main, log);
    },
    copy: () => copyOf(main),
    openCopy: (saved, log) => openAt(copyOf(saved), log),
  };
}

/** Until everything that was appended is judged, and what came of it too. */
async function settle(log: MemoryLog, rules: Rules): Promise<void> {
  for (let end = 0; end !== log.nextSequence;) {
    end = log.nextSequence;
    log.sync();
    await rules.caughtUp(end, AbortSignal.timeout(10_000));
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    assert.ok(tries < 2_000, 'it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function transitionsIn(log: MemoryLog): TransitionRecord[] {
  return log.frames
    .filter(({ kind }) => kind === recordKinds.transitions)
    .flatMap(({ payload }) => linesOf(payload).map(parseTransition));
}

function keyOf({ observationId, to }: TransitionRecord): string {
  return `${observationId} ${to}`;
}

function fullKey({ datastreamId, observationId, to }: TransitionRecord): string {
  return `${datastreamId} ${observationId} ${to}`;
}

function accepted<T>(outcome: T | Refusal): T {
  if (isRefusal(outcome)) throw new Error(outcome.detail);
  return outcome;
}

function outcomeCode(outcome: unknown): string {
  return isRefusal(outcome) ? outcome.code : 'accepted';
}
