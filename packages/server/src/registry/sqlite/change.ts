/**
 * One change of the registry (create, update, generate), run inside of a transaction. It applies drafts to the tables and keeps
 * account of what the change touched. A refusal from any step ends the change; the transaction takes everything back.
 */
import { entityModel, type EntityModel, type RelationModel } from '../../domain/mod.ts';
import { isRefusal, refuse, type Clock, type Refusal } from '../../kernel/mod.ts';
import type { EntityDraft, LinkDraft } from '../entity-draft.ts';
import type { EntityRef, PlacedObservation, RegistrationJudge, UpdateMode } from '../registry.ts';
import { inverseOf } from '../sql-names.ts';
import { LocationMoves } from './location-moves.ts';
import type { Tables } from './tables.ts';
import type { Touched } from './touched.ts';

const nothing: ReadonlyMap<string, number> = new Map();

export class Change {
  readonly created: EntityRef[] = [];
  readonly observations: PlacedObservation[] = [];
  readonly #tables: Tables;
  readonly #judge: RegistrationJudge;
  readonly #touched: Touched;
  readonly #moves: LocationMoves;
  /** True once something that was there before hangs elsewhere: such a change cannot be undone by deleting what it made. */
  #moved = false;

  constructor(tables: Tables, clock: Clock, judge: RegistrationJudge, touched: Touched) {
    this.#tables = tables;
    this.#judge = judge;
    this.#touched = touched;
    this.#moves = new LocationMoves(tables, clock, touched);
  }

  /** @param given ids of relations that the address or the entity around the draft gives */
  insert(draft: EntityDraft, given: ReadonlyMap<string, number>): number | Refusal {
    const model = entityModel[draft.entity];
    const fault = this.#judged(model, Object.fromEntries(draft.values), draft.pointer);
    if (fault !== undefined) return fault;
    const singles = this.#singles(model, draft, given);
    if (isRefusal(singles)) return singles;
    const id = this.#tables.insert(model, draft.values, singles);
    this.created.push({ entity: model.name, id });
    this.#touched.add(model.name, id);
    for (const relation of model.relations) {
      if (!relation.many) continue;
      const parent = given.get(relation.name);
      if (parent !== undefined) this.#connect(model, id, relation, parent);
      const refused = this.#linkAll(model, id, relation, draft.links.get(relation.name) ?? []);
      if (refused !== undefined) return refused;
    }
    if (model.name === 'HistoricalLocation') this.#moves.document(id);
    return id;
  }

  update(id: number, draft: EntityDraft, mode: UpdateMode): true | Refusal {
    const model = entityModel[draft.entity];
    const before = this.#tables.values(model.name, id);
    if (before === undefined) return refuse('unknown-entity', `there is no ${model.name} ${id}`);
    const values = new Map(draft.values);
    if (mode === 'replace') {
      // 18-088, 10.3.2: PUT clears the optional properties that the body leaves out; links may stay unsaid.
      for (const property of model.properties) {
        if (!property.derived && !values.has(property.name)) values.set(property.name, null);
      }
    }
    const fault = this.#judged(model, { ...before, ...Object.fromEntries(values) }, '');
    if (fault !== undefined) return fault;
    const singles = this.#singles(model, draft, nothing);
    if (isRefusal(singles)) return singles;
    this.#tables.update(model, id, values, singles);
    this.#touched.add(model.name, id);
    for (const relation of model.relations) {
      if (!relation.many) continue;
      const refused = this.#linkAll(model, id, relation, draft.links.get(relation.name) ?? []);
      if (refused !== undefined) return refused;
    }
    return true;
  }

  /** What follows from the change as a whole. */
  finish(): Refusal | undefined {
    if (this.observations.length > 0 && (this.#moved || this.#movesOthers())) {
      const detail = 'a body that moves existing entities cannot hold new Observations as well; send them afterwards';
      return refuse('bad-body', detail, this.observations[0]?.pointer ?? '');
    }
    this.#moves.apply();
    return undefined;
  }

  #movesOthers(): boolean {
    return this.#moves.things().some((id) => !this.created.some((ref) => ref.entity === 'Thing' && ref.id === id));
  }

  #judged(model: EntityModel, body: Readonly<Record<string, unknown>>, pointer: string): Refusal | undefined {
    const refusal = this.#judge(model.name, body);
    if (refusal === undefined || pointer === '') return refusal;
    return refuse(refusal.code, refusal.detail, `${pointer}${refusal.field ?? ''}`);
  }

  #singles(
    model: EntityModel,
    draft: EntityDraft,
    given: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, number> | Refusal {
    const singles = new Map<string, number>();
    for (const relation of model.relations) {
      if (relation.many) continue;
      const id = this.#single(model, relation, draft.links.get(relation.name)?.[0], given.get(relation.name));
      if (isRefusal(id)) return id;
      if (id !== undefined) singles.set(relation.name, id);
    }
    return singles;
  }

  #single(
    model: EntityModel,
    relation: RelationModel,
    link: LinkDraft | undefined,
    given: number | undefined,
  ): number | undefined | Refusal {
    if (link === undefined) return given;
    if (given !== undefined) {
      if (link.kind === 'existing' && link.id === given) return given;
      const named = link.kind === 'existing' ? `${relation.name} ${link.id}` : `a new ${relation.name}`;
      const detail = `the ${model.name} stands under ${relation.name} ${given} and names ${named}`;
      return refuse('conflict', detail, link.pointer);
    }
    switch (link.kind) {
      case 'existing':
        return this.#missing(relation, link.id, link.pointer) ?? link.id;
      case 'new':
        return this.insert(link.draft, nothing);
      case 'observation':
        return refuse('bad-body', 'an Observation cannot stand here', link.pointer);
    }
  }

  #linkAll(model: EntityModel, id: number, relation: RelationModel, links: readonly LinkDraft[]): Refusal | undefined {
    for (const link of links) {
      const refused = this.#linkOne(model, id, relation, link);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  #linkOne(model: EntityModel, id: number, relation: RelationModel, link: LinkDraft): Refusal | undefined {
    switch (link.kind) {
      case 'observation':
        this.observations.push({ pointer: link.pointer, body: link.body, parent: { entity: model.name, id } });
        return undefined;
      case 'new': {
        // The new entity connects itself from its side.
        const outcome = this.insert(link.draft, new Map([[relation.inverse, id]]));
        return isRefusal(outcome) ? outcome : undefined;
      }
      case 'existing': {
        const missing = this.#missing(relation, link.id, link.pointer);
        if (missing !== undefined) return missing;
        this.#connect(model, id, relation, link.id);
        return undefined;
      }
    }
  }

  #connect(model: EntityModel, id: number, relation: RelationModel, child: number): void {
    const inverse = inverseOf(relation);
    if (!inverse.many) {
      this.#moved = true;
      const links = new Map([[inverse.name, id]]);
      this.#tables.update(entityModel[relation.target], child, new Map(), links);
      this.#touched.add(relation.target, child);
    } else if (model.name === 'Thing' && relation.target === 'Location') {
      this.#moves.add(id, child);
    } else if (model.name === 'Location' && relation.target === 'Thing') {
      this.#moves.add(child, id);
    } else {
      this.#tables.link(model, id, relation, child);
    }
  }

  #missing(relation: RelationModel, id: number, pointer: string): Refusal | undefined {
    if (this.#tables.exists(relation.target, id)) return undefined;
    const code = relation.target === 'FeatureOfInterest' ? 'unknown-feature' : 'bad-body';
    return refuse(code, `there is no ${relation.target} ${id}`, `${pointer}/@iot.id`);
  }
}
