// A made-up town for looking at the console without a server: everything follows from the time and a few sine waves, so
// that the same moment always gives the same picture.
import type {
  Alert,
  AlertWithTransitions,
  DatastreamSummary,
  IngestReport,
  LiveObservation,
  Overview,
  RefusalRecord,
  Rule,
  Series,
  Severity,
  ThingSummary,
} from '@belfry/contract';

interface Property {
  readonly id: number;
  readonly name: string;
  readonly unitName: string;
  readonly unitSymbol: string;
  readonly base: number;
  readonly swing: number;
}

const property = (
  id: number,
  name: string,
  unitName: string,
  unitSymbol: string,
  base: number,
  swing: number,
): Property => ({
  id,
  name,
  unitName,
  unitSymbol,
  base,
  swing,
});

const air = [
  property(1, 'PM2.5', 'microgram per cubic metre', 'ug/m3', 82, 60),
  property(2, 'PM10', 'microgram per cubic metre', 'ug/m3', 120, 70),
  property(3, 'SO2', 'microgram per cubic metre', 'ug/m3', 14, 9),
  property(4, 'NO2', 'microgram per cubic metre', 'ug/m3', 52, 28),
  property(5, 'CO', 'microgram per cubic metre', 'ug/m3', 1300, 700),
  property(6, 'O3', 'microgram per cubic metre', 'ug/m3', 58, 50),
  property(7, 'Air temperature', 'degree Celsius', 'Cel', 8, 7),
  property(8, 'Air pressure', 'hectopascal', 'hPa', 1013, 6),
  property(9, 'Dew point', 'degree Celsius', 'Cel', -3, 5),
  property(10, 'Precipitation', 'millimetre', 'mm', 0.3, 0.3),
  property(11, 'Wind speed', 'metre per second', 'm/s', 2.4, 1.6),
];
const river = [
  property(12, 'Water level', 'metre', 'm', 2.4, 0.8),
  property(13, 'Discharge', 'cubic metre per second', 'm3/s', 41, 18),
];
const coldRoom = [property(14, 'Cold room temperature', 'degree Celsius', 'Cel', 4, 1.4)];

const places: readonly [
  name: string,
  longitude: number,
  latitude: number,
  properties: readonly Property[],
  offset: number,
][] = [
  ['Aotizhongxin', 116.397, 39.982, air, 0.3],
  ['Changping', 116.23, 40.217, air, -0.6],
  ['Dingling', 116.22, 40.292, air, -0.9],
  ['Dongsi', 116.417, 39.929, air, 1.4],
  ['Guanyuan', 116.339, 39.929, air, 0.5],
  ['Gucheng', 116.184, 39.914, air, 0.9],
  ['Huairou', 116.628, 40.328, air, -0.7],
  ['Nongzhanguan', 116.461, 39.937, air, 0.6],
  ['Shunyi', 116.655, 40.127, air, -0.2],
  ['Tiantan', 116.407, 39.886, air, 0.7],
  ['Wanliu', 116.287, 39.987, air, 0.2],
  ['Wanshouxigong', 116.352, 39.878, air, 1.1],
  ['Chaobai River, gauge 1', 116.75, 40.21, river, 0.2],
  ['Chaobai River, gauge 2', 116.77, 40.05, river, 0.5],
  ['Food bank, cold room 3', 116.52, 39.82, coldRoom, 0],
];

export interface FakeTown {
  overview(now: number): Overview;
  series(id: number, from: number, to: number, points: number): Series | null;
  rules(): readonly Rule[];
  alerts(now: number): readonly AlertWithTransitions[];
  ingest(now: number, startedAt: number, thingId: number | null): IngestReport;
  live(now: number): readonly LiveObservation[];
}

const minute = 60_000;
const hour = 60 * minute;

export function createFakeTown(): FakeTown {
  const streams = new Map<number, { readonly facts: Property; readonly offset: number }>();
  for (const [place, [, , , properties, offset]] of places.entries()) {
    for (const [index, facts] of properties.entries()) streams.set(place * 20 + index + 1, { facts, offset });
  }

  const valueAt = (id: number, time: number): number => {
    const stream = streams.get(id);
    if (stream === undefined) return 0;
    const { base, swing } = stream.facts;
    const day = Math.sin((time / (24 * hour)) * 2 * Math.PI + id * 0.13);
    const slow = Math.sin(time / (63 * hour) + id * 0.7);
    const noise =
      Math.sin(time / 7e5 + id) * Math.sin(time / 1.9e6 + id * 3) * 0.3 + Math.sin(time / 61_000 + id) * 0.06;
    const value = base + swing * (0.55 * day + 0.35 * slow + noise + stream.offset * 0.5);
    return Math.round((base >= 0 && base - swing >= -1 ? Math.max(0, value) : value) * 100) / 100;
  };

  const things = (now: number): ThingSummary[] => {
    const alerts = alertsAt(now).filter((alert) => alert.state === 'active');
    return places.map(([name, longitude, latitude, properties], place) => ({
      id: place + 1,
      name,
      description: descriptionOf(properties, name),
      simulated: properties !== air,
      position: [longitude, latitude],
      alertSeverity: alerts.find((alert) => alert.thingId === place + 1)?.severity ?? null,
      datastreams: properties.map((facts, index) => {
        const id = place * 20 + index + 1;
        const datastream: DatastreamSummary = {
          id,
          name: `${facts.name} at ${name}`,
          observedProperty: facts.name,
          observedPropertyId: facts.id,
          unitName: facts.unitName,
          unitSymbol: facts.unitSymbol,
          newest: newestOf(id, index, now),
          alertSeverity: alerts.find((alert) => alert.datastreamId === id)?.severity ?? null,
        };
        return datastream;
      }),
    }));
  };

  const newestOf = (id: number, index: number, now: number): DatastreamSummary['newest'] => {
    // One station's instrument is silent, and one never spoke: both must look like it.
    if (id === 6 * 20 + 1) return null;
    const age = id === 2 * 20 + 1 ? 9 * hour : ((id * 7) % 40) * 1000 + (index > 6 ? 4 * minute : 0);
    return { observationId: 5_000_000 + id, time: new Date(now - age).toISOString(), value: valueAt(id, now - age) };
  };

  const alertsAt = (now: number): AlertWithTransitions[] => [
    alert(9_001, 'Severe', 'active', 4, 3 * 20 + 1, now - 47 * minute, { value: 163.4, threshold: 150 }),
    alert(9_002, 'Moderate', 'active', 12, 11 * 20 + 1, now - 3 * hour, { value: 118.2, threshold: 115 }),
    alert(9_003, 'Extreme', 'active', 14, 13 * 20 + 1, now - 12 * minute, {
      value: 3.62,
      threshold: 3.5,
      unit: 'm',
      event: 'Flood',
      rule: 'River above the flood mark',
    }),
    alert(9_004, 'Minor', 'pending', 15, 14 * 20 + 1, now - 4 * minute, {
      value: 8.1,
      threshold: 8,
      unit: 'Cel',
      event: 'Cold chain',
      rule: 'Cold room too warm',
    }),
    alert(9_005, 'Moderate', 'active', 6, 5 * 20 + 2, now - 26 * minute, {
      value: 251,
      threshold: 250,
      rule: 'PM10 above 250 µg/m³',
    }),
    alert(8_990, 'Severe', 'resolved', 10, 9 * 20 + 1, now - 30 * hour, { value: 114.8, threshold: 120 }),
    alert(8_981, 'Moderate', 'resolved', 4, 3 * 20 + 1, now - 52 * hour, { value: 98, threshold: 100 }),
  ];

  return {
    overview: (now) => ({ serverTime: new Date(now).toISOString(), value: things(now) }),
    series(id, from, to, points) {
      if (!streams.has(id)) return null;
      const beginning = Date.now() - 500 * 24 * hour;
      const start = Math.max(from, beginning);
      const bucketMillis = Math.max(minute, (to - from) / points);
      const time: number[] = [];
      for (let at = start; at < to; at += bucketMillis) {
        const inGap = Math.sin(at / (19 * hour) + id) > 0.985;
        if (!inGap) time.push(Math.round(at));
      }
      const mean = time.map((at) => valueAt(id, at));
      const spread = (streams.get(id)?.facts.swing ?? 1) * Math.min(0.6, bucketMillis / (20 * hour) + 0.04);
      return {
        datastreamId: id,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        bucketMillis,
        time,
        mean,
        min: mean.map((value) => value - spread * 0.8),
        max: mean.map((value) => value + spread),
        count: time.map(() => Math.max(1, Math.round(bucketMillis / minute))),
      };
    },
    rules: () => rules,
    alerts: alertsAt,
    ingest: (now, startedAt, thingId) => ingestAt(now, startedAt, thingId),
    live: (now) =>
      [...streams.keys()]
        .filter((id) => (id + Math.floor(now / 1000)) % 9 === 0 && id !== 6 * 20 + 1 && id !== 2 * 20 + 1)
        .map((datastreamId) => ({
          datastreamId,
          observationId: 6_000_000 + Math.floor(now / 250),
          time: now,
          value: valueAt(datastreamId, now),
        })),
  };
}

function descriptionOf(properties: readonly Property[], name: string): string {
  if (properties === air) return `Air quality station ${name}, hourly values of the municipal network.`;
  if (properties === river) return 'Gauge of the simulated river: level and discharge each minute.';
  return 'Simulated cold room of the food bank, one thermometer at the door.';
}

const rules: readonly Rule[] = [
  rule(101, 'PM2.5 above 115 µg/m³', 'Moderate', 1, 115, 100, 3600, 'Air pollution'),
  rule(102, 'PM2.5 above 150 µg/m³', 'Severe', 1, 150, 120, 3600, 'Air pollution'),
  rule(103, 'River above the flood mark', 'Extreme', 12, 3.5, 3.2, 0, 'Flood'),
  rule(104, 'Cold room too warm', 'Minor', 14, 8, 6, 600, 'Cold chain'),
  rule(105, 'PM10 above 250 µg/m³', 'Moderate', 2, 250, 200, 3600, 'Air pollution'),
];

function rule(
  id: number,
  name: string,
  severity: Severity,
  observedPropertyId: number,
  raise: number,
  clear: number,
  forSeconds: number,
  event: string,
): Rule {
  return {
    id,
    version: id,
    name,
    event,
    severity,
    category: event === 'Flood' ? 'Met' : 'Env',
    binding: { observedPropertyId },
    direction: 'above',
    raise,
    clear,
    forSeconds,
    enabled: true,
    description: `${name} for ${forSeconds / 60} minutes. The value is that of one station, not a mean of the town.`,
    instruction: 'Tell the duty engineer. Check the neighbouring stations before the public is warned.',
  };
}

interface Figures {
  readonly value: number;
  readonly threshold: number;
  readonly unit?: string;
  readonly event?: string;
  readonly rule?: string;
}

function alert(
  id: number,
  severity: Severity,
  state: Alert['state'],
  thingId: number,
  datastreamId: number,
  since: number,
  figures: Figures,
): AlertWithTransitions {
  const thingName = places[thingId - 1]?.[0] ?? '';
  const ruleName = figures.rule ?? (severity === 'Severe' ? 'PM2.5 above 150 µg/m³' : 'PM2.5 above 115 µg/m³');
  const pendingSince = since - (figures.event === 'Flood' ? 0 : hour);
  const resolvedAt = state === 'resolved' ? since + 5 * hour : null;
  const step = (
    to: Alert['state'],
    time: number,
    value: number,
    place: number,
  ): AlertWithTransitions['transitions'][number] => ({
    to,
    time: new Date(time).toISOString(),
    observationId: 4_812_000 + id + place * 720,
    value,
    threshold: figures.threshold,
    ruleVersion: 101,
    sequence: 4_812_001 + id + place * 720,
  });
  const transitions = [step('pending', pendingSince, figures.threshold * 1.02, 0)];
  if (state !== 'pending') transitions.push(step('active', since, figures.threshold * 1.05, 1));
  if (resolvedAt !== null) transitions.push(step('resolved', resolvedAt, figures.value, 2));
  return {
    id,
    state,
    ruleId: rules.find((candidate) => candidate.name === ruleName)?.id ?? 102,
    ruleName,
    event: figures.event ?? 'Air pollution',
    severity,
    datastreamId,
    datastreamName: `${figures.event === 'Flood' ? 'Water level' : 'PM2.5'} at ${thingName}`,
    thingId,
    thingName,
    unitSymbol: figures.unit ?? 'ug/m3',
    value: figures.value,
    threshold: figures.threshold,
    pendingSince: new Date(pendingSince).toISOString(),
    activeSince: state === 'pending' ? null : new Date(since).toISOString(),
    resolvedAt: resolvedAt === null ? null : new Date(resolvedAt).toISOString(),
    capIdentifiers:
      state === 'pending' ? [] : [`belfry-${id}-alert`, ...(state === 'resolved' ? [`belfry-${id}-cancel`] : [])],
    transitions,
  };
}

function ingestAt(now: number, startedAt: number, thingId: number | null): IngestReport {
  const end = Math.floor(now / 1000) * 1000;
  const seconds = Array.from({ length: 300 }, (_, place) => end / 1000 - 299 + place);
  const accepted = seconds.map((second) =>
    Math.round(1850 + 420 * Math.sin(second / 31) + 160 * Math.sin(second * 1.7)),
  );
  const refused = seconds.map((second) => (second % 61 < 4 ? 35 + (second % 7) * 6 : second % 17 === 0 ? 3 : 0));
  const all = refusalsAt(now);
  return {
    serverTime: new Date(now).toISOString(),
    startedAt: new Date(startedAt - 11 * hour).toISOString(),
    accepted: { mqtt: 48_211_932, http: 391_204 },
    refused: { mqtt: 1_204, http: 87 },
    refusedByCode: { 'unknown-datastream': 811, 'wrong-type': 302, 'time-out-of-range': 140, 'bad-json': 38 },
    perSecond: { end, accepted, refused },
    mqttConnections: 52,
    log: { durableSequence: 48_604_427, bytes: 3_912_004_112, trouble: null },
    consumers: [
      { name: 'store', position: 48_604_101, lag: 326, trouble: null },
      { name: 'rules', position: 48_604_427, lag: 0, trouble: null },
      { name: 'live', position: 48_604_427, lag: 0, trouble: null },
      {
        name: 'cap',
        position: 48_391_200,
        lag: 213_227,
        trouble: 'The folder /var/lib/belfry/cap cannot be written (ENOSPC): free some space on that disk.',
      },
    ],
    pressed: false,
    refusals: thingId === null ? all : all.filter((refusal) => refusal.thingId === thingId),
  };
}

function refusalsAt(now: number): RefusalRecord[] {
  const refusal = (
    seconds: number,
    source: string,
    code: string,
    detail: string,
    remedy: string,
    thingId: number | null,
  ): RefusalRecord => ({
    time: new Date(now - seconds * 1000).toISOString(),
    protocol: source.startsWith('token') ? 'http' : 'mqtt',
    source,
    code,
    detail,
    remedy,
    datastreamId: thingId === null ? null : thingId * 20 - 19,
    thingId,
  });
  return [
    refusal(
      8,
      'station-dongsi',
      'wrong-type',
      'result is "n/a", and Datastream 61 takes numbers (OM_Measurement).',
      'Send a result of that type, or change the observationType of the Datastream.',
      4,
    ),
    refusal(
      95,
      'gateway-17',
      'unknown-datastream',
      'The topic v1.1/Datastreams(9999)/Observations names Datastream 9999, which does not exist.',
      'Create the Datastream first, or correct the id in the topic or address.',
      null,
    ),
    refusal(
      310,
      'token import-2',
      'time-out-of-range',
      'phenomenonTime 9999-12-31T23:59:59Z is more than 24 h ahead of this server.',
      "Check the device's clock; the detail gives the bounds.",
      6,
    ),
    refusal(
      4000,
      'station-dongsi',
      'bad-json',
      'The message ends after 41 bytes inside of a string.',
      'Send one JSON document in UTF-8. NaN and Infinity are not JSON: send null where there is no value.',
      4,
    ),
  ];
}
