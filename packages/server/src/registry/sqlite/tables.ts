/** Reads and writes single entities and links: the entity model in SQL, without the rules of create, update and delete. */
import type { CompiledQuery, ExpressionBuilder } from 'kysely';
import {
  entityModel,
  formatInstant,
  type EntityJson,
  type EntityModel,
  type EntityName,
  type PropertyModel,
  type RelationModel,
} from '../../domain/mod.ts';
import { assert } from '../../kernel/mod.ts';
import type { ListOptions, PathStep } from '../registry.ts';
import { inverseOf, linkColumn, pairTable } from '../sql-names.ts';
import type { Database, Row, Tables as Schema } from './database.ts';

type Columns = Record<string, string | number | null>;

export class Tables {
  readonly #database: Database;
  readonly #exists = new Map<EntityName, CompiledQuery>();

  constructor(database: Database) {
    this.#database = database;
  }

  exists(entity: EntityName, id: number): boolean {
    let query = this.#exists.get(entity);
    if (query === undefined) {
      query = this.#database.build.selectFrom(entityModel[entity].set).select('id').where('id', '=', id).compile();
      this.#exists.set(entity, query);
    }
    return this.#database.firstOf(query, [id]) !== undefined;
  }

  get(entity: EntityName, id: number): EntityJson | undefined {
    const model = entityModel[entity];
    const row = this.#database.first(this.#database.build.selectFrom(model.set).selectAll().where('id', '=', id));
    return row === undefined ? undefined : toJson(model, row);
  }

  /** Own properties by name; absent ones are null. */
  values(entity: EntityName, id: number): Record<string, unknown> | undefined {
    const json = this.get(entity, id);
    if (json === undefined) return undefined;
    const { '@iot.id': _, ...values } = json;
    return values;
  }

  insert(model: EntityModel, values: ReadonlyMap<string, unknown>, links: ReadonlyMap<string, number>): number {
    const columns = toColumns(model, values, links);
    return this.#database.run(this.#database.build.insertInto(model.set).values(columns));
  }

  update(
    model: EntityModel,
    id: number,
    values: ReadonlyMap<string, unknown>,
    links: ReadonlyMap<string, number>,
  ): void {
    const columns = toColumns(model, values, links);
    if (Object.keys(columns).length === 0) return;
    this.#database.run(this.#database.build.updateTable(model.set).set(columns).where('id', '=', id));
  }

  /** The id at the other end of a single-valued relation. */
  single(model: EntityModel, id: number, relation: RelationModel): number | undefined {
    const column = linkColumn(relation.name);
    const row = this.#database.first(this.#database.build.selectFrom(model.set).select(column).where('id', '=', id));
    return row === undefined ? undefined : integer(row[column]);
  }

  /** Whether `child` hangs on the entity by this relation of many. */
  holds(model: EntityModel, id: number, relation: RelationModel, child: number): boolean {
    const inverse = inverseOf(relation);
    if (!inverse.many) return this.single(entityModel[relation.target], child, inverse) === id;
    const { table, from, to } = pairTable(model, relation);
    const query = this.#database.build.selectFrom(table).select(to).where(from, '=', id).where(to, '=', child);
    return this.#database.first(query) !== undefined;
  }

  link(model: EntityModel, id: number, relation: RelationModel, child: number): void {
    const { table, from, to } = pairTable(model, relation);
    const insert = this.#database.build.insertInto(table).values({ [from]: id, [to]: child });
    this.#database.run(insert.onConflict((conflict) => conflict.doNothing()));
  }

  /** Ends every link of a relation that is many on both sides. */
  unlinkAll(model: EntityModel, id: number, relation: RelationModel): void {
    const { table, from } = pairTable(model, relation);
    this.#database.run(this.#database.build.deleteFrom(table).where(from, '=', id));
  }

  linked(model: EntityModel, id: number, relation: RelationModel): number[] {
    const { table, from, to } = pairTable(model, relation);
    const query = this.#database.build.selectFrom(table).select(to).where(from, '=', id).orderBy(to);
    return this.#database.all(query).map((row) => integer(row[to]));
  }

  delete(entity: EntityName, id: number): void {
    this.#database.run(this.#database.build.deleteFrom(entityModel[entity].set).where('id', '=', id));
  }

  /** One entity more than `top` where there are more. */
  list(entity: EntityName, parent: Parent | undefined, options: ListOptions): EntityJson[] {
    const model = entityModel[entity];
    let query = this.#database.build.selectFrom(model.set).selectAll();
    if (parent !== undefined) query = query.where((where) => hangsOn(where, parent));
    query = query.orderBy('id', options.descending === true ? 'desc' : 'asc');
    return this.#database.all(query.limit(options.top + 1).offset(options.skip)).map((row) => toJson(model, row));
  }

  count(entity: EntityName, parent: Parent | undefined): number {
    let query = this.#database.build
      .selectFrom(entityModel[entity].set)
      .select((select) => select.fn.countAll().as('n'));
    if (parent !== undefined) query = query.where((where) => hangsOn(where, parent));
    return integer(this.#database.first(query)?.['n']);
  }

  /** The Thing's HistoricalLocation with the latest time, of equal times the one that came last. */
  newestHistory(thing: number): number | undefined {
    const history = this.#database.build.selectFrom('HistoricalLocations').select('id').where('thingId', '=', thing);
    const row = this.#database.first(history.orderBy('time', 'desc').orderBy('id', 'desc').limit(1));
    return row === undefined ? undefined : integer(row['id']);
  }

  /** See Registry.resolve. */
  resolve(path: readonly PathStep[]): number | undefined {
    let at: { readonly model: EntityModel; readonly id: number } | undefined;
    for (const step of path) {
      const id: number | undefined = at === undefined ? this.#root(step) : this.#next(at.model, at.id, step);
      if (id === undefined) return undefined;
      at = { model: entityModel[step.entity], id };
    }
    return at?.id;
  }

  #root(step: PathStep): number | undefined {
    return step.id !== undefined && this.exists(step.entity, step.id) ? step.id : undefined;
  }

  #next(model: EntityModel, id: number, step: PathStep): number | undefined {
    const relation = model.relations.find((candidate) => candidate.name === step.relation);
    if (relation === undefined) return undefined;
    if (!relation.many) {
      const target = this.single(model, id, relation);
      return step.id === undefined || step.id === target ? target : undefined;
    }
    return step.id !== undefined && this.holds(model, id, relation, step.id) ? step.id : undefined;
  }
}

/** What a collection hangs on. */
export interface Parent {
  readonly model: EntityModel;
  readonly id: number;
  readonly relation: RelationModel;
}

function hangsOn(where: ExpressionBuilder<Schema, string>, { model, id, relation }: Parent) {
  const inverse = inverseOf(relation);
  if (!inverse.many) return where(linkColumn(inverse.name), '=', id);
  const { table, from, to } = pairTable(model, relation);
  return where('id', 'in', where.selectFrom(table).select(to).where(from, '=', id));
}

export function integer(value: unknown): number {
  assert(typeof value === 'number', 'an integer column holds something else');
  return value;
}

function toColumns(
  model: EntityModel,
  values: ReadonlyMap<string, unknown>,
  links: ReadonlyMap<string, number>,
): Columns {
  const columns: Columns = {};
  for (const property of model.properties) {
    if (values.has(property.name)) columns[property.name] = toColumn(property, values.get(property.name));
  }
  for (const [relation, id] of links) columns[linkColumn(relation)] = id;
  return columns;
}

function toColumn(property: PropertyModel, value: unknown): string | number | null {
  if (value === null) return null;
  switch (property.kind) {
    case 'text':
    case 'period':
      assert(typeof value === 'string', `${property.name} is not a string`);
      return value;
    case 'instant':
      assert(typeof value === 'number', `${property.name} is not a number of milliseconds`);
      return value;
    case 'json':
    case 'object':
    case 'unit':
      return JSON.stringify(value);
  }
}

function toJson(model: EntityModel, row: Row): EntityJson {
  const json: Record<string, unknown> = {};
  for (const property of model.properties) {
    const value = property.derived ? null : row[property.name];
    if (value !== null && value !== undefined) json[property.name] = fromColumn(property, value);
  }
  return { '@iot.id': integer(row['id']), ...json };
}

function fromColumn(property: PropertyModel, value: unknown): unknown {
  switch (property.kind) {
    case 'text':
    case 'period':
      return value;
    case 'instant':
      return formatInstant(integer(value));
    case 'json':
    case 'object':
    case 'unit': {
      assert(typeof value === 'string', `${property.name} does not hold JSON`);
      const parsed: unknown = JSON.parse(value);
      return parsed;
    }
  }
}
