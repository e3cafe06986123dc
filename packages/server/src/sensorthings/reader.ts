/** GET (18-088, 9.2): entities, sets, properties and references, from the registry and the store. */
import { propertyOf, relationOf, type EntityName } from '../domain/mod.ts';
import { CallerError, quote, refuse } from '../kernel/mod.ts';
import type { PathStep } from '../registry/mod.ts';
import { observationOrders, type Extent, type ObservationOrder, type ObservationQuery } from '../store/mod.ts';
import { linkedEntity, observationJson, type LinkedEntity } from './entity-json.ts';
import type { SensorThingsOptions } from './options.ts';
import type { Resource } from './path.ts';
import { refuseOptionsOnEntity, type QueryOptions } from './query-options.ts';
import { rootPath, walk, type Found } from './walk.ts';

/** What a GET is answered with; `none` is 204. */
export type Answer =
  | { readonly kind: 'json'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'none' };

/** Where a request came from, for the links of its answer. */
export interface Address {
  /** Of the service, without a slash at its end. */
  readonly root: string;
  /** Path behind the root as it came, without slashes around it. */
  readonly path: string;
}

type Collection = Extract<Resource, { kind: 'collection' }>;
type Single = Extract<Resource, { kind: 'entity' }>;
type Property = Extract<Resource, { kind: 'property' }>;
type Items = { readonly value: readonly LinkedEntity[]; readonly count: number | undefined; readonly more: boolean };

/** Entities on a page where the client does not say, and at most. */
const pageSizes = { default: 100, entitiesMax: 1_000, observationsMax: 10_000 } as const;

export class Reader {
  readonly #options: Pick<SensorThingsOptions, 'admission' | 'registry' | 'store'>;

  constructor(options: Pick<SensorThingsOptions, 'admission' | 'registry' | 'store'>) {
    this.#options = options;
  }

  async collection(resource: Collection, query: QueryOptions, address: Address): Promise<Answer> {
    const max = resource.entity === 'Observation' ? pageSizes.observationsMax : pageSizes.entitiesMax;
    const top = Math.min(query.top ?? pageSizes.default, max);
    const items =
      resource.entity === 'Observation'
        ? await this.#observations(resource, query, top, address.root)
        : await this.#entities(resource, query, top, address.root);
    const body: Record<string, unknown> = {};
    if (items.count !== undefined) body['@iot.count'] = items.count;
    body['value'] = resource.ref ? items.value.map(reference) : items.value;
    if (items.more && top > 0) body['@iot.nextLink'] = nextLink(address, query, top);
    return { kind: 'json', body };
  }

  async entity(resource: Single, query: QueryOptions, root: string): Promise<Answer> {
    const refused = refuseOptionsOnEntity(query);
    if (refused !== undefined) throw new CallerError(refused);
    const entity = await this.linked(await this.walk(resource.path), root);
    return { kind: 'json', body: resource.ref ? reference(entity) : entity };
  }

  async property(resource: Property, query: QueryOptions, root: string): Promise<Answer> {
    const refused = refuseOptionsOnEntity(query);
    if (refused !== undefined) throw new CallerError(refused);
    const entity = await this.linked(await this.walk(resource.path), root);
    const { names, raw } = resource;
    const [first = ''] = names;
    const key = first === 'id' ? '@iot.id' : first;
    const value = inside(entity, [key, ...names.slice(1)], resource.entity);
    if (value === null || value === undefined) return { kind: 'none' };
    if (!raw) return { kind: 'json', body: { [names.length === 1 ? key : (names.at(-1) ?? key)]: value } };
    return { kind: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) };
  }

  async walk(path: readonly PathStep[]): Promise<Found> {
    return await walk(path, this.#options.registry, this.#options.store);
  }

  /** The JSON of what a walk has found. Throws CallerError where it went in the meantime. */
  async linked(found: Found, root: string): Promise<LinkedEntity> {
    if (found.kind === 'observation') return observationJson(found.observation, root);
    const { entity, id } = found;
    const json = await this.#options.registry.get(entity, id);
    if (json === undefined) throw new CallerError(refuse('unknown-entity', `there is no ${entity} ${id}`));
    await this.#catchUp(entity);
    return linkedEntity(entity, json, root, this.#extent(entity, id));
  }

  async #entities(resource: Collection, query: QueryOptions, top: number, root: string): Promise<Items> {
    const { entity } = resource;
    const parent = resource.parent.length === 0 ? undefined : await this.walk(resource.parent);
    const path = parent?.kind === 'entity' ? rootPath(parent.entity, parent.id) : [];
    const { descending } = orderOf(query, entity);
    const { skip, count } = query;
    const page = await this.#options.registry.list(entity, path, { top, skip, count, descending });
    await this.#catchUp(entity);
    const value = page.entities.map((json) => linkedEntity(entity, json, root, this.#extent(entity, json['@iot.id'])));
    return { value, count: page.count, more: page.more };
  }

  async #observations(resource: Collection, query: QueryOptions, top: number, root: string): Promise<Items> {
    const { store } = this.#options;
    const scope = await this.#observationScope(resource.parent);
    const { by, descending } = orderOf(query, 'Observation');
    const found = await store.observations({ ...scope, orderBy: by, descending, top: top + 1, skip: query.skip });
    const count = query.count ? await store.count(scope) : undefined;
    const value = found.slice(0, top).map((observation) => observationJson(observation, root));
    return { value, count, more: found.length > top };
  }

  async #observationScope(
    parent: readonly PathStep[],
  ): Promise<Pick<ObservationQuery, 'datastreamIds' | 'featureOfInterestId'>> {
    if (parent.length === 0) return {};
    const found = await this.walk(parent);
    if (found.kind === 'observation') return {};
    return found.entity === 'Datastream' ? { datastreamIds: [found.id] } : { featureOfInterestId: found.id };
  }

  /** The times of a Datastream hold every Observation that was acknowledged before; a store in trouble does not hide the Datastream. */
  async #catchUp(entity: EntityName): Promise<void> {
    const { admission, store } = this.#options;
    if (entity === 'Datastream' && store.trouble === null) await store.caughtUp(admission.durableSequence);
  }

  #extent(entity: EntityName, id: number): Extent | undefined {
    return entity === 'Datastream' ? this.#options.store.extent(id) : undefined;
  }
}

/** The one order that both engines can give today; the whole grammar of `$orderby` comes with `$filter`. */
function orderOf(
  query: QueryOptions,
  entity: EntityName,
): { readonly by: ObservationOrder; readonly descending: boolean } {
  const [first, ...rest] = query.orderBy;
  if (first === undefined) return { by: 'id', descending: false };
  const known = entity === 'Observation' ? observationOrders : observationOrders.slice(0, 1);
  const by = known.find((order) => order === first.path);
  if (by !== undefined && rest.length === 0) return { by, descending: first.descending };
  for (const { path } of query.orderBy) {
    const [name = ''] = path.split('/');
    if (name === 'id' || propertyOf(entity, name) !== undefined || relationOf(entity, name) !== undefined) continue;
    throw new CallerError(refuse('bad-query', `a ${entity} has no ${quote(name)} to order by`, '$orderby'));
  }
  const detail = `${entity} can be ordered by one of ${known.join(', ')}`;
  throw new CallerError(refuse('unsupported-option', detail, '$orderby'));
}

function reference(entity: LinkedEntity): LinkedEntity {
  return { '@iot.selfLink': entity['@iot.selfLink'] };
}

/** The same request, continued (18-088, 9.3.3.7): `$top` is there only where the client said it. */
function nextLink({ root, path }: Address, query: QueryOptions, top: number): string {
  const parts: string[] = [];
  if (query.top !== undefined) parts.push(`$top=${top}`);
  parts.push(`$skip=${query.skip + top}`);
  if (query.count) parts.push('$count=true');
  const order = query.orderBy.map(({ path, descending }) => `${path}%20${descending ? 'desc' : 'asc'}`);
  if (order.length > 0) parts.push(`$orderby=${order.join(',')}`);
  return `${root}/${path}?${parts.join('&')}`;
}

/** The value of a property and of keys inside of it; a key that is not there is unknown, an own property without value is null. */
function inside(entity: LinkedEntity, names: readonly string[], kind: EntityName): unknown {
  let value: unknown = entity;
  for (const [depth, name] of names.entries()) {
    const here: unknown = value;
    const known = typeof here === 'object' && here !== null && Object.hasOwn(here, name);
    if (!known && depth === 0 && propertyOf(kind, name) !== undefined && names.length === 1) return null;
    if (!known)
      throw new CallerError(refuse('unknown-address', `this ${kind} has no ${names.join('/').slice(0, 200)}`));
    value = Reflect.get(here, name);
  }
  return value;
}
