import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closestName } from './config-closest.ts';

const candidates = ['port', 'host', 'relay', 'trustProxy', 'futureMillisMax'];
const cases: readonly (readonly [string, string | undefined])[] = [
  ['prot', 'port'],
  ['PORT', 'port'],
  ['trust_proxy', 'trustProxy'],
  ['trustProxies', 'trustProxy'],
  ['futureMilisMax', 'futureMillisMax'],
  ['rely', 'relay'],
  ['zookeeper', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
];
for (const [name, expected] of cases) {
  test(`${JSON.stringify(name.slice(0, 30))} most likely means ${String(expected)}`, () => {
    assert.equal(closestName(name, candidates), expected);
  });
}
