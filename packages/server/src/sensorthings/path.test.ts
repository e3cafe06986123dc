import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isRefusal } from '../kernel/mod.ts';
import { parseResourcePath } from './path.ts';

const thing = { entity: 'Thing', relation: 'Things', id: 1 } as const;
const stream = { entity: 'Datastream', relation: 'Datastreams', id: 2 } as const;

/** 18-088, 9.2: the eight forms of an address, and what stands for them. */
const good = [
  ['', { kind: 'landing' }],
  ['/', { kind: 'landing' }],
  ['/CreateObservations', { kind: 'create-observations' }],
  ['/Things', { kind: 'collection', parent: [], entity: 'Thing', relation: 'Things', ref: false }],
  ['/Things/', { kind: 'collection', parent: [], entity: 'Thing', relation: 'Things', ref: false }],
  ['/Things/$ref', { kind: 'collection', parent: [], entity: 'Thing', relation: 'Things', ref: true }],
  ['/Things(1)', { kind: 'entity', path: [thing], entity: 'Thing', ref: false }],
  ['/Things%281%29', { kind: 'entity', path: [thing], entity: 'Thing', ref: false }],
  ['/Things(1)/name', { kind: 'property', path: [thing], entity: 'Thing', names: ['name'], raw: false }],
  ['/Things(1)/%40iot.id', { kind: 'property', path: [thing], entity: 'Thing', names: ['@iot.id'], raw: false }],
  ['/Things(1)/name/$value', { kind: 'property', path: [thing], entity: 'Thing', names: ['name'], raw: true }],
  [
    '/Things(1)/properties/a%2Fb/c',
    { kind: 'property', path: [thing], entity: 'Thing', names: ['properties', 'a/b', 'c'], raw: false },
  ],
  [
    '/Things(1)/Datastreams',
    { kind: 'collection', parent: [thing], entity: 'Datastream', relation: 'Datastreams', ref: false },
  ],
  [
    '/Things(1)/Datastreams/%24ref',
    { kind: 'collection', parent: [thing], entity: 'Datastream', relation: 'Datastreams', ref: true },
  ],
  [
    '/Things(1)/Datastreams(2)/Sensor/$ref',
    { kind: 'entity', path: [thing, stream, { entity: 'Sensor', relation: 'Sensor' }], entity: 'Sensor', ref: true },
  ],
  [
    '/Datastreams(2)/Thing/Locations',
    {
      kind: 'collection',
      parent: [stream, { entity: 'Thing', relation: 'Thing' }],
      entity: 'Location',
      relation: 'Locations',
      ref: false,
    },
  ],
] as const;

const bad = [
  ['/things', 'unknown-address'],
  ['/Thing', 'unknown-address'],
  ['//Things', 'unknown-address'],
  ['/Things()', 'unknown-address'],
  ['/Things(1', 'unknown-address'],
  ['/(1)', 'unknown-address'],
  ['/Things%zz', 'unknown-address'],
  ['/Things(1)/colour', 'unknown-address'],
  ['/Things(1)/Thing', 'unknown-address'],
  ['/Things(1)/name(1)', 'unknown-address'],
  ['/Things(1)/$ref/name', 'unknown-address'],
  ['/Things/name', 'unknown-address'],
  ['/Things/$value', 'unknown-address'],
  ['/Datastreams(1)/Thing(1)', 'unknown-address'],
  ['/CreateObservations/x', 'unknown-address'],
  ["/Things('1')", 'unknown-entity'],
  ["/Things('a/b')", 'unknown-entity'],
  ["/Things(%27it''s/1%27)", 'unknown-entity'],
  ['/Things(0)', 'unknown-entity'],
  ['/Things(01)', 'unknown-entity'],
  ['/Things(-1)', 'unknown-entity'],
  ['/Things(1.5)', 'unknown-entity'],
  ['/Things(9999999999999999)', 'unknown-entity'],
  ['/Things(1e3)', 'unknown-entity'],
  [`/Things(1)${'/name'.repeat(40)}`, 'unknown-address'],
  [`/Things(1)/properties/${'a'.repeat(5_000)}`, 'unknown-address'],
] as const;

describe('a resource path', () => {
  for (const [text, resource] of good) {
    test(`${text || 'nothing'} is read`, () => {
      assert.deepEqual(parseResourcePath(text), resource);
    });
  }
  for (const [text, code] of bad) {
    test(`${text.slice(0, 60)} is refused as ${code}`, () => {
      const outcome = parseResourcePath(text);
      assert.ok(isRefusal(outcome), JSON.stringify(outcome));
      assert.equal(outcome.code, code);
    });
  }

  test('any text is read or refused, and what is read says the same again', () => {
    const piece = fc.constantFrom(
      'Things',
      'Datastreams',
      '(',
      ')',
      '1',
      "'",
      '/',
      '%2F',
      '%27',
      '$ref',
      '%',
      'name',
      '2',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          const outcome = parseResourcePath(text);
          if (isRefusal(outcome) || outcome.kind !== 'entity') return;
          const again = outcome.path.map(({ relation, id }) => (id === undefined ? relation : `${relation}(${id})`));
          assert.deepEqual(parseResourcePath([...again, ...(outcome.ref ? ['$ref'] : [])].join('/')), outcome);
        },
      ),
    );
  });
});
