import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { honest, watching } from './people-limits-cases.ts';
import { honestPhrases, peopleLimitGroups, peopleLimits, peopleLimitsVersion } from './people-limits-list.ts';
import { compilePhrase } from './people-limits-pattern.ts';
import { faultsOfPeopleLimits, judgeRegistration } from './people-limits.ts';

function asBody(body: unknown): unknown {
  return typeof body === 'string' ? { name: body, description: '' } : body;
}

test('what is for recognising, following or rating persons is refused, with the entry that says why', () => {
  assert.ok(watching.length >= 60);
  const wrong: string[] = [];
  for (const [id, body, entity] of watching) {
    const refusal = judgeRegistration(entity ?? 'Thing', asBody(body), []);
    if (refusal?.code !== 'watches-people' || !refusal.detail.includes(`"${id}"`)) {
      wrong.push(`${JSON.stringify(body)}: wanted ${id}, got ${refusal?.detail ?? 'no refusal'}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('every entry of the list has a case that it refuses', () => {
  const proven = new Set(watching.map(([id]) => id));
  assert.deepEqual(
    peopleLimits.map((entry) => entry.id).filter((id) => !proven.has(id)),
    [],
  );
});

test('honest names that resemble the list are registered', () => {
  assert.ok(honest.length >= 60);
  const wrong: string[] = [];
  for (const item of honest) {
    const given = typeof item === 'string' ? { body: item } : item;
    const entities =
      given.entity === undefined ? (['Thing', 'ObservedProperty', 'Datastream'] as const) : [given.entity];
    for (const entity of typeof item === 'string' ? entities : entities.slice(0, 1)) {
      const refusal = judgeRegistration(entity, asBody(given.body), []);
      if (refusal !== undefined) wrong.push(`${entity}: ${refusal.detail}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('a refusal names the entity, the field and the value', () => {
  const refusal = judgeRegistration('Thing', { name: 'Camera', properties: { use: ['x', 'face recognition'] } }, []);
  assert.equal(refusal?.field, '/properties/use/1');
  assert.match(
    refusal.detail,
    /^This Thing is not registered, because "face recognition" reads as "face-recognition"/u,
  );
});

test('a deep insert is refused for an entity within it, with the pointer to it', () => {
  const body = { name: 'x', Datastreams: [{ name: 'y', ObservedProperty: { name: 'gait' } }] };
  const refusal = judgeRegistration('Thing', body, []);
  assert.match(refusal?.detail ?? '', /^This ObservedProperty /u);
  assert.match(refusal?.field ?? '', /^\/Datastreams.*\/ObservedProperty\/name$/u);
});

test('a deployment lengthens the list', () => {
  const extra = [{ id: 'drones', phrases: ['drone* ..2 hover*'], reason: 'The council decided so.' }];
  assert.equal(judgeRegistration('Thing', { name: 'Drones that hover' }, []), undefined);
  const refusal = judgeRegistration('Thing', { name: 'Drones that hover' }, extra);
  assert.match(
    refusal?.detail ?? '',
    /"drones" \(this deployment's own list: "drones that hover"\)\. The council decided so\./u,
  );
});

test('a deployment cannot shorten the list, not even by an entry with the same id', () => {
  const attempts = [
    [{ id: 'face-recognition', phrases: [], reason: '' }],
    [{ id: 'face-recognition', phrases: ['nothing at all'], reason: 'replaced' }],
    [{ id: 'face-recognition', phrases: ['!face recognition', '-face recognition'], reason: 'removed' }],
    [{ id: 'x', phrases: ['*', '', '..9', '{none}'], reason: 'empty' }],
    [
      {
        id: 'x',
        phrases: ['face'],
        reason: 'x',
        enabled: false,
        remove: ['face-recognition'],
        honest: ['face recognition'],
      },
    ],
  ];
  for (const extra of attempts) {
    for (const [, body, entity] of watching) {
      const refusal = judgeRegistration(entity ?? 'Thing', asBody(body), extra);
      assert.equal(refusal?.code, 'watches-people', `${JSON.stringify(body)} with ${JSON.stringify(extra)}`);
    }
  }
});

test('phrases that cannot be used are told of', () => {
  assert.deepEqual(faultsOfPeopleLimits([{ id: 'a', phrases: ['drone*'], reason: 'r' }]), []);
  assert.deepEqual(faultsOfPeopleLimits([{ id: 'a', phrases: [], reason: 'r' }]), ['entry "a" has no phrases']);
  assert.equal(faultsOfPeopleLimits([{ id: 'a', phrases: ['*', '42', 'x {none|y', '..3'], reason: 'r' }]).length, 3);
});

test('the phrases of the list itself can all be used, and its ids are unique', () => {
  const phrases = [...peopleLimits.flatMap((entry) => [...entry.phrases, ...(entry.observed ?? [])]), ...honestPhrases];
  const faults = phrases
    .map((phrase) => compilePhrase(phrase, peopleLimitGroups))
    .filter((it) => typeof it === 'string');
  assert.deepEqual(faults, []);
  assert.equal(new Set(peopleLimits.map((entry) => entry.id)).size, peopleLimits.length);
});

test('an entity with a book in its properties is refused for its length, and deep nesting does no harm', () => {
  assert.equal(judgeRegistration('Thing', { description: 'a '.repeat(200_000) }, [])?.code, 'too-large');
  let nested: unknown = 'face recognition';
  for (let depth = 0; depth < 20_000; depth += 1) nested = { a: nested };
  assert.equal(judgeRegistration('Thing', { properties: nested }, [])?.code, 'watches-people');
});

test('what is not an object is left to the registry to refuse', () => {
  for (const body of [null, 4, [], true, undefined]) assert.equal(judgeRegistration('Thing', body, []), undefined);
});

test('docs/limits.md names every entry and the version of the list', async () => {
  const text = await readFile(join(import.meta.dirname, '../../../../docs/limits.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \|/gmu)].map((row) => row[1]);
  assert.deepEqual(
    rows,
    peopleLimits.map((entry) => entry.id),
  );
  assert.ok(text.includes(`## The list, version ${peopleLimitsVersion}`));
});
