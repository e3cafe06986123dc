import type { Alert, ThingSummary } from '@belfry/contract';
import { expect, test } from 'vitest';
import { mergeAlert, mergeObservations, withAlerts } from './merge.ts';

function thing(id: number, newestMillis: number | null): ThingSummary {
  const newest =
    newestMillis === null ? null : { observationId: 100, time: new Date(newestMillis).toISOString(), value: 1 };
  return {
    id,
    name: `Thing ${id}`,
    description: '',
    simulated: false,
    position: null,
    alertSeverity: null,
    datastreams: [
      {
        id: id * 10,
        name: '',
        observedProperty: 'PM2.5',
        observedPropertyId: 1,
        unitName: '',
        unitSymbol: 'ug/m3',
        newest,
        alertSeverity: null,
      },
    ],
  };
}

function alert(id: number, state: Alert['state'], severity: Alert['severity'], thingId = 1): Alert {
  return {
    id,
    state,
    severity,
    ruleId: 1,
    ruleName: '',
    event: '',
    datastreamId: thingId * 10,
    datastreamName: '',
    thingId,
    thingName: '',
    unitSymbol: '',
    value: 1,
    threshold: 1,
    pendingSince: '2026-01-01T00:00:00Z',
    activeSince: null,
    resolvedAt: null,
    capIdentifiers: [],
  };
}

test('a newer reading takes the place of the known one, and only its Thing changes', () => {
  const things = [thing(1, 1_000), thing(2, 1_000)];
  const merged = mergeObservations(things, [{ datastreamId: 10, observationId: 101, time: 2_000, value: 7.5 }]);
  expect(merged[0]?.datastreams[0]?.newest).toEqual({
    observationId: 101,
    time: '1970-01-01T00:00:02.000Z',
    value: 7.5,
  });
  expect(merged[1]).toBe(things[1]);
});

test('a first reading and a text are taken', () => {
  const merged = mergeObservations(
    [thing(1, null)],
    [{ datastreamId: 10, observationId: 5, time: 0, value: null, text: 'open' }],
  );
  expect(merged[0]?.datastreams[0]?.newest).toMatchObject({ value: null, text: 'open' });
});

test('an older reading, a repeated one and one of an unknown Datastream change nothing', () => {
  const things = [thing(1, 1_000)];
  for (const observation of [
    { datastreamId: 10, observationId: 900, time: 999, value: 2 },
    { datastreamId: 10, observationId: 100, time: 1_000, value: 2 },
    { datastreamId: 77, observationId: 900, time: 5_000, value: 2 },
  ]) {
    expect(mergeObservations(things, [observation])).toBe(things);
  }
});

test('of two readings at the same time the later one in the log counts', () => {
  const merged = mergeObservations(
    [thing(1, 1_000)],
    [{ datastreamId: 10, observationId: 101, time: 1_000, value: 9 }],
  );
  expect(merged[0]?.datastreams[0]?.newest?.value).toBe(9);
});

test('an alert is in the list once, and leaves it when resolved', () => {
  const pending = mergeAlert([], alert(1, 'pending', 'Severe'));
  const active = mergeAlert(pending, alert(1, 'active', 'Severe'));
  expect(active.map(({ state }) => state)).toEqual(['active']);
  expect(mergeAlert(active, alert(1, 'resolved', 'Severe'))).toEqual([]);
});

test('a Thing has the worst severity of its active alerts; pending ones and those of others do not count', () => {
  const alerts = [
    alert(1, 'active', 'Minor'),
    alert(2, 'active', 'Severe'),
    alert(3, 'pending', 'Extreme'),
    alert(4, 'active', 'Extreme', 2),
  ];
  const [first, second] = withAlerts([thing(1, null), thing(2, null)], alerts, 1);
  expect(first?.alertSeverity).toBe('Severe');
  expect(first?.datastreams[0]?.alertSeverity).toBe('Severe');
  expect(second?.alertSeverity).toBeNull();
});
