import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Alert } from '@belfry/contract';
import { MemoryLog } from '../../testkit/memory-log.ts';
import { datastreamFacts, FactsTable } from '../../testkit/observations.ts';
import { recordKinds, type TransitionRecord } from '../domain/mod.ts';
import { systemClock } from '../kernel/mod.ts';
import { openAlerts, type Alerts, type AlertsOptions } from './alerts.ts';
import type { AlertFilter } from './alert-store.ts';

const all: AlertFilter = { states: [], severities: [], thingIds: [], limit: 100 };

void test('an alert goes from pending over active to resolved, with its transitions and two CAP messages', async (t) => {
  const { log, alerts } = open(t);
  const told: Alert[] = [];
  alerts.onChange((alert) => told.push(alert));
  const first = append(log, 'pending', 1, 5_000);
  append(log, 'active', 2, 65_000);
  append(log, 'resolved', 3, 99_000, 7);
  await settle(log, alerts);
  const alert = alerts.get(first);
  assert.ok(alert !== undefined);
  assert.equal(alert.state, 'resolved');
  assert.equal(alert.pendingSince, '1970-01-01T00:00:05.000Z');
  assert.equal(alert.activeSince, '1970-01-01T00:01:05.000Z');
  assert.equal(alert.resolvedAt, '1970-01-01T00:01:39.000Z');
  assert.deepEqual(
    [alert.thingName, alert.datastreamName, alert.unitSymbol, alert.value],
    ['gauge 1', 'level 1', 'm', 7],
  );
  assert.deepEqual(
    alert.transitions.map(({ to, observationId }) => [to, observationId]),
    [
      ['pending', 1],
      ['active', 2],
      ['resolved', 3],
    ],
  );
  assert.deepEqual(
    told.map(({ state, capIdentifiers }) => [state, capIdentifiers.length]),
    [
      ['pending', 0],
      ['active', 1],
      ['resolved', 2],
    ],
  );
  const [warning, allClear] = alert.capIdentifiers.map((identifier) => alerts.capMessage(identifier));
  assert.equal(warning?.message.msgType, 'Alert');
  assert.match(allClear?.xml ?? '', /<msgType>Update<\/msgType>[^]*<responseType>AllClear<\/responseType>/);
  assert.ok(allClear?.xml.includes(`<references>warnings@town.example,${alert.capIdentifiers[0]},`));
});

void test('a pending alert that is resolved was never active, and nothing is published for it', async (t) => {
  const { log, alerts } = open(t);
  const id = append(log, 'pending', 1, 0);
  append(log, 'resolved', 2, 1_000);
  await settle(log, alerts);
  const alert = alerts.get(id);
  assert.deepEqual([alert?.state, alert?.activeSince, alert?.capIdentifiers], ['resolved', null, []]);
});

void test('records that are in the log twice count once, in any batch', async (t) => {
  const { log, alerts } = open(t);
  const told: Alert[] = [];
  alerts.onChange((alert) => told.push(alert));
  for (let round = 0; round < 3; round += 1) {
    append(log, 'active', 1, 0);
    append(log, 'resolved', 2, 1_000);
    append(log, 'active', 3, 2_000);
    if (round === 1) log.sync();
  }
  await settle(log, alerts);
  const { count, alerts: list } = alerts.list(all);
  assert.equal(count, 2);
  assert.equal(told.length, 3);
  assert.deepEqual(
    list.map(({ state, capIdentifiers }) => [state, capIdentifiers.length]),
    [
      ['active', 1],
      ['resolved', 2],
    ],
  );
});

void test('killed after any record, each transition and each CAP message is there once, with the sent time it had', async (t) => {
  const lives: readonly (readonly [TransitionRecord['to'], number])[] = [
    ['pending', 1],
    ['active', 2],
    ['resolved', 3],
    ['active', 4],
    ['resolved', 5],
  ];
  for (let killAt = 0; killAt <= lives.length; killAt += 1) {
    const place = open(t);
    for (const [to, observation] of lives.slice(0, killAt)) append(place.log, to, observation, observation * 1_000);
    await settle(place.log, place.alerts);
    const before = xmlOf(place.alerts);
    const left = place.log.survivor();
    const again = place.openCopy(left);
    // The rules, killed too, append again what they had appended.
    for (const [to, observation] of lives) append(left, to, observation, observation * 1_000);
    await settle(left, again);
    assert.equal(again.list(all).count, 2, `killed at ${killAt}`);
    const after = xmlOf(again);
    assert.equal(after.length, 4);
    for (const document of before) assert.ok(after.includes(document), 'a published message never changes');
  }
});

void test('lists are filtered and run by pages, newest first', async (t) => {
  const { log, alerts, facts } = open(t);
  for (let id = 1; id <= 7; id += 1) {
    facts.set(datastreamFacts(id));
    append(log, id % 2 === 0 ? 'pending' : 'active', id, 0, 12, { datastreamId: id });
  }
  await settle(log, alerts);
  assert.equal(alerts.list({ ...all, states: ['active'] }).count, 4);
  assert.equal(alerts.list({ ...all, states: ['active', 'pending'] }).count, 7);
  assert.equal(alerts.list({ ...all, severities: ['Minor'] }).count, 0);
  assert.deepEqual(
    alerts.list({ ...all, thingIds: [30, 40] }).alerts.map(({ thingId }) => thingId),
    [40, 30],
  );
  const seen: number[] = [];
  let page = alerts.list({ ...all, limit: 3 });
  for (; ; page = alerts.list({ ...all, limit: 3, before: page.next ?? 0 })) {
    seen.push(...page.alerts.map(({ datastreamId }) => datastreamId));
    assert.equal(page.count, 7);
    if (page.next === undefined) break;
  }
  assert.deepEqual(seen, [7, 6, 5, 4, 3, 2, 1]);
});

void test('the highest severity of the active alerts on a Datastream is known, also after a restart', async (t) => {
  const place = open(t);
  const { log, alerts } = place;
  append(log, 'active', 1, 0);
  append(log, 'active', 2, 0, 12, { ruleId: 2, rule: { ...record.rule, severity: 'Extreme' } });
  append(log, 'pending', 3, 0, 12, { datastreamId: 2 });
  await settle(log, alerts);
  assert.equal(alerts.activeSeverity(1), 'Extreme');
  assert.equal(alerts.activeSeverity(2), null);
  const again = place.openCopy(log.survivor());
  assert.equal(again.activeSeverity(1), 'Extreme');
  append(log, 'resolved', 9, 1_000, 1, { ruleId: 2 });
  await settle(log, alerts);
  assert.equal(alerts.activeSeverity(1), 'Severe');
  append(log, 'resolved', 9, 1_000, 1);
  await settle(log, alerts);
  assert.equal(alerts.activeSeverity(1), null);
});

void test('a place that cannot be found keeps no warning back, and a simulated Thing gives an exercise', async (t) => {
  const broken = open(t, { positionOf: () => Promise.reject(new Error('the registry is gone')) });
  append(broken.log, 'active', 1, 0);
  await settle(broken.log, broken.alerts);
  assert.match(xmlOf(broken.alerts)[0] ?? '', /<status>Actual<\/status>[^]*<areaDesc>gauge 1<\/areaDesc>\n<\/area>/);

  const geometry = { type: 'Point', coordinates: [8.5, 47.25] };
  const simulated = open(t, { positionOf: () => Promise.resolve({ geometry, simulated: true }) });
  append(simulated.log, 'active', 1, 0);
  await settle(simulated.log, simulated.alerts);
  const [xml = ''] = xmlOf(simulated.alerts);
  assert.match(xml, /<status>Exercise<\/status>[^]*<note>This message is not an actual warning/);
  assert.match(xml, /<circle>47.25,8.5 1<\/circle>/);
  assert.equal(simulated.alerts.capMessages('Actual', 0).length, 0);
  assert.equal(simulated.alerts.capMessages('Exercise', 0).length, 1);
});

void test('a CAP message is renewed before it runs out, as long as its alert is active', async (t) => {
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now, monotonic: () => performance.now() };
  const { log, alerts } = open(t, { clock, renewEveryMillis: 5, cap: { ...cap, expiresMillis: 86_400_000 } });
  const id = append(log, 'active', 1, now);
  const other = append(log, 'active', 2, now, 12, { datastreamId: 2 });
  append(log, 'resolved', 3, now, 1, { datastreamId: 2 });
  await settle(log, alerts);
  for (let day = 1; day <= 3; day += 1) {
    now += 23 * 3_600_000;
    while (alerts.get(id)?.capIdentifiers.length !== day + 1) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(alerts.get(other)?.capIdentifiers.length, 2);
  const [newest] = alerts.capMessages('Actual', now);
  assert.equal(newest?.msgType, 'Update');
  assert.ok((newest?.expires ?? 0) >= now + 86_400_000);
  // Older than asked for, and still in force.
  assert.equal(alerts.capMessages('Actual', now + 1).length, 2);
});

void test('a line that is no transition is left out, and what follows is applied', async (t) => {
  const { log, alerts } = open(t);
  const line = Buffer.from('{"to":"active"}\n');
  log.append(recordKinds.transitions, line, 0, line.length);
  append(log, 'active', 1, 0);
  await settle(log, alerts);
  assert.equal(alerts.list(all).count, 1);
});

void test('a CAP sender with characters that CAP forbids keeps the server from starting', () => {
  assert.throws(
    () => openAlerts({ ...options(new MemoryLog(), new FactsTable(), ''), cap: { ...cap, sender: 'a b' } }),
    RangeError,
  );
});

const cap = { sender: 'warnings@town.example', senderName: 'Town', status: 'Actual' } as const;
const record: TransitionRecord = {
  ruleId: 1,
  ruleVersion: 1,
  datastreamId: 1,
  observationId: 1,
  to: 'active',
  time: 0,
  value: 12,
  threshold: 10,
  rule: { name: 'high water', event: 'Flood', severity: 'Severe', category: 'Met', direction: 'above' },
};

function append(
  log: MemoryLog,
  to: TransitionRecord['to'],
  observationId: number,
  time: number,
  value = 12,
  changes: Partial<TransitionRecord> = {},
): number {
  const line = Buffer.from(`${JSON.stringify({ ...record, to, observationId, time, value, ...changes })}\n`);
  return log.append(recordKinds.transitions, line, 0, line.length);
}

function options(log: MemoryLog, facts: FactsTable, path: string): AlertsOptions {
  return { path, log, registry: facts, clock: systemClock, cap, positionOf: () => Promise.resolve(undefined) };
}

interface Place {
  readonly log: MemoryLog;
  readonly alerts: Alerts;
  readonly facts: FactsTable;
  /** What a start after kill -9 finds: the files as they are now. */
  readonly openCopy: (log: MemoryLog) => Alerts;
}

function open(t: TestContext, changes: Partial<AlertsOptions> = {}): Place {
  const directory = mkdtempSync(join(tmpdir(), 'belfry-alerts-'));
  const facts = new FactsTable();
  facts.set(datastreamFacts(1), datastreamFacts(2));
  const opened = new Set<Alerts>();
  t.after(async () => {
    for (const alerts of opened) await alerts.close();
    rmSync(directory, { recursive: true });
  });
  const openAt = (folder: string, log: MemoryLog): Alerts => {
    const alerts = openAlerts({ ...options(log, facts, join(folder, 'alerts.sqlite')), ...changes });
    opened.add(alerts);
    return alerts;
  };
  const main = mkdtempSync(join(directory, 'main-'));
  const log = new MemoryLog();
  return {
    log,
    facts,
    alerts: openAt(main, log),
    openCopy: (log) => {
      const target = `${mkdtempSync(join(directory, 'copy-'))}/files`;
      cpSync(main, target, { recursive: true });
      return openAt(target, log);
    },
  };
}

async function settle(log: MemoryLog, alerts: Alerts): Promise<void> {
  log.sync();
  await alerts.caughtUp(log.nextSequence, AbortSignal.timeout(10_000));
}

function xmlOf(alerts: Alerts): string[] {
  const identifiers = alerts.list(all).alerts.flatMap(({ capIdentifiers }) => capIdentifiers);
  return identifiers.map((identifier) => alerts.capMessage(identifier)?.xml ?? '');
}
