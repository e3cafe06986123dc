import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { capSchema, withoutXmllint, xmllint } from '../../testkit/xmllint.ts';
import type { AlertRow, CapRow } from './alert-rows.ts';
import { capArea } from './cap-area.ts';
import { capTime, headlineText } from './cap-message.ts';
import { composeCap, type CapOptions, type CapOccasion } from './cap-publisher.ts';

const options: CapOptions = { sender: 'warnings@town.example', senderName: 'Town & country <fire>', status: 'Actual' };
const now = Date.UTC(2026, 10, 24, 12, 0, 0, 567);
const alert: AlertRow = {
  id: 4711,
  state: 'active',
  ruleId: 3,
  rule: { name: 'high water', event: 'Flood', severity: 'Severe', category: 'Met', direction: 'above' },
  datastreamId: 1,
  datastreamName: 'level',
  thingId: 10,
  thingName: 'bridge gauge',
  unitSymbol: 'm',
  value: 12.5,
  threshold: 10,
  pendingSince: now - 60_000,
  activeSince: now - 1,
  resolvedAt: null,
  capIdentifiers: [],
};
const point = { geometry: { type: 'Point', coordinates: [8.123456789, -47.5] } };

void test('an Alert says what, where, how grave and until when, in the order of CAP 1.2', () => {
  const { xml } = composeCap(options, 36, alert, 'alert', [], point, now);
  assert.equal(
    xml,
    `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>warnings-town.example.10.4711.1</identifier>
<sender>warnings@town.example</sender>
<sent>2026-11-24T12:00:00-00:00</sent>
<status>Actual</status>
<msgType>Alert</msgType>
<scope>Public</scope>
<info>
<language>en-US</language>
<category>Met</category>
<event>Flood</event>
<responseType>Monitor</responseType>
<urgency>Immediate</urgency>
<severity>Severe</severity>
<certainty>Observed</certainty>
<onset>2026-11-24T12:00:00-00:00</onset>
<expires>2026-11-25T12:00:00-00:00</expires>
<senderName>Town &amp; country &lt;fire&gt;</senderName>
<headline>Flood: bridge gauge</headline>
<description>level: 12.5 m, at or above 10 m.</description>
${[
  ['value', '12.5'],
  ['threshold', '10'],
  ['unit', 'm'],
  ['alertId', '4711'],
  ['ruleId', '3'],
  ['datastreamId', '1'],
  ['thingId', '10'],
]
  .map(([name, value]) => `<parameter>\n<valueName>belfry:${name}</valueName>\n<value>${value}</value>\n</parameter>`)
  .join('\n')}
<area>
<areaDesc>bridge gauge</areaDesc>
<circle>-47.5,8.123457 1</circle>
</area>
</info>
</alert>
`,
  );
});

void test('an Update refers to all messages that are still in force, and is sent after each of them', () => {
  const chain: CapRow[] = [];
  const occasions: readonly [CapOccasion, number][] = [
    ['alert', now],
    ['renewal', now + 22 * 3_600_000],
    ['renewal', now + 44 * 3_600_000],
    ['all-clear', now + 44 * 3_600_000],
  ];
  const documents = occasions.map(([occasion, time]) => {
    const { row, xml } = composeCap(options, 36, alert, occasion, chain, point, time);
    chain.push(row);
    return xml;
  });
  assert.deepEqual(
    documents.map((xml) => (/<references>(.*)<\/references>/.exec(xml)?.[1] ?? '').split(' ').filter(Boolean).length),
    [0, 1, 1, 2],
  );
  assert.deepEqual(
    chain.map(({ msgType }) => msgType),
    ['Alert', 'Update', 'Update', 'Update'],
  );
  for (const [index, { sent }] of chain.entries()) assert.ok(sent > (chain[index - 1]?.sent ?? 0));
  assert.equal(chain.at(-1)?.urgency, 'Past');
});

void test('an all-clear refers to the last message even where all have run out', () => {
  const first = composeCap(options, 36, alert, 'alert', [], point, now);
  const { xml } = composeCap(options, 36, alert, 'all-clear', [first.row], point, now + 99 * 3_600_000);
  assert.ok(xml.includes(`<references>${options.sender},${first.row.identifier},`));
});

void test('times have neither Z nor fractions of a second (CAP 1.2, 3.3.2)', () => {
  assert.equal(capTime(now), '2026-11-24T12:00:00-00:00');
});

void test('a headline is one line of at most 140 characters, cut between characters', () => {
  assert.equal(headlineText(' a\n b\tc '), 'a b c');
  const long = headlineText('😀'.repeat(100));
  assert.ok(long.length <= 140 && long.isWellFormed() && long.endsWith('…'));
});

const areas: readonly { name: string; geometry: unknown; polygons?: readonly string[]; circles?: readonly string[] }[] =
  [
    { name: 'a Point', geometry: { type: 'Point', coordinates: [8, 47, 400] }, circles: ['47,8 1'] },
    {
      name: 'a Feature',
      geometry: { type: 'Feature', geometry: { type: 'Point', coordinates: [-0.0000001, 0] } },
      circles: ['0,0 1'],
    },
    {
      name: 'an open ring, which is closed',
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [8, 47],
            [9, 47],
            [9, 48],
          ],
        ],
      },
      polygons: ['47,8 47,9 48,9 47,8'],
    },
    {
      name: 'a ring with a hole and a second polygon',
      geometry: {
        type: 'MultiPolygon',
        coordinates: [
          [
            [
              [0, 0],
              [1, 0],
              [1, 1],
              [0, 0],
            ],
            [
              [0.1, 0.1],
              [0.2, 0.1],
              [0.2, 0.2],
              [0.1, 0.1],
            ],
          ],
          [
            [
              [5, 5],
              [6, 5],
              [6, 6],
              [5, 5],
            ],
          ],
        ],
      },
      polygons: ['0,0 0,1 1,1 0,0', '5,5 5,6 6,6 5,5'],
    },
    {
      name: 'a line',
      geometry: {
        type: 'LineString',
        coordinates: [
          [0, 0],
          [0, 1],
        ],
      },
      circles: ['0.5,0 56.597'],
    },
    { name: 'a latitude that is none', geometry: { type: 'Point', coordinates: [8, 91] } },
    { name: 'a text for a place', geometry: { type: 'Point', coordinates: 'here' } },
    {
      name: 'a ring of two',
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 1],
          ],
        ],
      },
    },
    { name: 'no geometry', geometry: undefined },
  ];
for (const { name, geometry, polygons = [], circles = [] } of areas) {
  void test(`the area of ${name}`, () => {
    assert.deepEqual(capArea(geometry, 1), { polygons, circles });
  });
}

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(
    ']]>',
    '&#0;',
    '<!DOCTYPE a>',
    '\u0000\uFFFE',
    '\uD800',
    '\r\n',
    '',
    'a'.repeat(500),
    '"><script>',
    '&lt;',
  ),
);

void test(
  'whatever people call things, the message is valid by the schema of CAP 1.2',
  { skip: withoutXmllint(true) },
  () => {
    const coordinates = fc.tuple(
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.double({ min: -90, max: 90, noNaN: true }),
    );
    const geometry = fc.oneof(
      coordinates.map((pair) => ({ type: 'Point', coordinates: pair })),
      fc.array(coordinates, { minLength: 3, maxLength: 6 }).map((ring) => ({ type: 'Polygon', coordinates: [ring] })),
      fc.constant(undefined),
    );
    const value = fc.double({ noNaN: true });
    const cases = fc.record({
      event: nasty,
      thing: nasty,
      datastream: nasty,
      text: nasty,
      sender: nasty,
      geometry,
      value,
    });
    fc.assert(
      fc.property(cases, ({ event, thing, datastream, text, sender, geometry, value }) => {
        const rule = { ...alert.rule, event, description: text, instruction: text };
        const own = { ...alert, rule, thingName: thing, datastreamName: datastream, unitSymbol: text, value };
        const named = { ...options, senderName: sender, note: text, contact: text, status: 'Exercise' } as const;
        const first = composeCap(named, 1, own, 'alert', [], { geometry }, now);
        const second = composeCap(named, 1, own, 'all-clear', [first.row], { geometry }, now);
        for (const { xml } of [first, second]) assert.equal(xmllint(xml, capSchema), '', xml);
      }),
      { numRuns: 40 },
    );
  },
);
