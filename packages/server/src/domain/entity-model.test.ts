import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { entityModel, entityOfSet, relationOf } from './entity-model.ts';
import { entityNames } from './entity.ts';

describe('the entity model', () => {
  test('has every relation from both sides', () => {
    for (const name of entityNames) {
      for (const relation of entityModel[name].relations) {
        const inverse = relationOf(relation.target, relation.inverse);
        assert.equal(inverse?.target, name, `${name}/${relation.name}`);
        assert.equal(inverse.inverse, relation.name);
        assert.ok(relation.many || inverse.many, `${name}/${relation.name} is single on both sides`);
      }
    }
  });

  test('has one relation at most from an entity to another, so that a target tells the relation', () => {
    for (const name of entityNames) {
      const targets = entityModel[name].relations.map((relation) => relation.target);
      assert.equal(new Set(targets).size, targets.length, name);
    }
  });

  test('has no name twice within an entity, and every set once', () => {
    const sets = entityNames.map((name) => entityModel[name].set);
    assert.equal(new Set(sets).size, sets.length);
    for (const name of entityNames) {
      assert.equal(entityOfSet(entityModel[name].set)?.name, name);
      const members = [...entityModel[name].properties, ...entityModel[name].relations].map((member) => member.name);
      assert.equal(new Set(members).size, members.length, name);
    }
    assert.equal(entityOfSet('Thing'), undefined);
  });
});
