/**
 * How the entity model is named in SQL. A table is called as its entity set, a column as its property; a single-valued relation
 * is a column (`Thing` → `thingId`), a relation that is many on both sides is a table of pairs (`Things_Locations`).
 */
import {
  entityModel,
  entityNames,
  relationOf,
  type EntityModel,
  type EntityName,
  type RelationModel,
} from '../domain/mod.ts';
import { assert } from '../kernel/mod.ts';

/** The table of pairs behind a relation that is many on both sides, seen from one of them. */
export interface PairTable {
  readonly table: string;
  /** Column of the entity that the relation starts from. */
  readonly from: string;
  /** Column of the relation's target. */
  readonly to: string;
}

/** The column of a single-valued relation. */
export function linkColumn(relation: string): string {
  return `${relation.slice(0, 1).toLowerCase()}${relation.slice(1)}Id`;
}

export function inverseOf(relation: RelationModel): RelationModel {
  const inverse = relationOf(relation.target, relation.inverse);
  assert(inverse !== undefined, `relation ${relation.name} has no inverse ${relation.inverse}`);
  return inverse;
}

/** The entity that comes first in the model gives the table its first name. */
export function pairTable(model: EntityModel, relation: RelationModel): PairTable {
  const target = entityModel[relation.target];
  const [left, right] =
    entityNames.indexOf(model.name) <= entityNames.indexOf(target.name) ? [model, target] : [target, model];
  return { table: `${left.set}_${right.set}`, from: linkColumn(model.name), to: linkColumn(target.name) };
}

/** A relation that the model has for certain. */
export function knownRelation(entity: EntityName, name: string): RelationModel {
  const relation = relationOf(entity, name);
  assert(relation !== undefined, `the model has no ${entity}/${name}`);
  return relation;
}
