import { entityModel, type DatastreamFacts, type EntityJson, type EntityName, type Removal } from '../../domain/mod.ts';
import { isRefusal, refuse, Signal, type Clock, type Refusal } from '../../kernel/mod.ts';
import { parseEntity } from '../entity-draft.ts';
import type { Inserted, ListOptions, Page, PathStep, RegistrationJudge, Registry, UpdateMode } from '../registry.ts';
import { Change } from './change.ts';
import { Database } from './database.ts';
import { Facts } from './facts.ts';
import { generateFeature } from './generated-features.ts';
import { Removals } from './removals.ts';
import { Tables, type Parent } from './tables.ts';
import { Touched } from './touched.ts';

export interface SqliteRegistryOptions {
  /** Of the file; its folder exists. `:memory:` for one that is forgotten. */
  readonly path: string;
  readonly clock: Clock;
  readonly judge: RegistrationJudge;
}

/** Opens or makes the file, brings its schema up to date and reads the facts. OutsideError where the file cannot be used. */
export async function openSqliteRegistry(options: SqliteRegistryOptions): Promise<Registry> {
  const database = new Database(options.path);
  const registry = new SqliteRegistry(database, options);
  try {
    registry.open();
  } catch (error) {
    database.close();
    throw error;
  }
  return registry;
}

/** The Registry port on one SQLite file. SQLite is synchronous: a change is done before its promise is handed out. */
class SqliteRegistry implements Registry {
  readonly #database: Database;
  readonly #options: SqliteRegistryOptions;
  readonly #tables: Tables;
  readonly #removals: Removals;
  readonly #facts: Facts;
  readonly #changed = new Signal<void>();
  #revision = 0;

  constructor(database: Database, options: SqliteRegistryOptions) {
    this.#database = database;
    this.#options = options;
    this.#tables = new Tables(database);
    this.#removals = new Removals(database, this.#tables);
    this.#facts = new Facts(database);
  }

  open(): void {
    this.#facts.load();
  }

  datastream(id: number): DatastreamFacts | undefined {
    return this.#facts.get(id);
  }

  datastreams(): Iterable<DatastreamFacts> {
    return this.#facts.all();
  }

  get revision(): number {
    return this.#revision;
  }

  onChange(listener: () => void): () => void {
    return this.#changed.subscribe(listener);
  }

  async generateFeatureOfInterest(datastreamId: number): Promise<number | Refusal> {
    const known = this.#facts.get(datastreamId);
    if (known === undefined) return refuse('unknown-datastream', `there is no Datastream ${datastreamId}`);
    if (known.featureOfInterestId !== 0) return known.featureOfInterestId;
    return this.#change((touched) => generateFeature(this.#database, this.#tables, known, touched));
  }

  hasFeatureOfInterest(id: number): boolean {
    return this.#tables.exists('FeatureOfInterest', id);
  }

  async create(entity: EntityName, body: unknown, parent: readonly PathStep[]): Promise<number | Refusal> {
    const inserted = this.#insert(entity, body, parent, false);
    return isRefusal(inserted) ? inserted : inserted.id;
  }

  async insert(entity: EntityName, body: unknown, parent: readonly PathStep[]): Promise<Inserted | Refusal> {
    return this.#insert(entity, body, parent, true);
  }

  async undo(inserted: Inserted): Promise<void> {
    this.#change((touched) => {
      for (const { entity, id } of inserted.created.toReversed()) this.#removals.remove(entity, id, touched);
      return true;
    });
  }

  async get(entity: EntityName, id: number): Promise<EntityJson | undefined> {
    return entityModel[entity].home === 'registry' ? this.#tables.get(entity, id) : undefined;
  }

  async resolve(path: readonly PathStep[]): Promise<number | undefined> {
    return this.#tables.resolve(path);
  }

  async list(entity: EntityName, parent: readonly PathStep[], options: ListOptions): Promise<Page> {
    const hook = parent.length === 0 ? undefined : this.#parent(entity, parent);
    if (hook === null) return options.count ? { entities: [], more: false, count: 0 } : { entities: [], more: false };
    const found = this.#tables.list(entity, hook, options);
    const page = { entities: found.slice(0, options.top), more: found.length > options.top };
    return options.count ? { ...page, count: this.#tables.count(entity, hook) } : page;
  }

  async update(entity: EntityName, id: number, body: unknown, mode: UpdateMode = 'merge'): Promise<true | Refusal> {
    const draft = parseEntity(entity, body, mode);
    if (isRefusal(draft)) return draft;
    return this.#change((touched) => {
      const change = new Change(this.#tables, this.#options.clock, this.#options.judge, touched);
      const outcome = change.update(id, draft, mode);
      return isRefusal(outcome) ? outcome : (change.finish() ?? true);
    });
  }

  async remove(entity: EntityName, id: number): Promise<boolean> {
    if (entityModel[entity].home !== 'registry' || !this.#tables.exists(entity, id)) return false;
    this.#change((touched) => {
      this.#removals.remove(entity, id, touched);
      return true;
    });
    return true;
  }

  async pendingRemovals(): Promise<readonly { readonly key: number; readonly removal: Removal }[]> {
    return this.#removals.pending();
  }

  async removalDone(key: number): Promise<void> {
    this.#removals.done(key);
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #insert(
    entity: EntityName,
    body: unknown,
    parent: readonly PathStep[],
    withObservations: boolean,
  ): Inserted | Refusal {
    if (entityModel[entity].home !== 'registry') {
      return refuse('bad-body', `a ${entity} is not the registry's to keep`);
    }
    const hook = parent.length === 0 ? undefined : this.#parent(entity, parent);
    if (hook === null) return refuse('unknown-entity', 'the parent of the collection does not exist');
    const inverse = hook?.relation.inverse;
    const draft = parseEntity(entity, body, 'create', inverse);
    if (isRefusal(draft)) return draft;
    const given = hook === undefined || inverse === undefined ? [] : [[inverse, hook.id] as const];
    return this.#change((touched) => {
      const change = new Change(this.#tables, this.#options.clock, this.#options.judge, touched);
      const id = change.insert(draft, new Map(given));
      if (isRefusal(id)) return id;
      const [first] = change.observations;
      if (first !== undefined && !withObservations) {
        return refuse('bad-body', 'Observations cannot stand here; send them afterwards', first.pointer);
      }
      return change.finish() ?? { id, created: change.created, observations: change.observations };
    });
  }

  /** What the collection hangs on; null where the path leads nowhere. */
  #parent(entity: EntityName, path: readonly PathStep[]): Parent | null {
    const id = this.#tables.resolve(path);
    const last = path.at(-1);
    if (id === undefined || last === undefined) return null;
    const model = entityModel[last.entity];
    const relation = model.relations.find((candidate) => candidate.many && candidate.target === entity);
    return relation === undefined ? null : { model, id, relation };
  }

  /** One change: a transaction, then the facts, then the word to those who listen. */
  #change<T>(work: (touched: Touched) => T | Refusal): T | Refusal {
    const touched = new Touched();
    const result = this.#database.transaction(() => work(touched));
    if (isRefusal(result)) return result;
    this.#facts.refresh(touched);
    this.#revision += 1;
    this.#changed.emit();
    return result;
  }
}
