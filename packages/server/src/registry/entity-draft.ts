/**
 * Bodies of POST, PATCH and PUT, parsed once into drafts by a walk over the entity model. A draft is complete and typed as the
 * model says; whether its links lead anywhere is for the adapter to see. Knows no SQL: every adapter uses it.
 */
import {
  entityModel,
  formatTimeInterval,
  parseInstant,
  parseTimeInterval,
  propertyOf,
  relationOf,
  type EntityModel,
  type EntityName,
  type PropertyModel,
  type RelationModel,
} from '../domain/mod.ts';
import { deeperThan, isRefusal, limits, quote, refuse, type Refusal } from '../kernel/mod.ts';

/** A link in a body: to what exists, to what comes with it, or an Observation, which is not the registry's to keep. */
export type LinkDraft =
  | { readonly kind: 'existing'; readonly id: number; readonly pointer: string }
  | { readonly kind: 'new'; readonly draft: EntityDraft; readonly pointer: string }
  | { readonly kind: 'observation'; readonly body: unknown; readonly pointer: string };

export interface EntityDraft {
  readonly entity: EntityName;
  /** Where in the body it stands, a JSON pointer; empty for the root. */
  readonly pointer: string;
  /** Own properties by name; null clears an optional one. Instants are milliseconds since 1970. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly links: ReadonlyMap<string, readonly LinkDraft[]>;
}

/** What the body is for: all that is mandatory must be there (`create`), own properties only (`replace`), or nothing (`merge`). */
export type DraftMode = 'create' | 'merge' | 'replace';

/** Entities and links in one body, and how deep they nest. */
const draftLimits = { entitiesMax: 20_000, depthMax: 16 } as const;

type Members = { readonly [key: string]: unknown };

/**
 * Parses a body.
 * @param given relation that the address gives already (`Thing` for a POST to `Things(1)/Datastreams`)
 */
export function parseEntity(entity: EntityName, body: unknown, mode: DraftMode, given?: string): EntityDraft | Refusal {
  return new Walk(mode).entity(entity, body, '', given, 0);
}

class Walk {
  readonly #mode: DraftMode;
  #entities = 0;

  constructor(mode: DraftMode) {
    this.#mode = mode;
  }

  entity(
    name: EntityName,
    body: unknown,
    pointer: string,
    given: string | undefined,
    depth: number,
  ): EntityDraft | Refusal {
    if (!isMembers(body)) return refuse('bad-body', `a ${name} is a JSON object, not ${quote(body)}`, pointer);
    const excess = this.#count(depth, pointer);
    if (excess !== undefined) return excess;
    const model = entityModel[name];
    const values = new Map<string, unknown>();
    const links = new Map<string, readonly LinkDraft[]>();
    for (const key of Object.keys(body)) {
      const fault = this.#member(model, key, body[key], `${pointer}/${key}`, values, links, depth);
      if (fault !== undefined) return fault;
    }
    const missing = this.#missing(model, values, links, pointer, given);
    return missing ?? { entity: name, pointer, values, links };
  }

  #member(
    model: EntityModel,
    key: string,
    value: unknown,
    pointer: string,
    values: Map<string, unknown>,
    links: Map<string, readonly LinkDraft[]>,
    depth: number,
  ): Refusal | undefined {
    const property = propertyOf(model.name, key);
    if (property !== undefined) {
      if (property.derived) return undefined;
      const parsed = parseProperty(property, value, pointer);
      if (isRefusal(parsed)) return parsed;
      values.set(key, parsed);
      return undefined;
    }
    const relation = relationOf(model.name, key);
    if (relation !== undefined) {
      const parsed = this.#relation(relation, value, pointer, depth);
      if (isRefusal(parsed)) return parsed;
      if (parsed !== undefined) links.set(key, parsed);
      return undefined;
    }
    // Clients send back what they fetched, annotations and all (18-088, 8.1): those say nothing new.
    if (key.includes('@iot.')) return undefined;
    const allowed = [...model.properties, ...model.relations].map((member) => member.name).join(', ');
    return refuse('unknown-field', `a ${model.name} has no ${quote(key)}; it has ${allowed}`, pointer);
  }

  #relation(
    relation: RelationModel,
    value: unknown,
    pointer: string,
    depth: number,
  ): readonly LinkDraft[] | Refusal | undefined {
    if (value === null) {
      if (this.#mode === 'create') return undefined;
      return refuse('missing-field', `${relation.name} cannot be null`, pointer);
    }
    if (!relation.many) {
      if (Array.isArray(value)) return refuse('bad-body', `${relation.name} is one object, not an array`, pointer);
      const link = this.#link(relation, value, pointer, depth);
      return isRefusal(link) ? link : [link];
    }
    if (!Array.isArray(value)) return refuse('bad-body', `${relation.name} is an array of objects`, pointer);
    const items: readonly unknown[] = value;
    const links: LinkDraft[] = [];
    for (const [index, item] of items.entries()) {
      const link = this.#link(relation, item, `${pointer}/${index}`, depth);
      if (isRefusal(link)) return link;
      links.push(link);
    }
    return links;
  }

  #link(relation: RelationModel, value: unknown, pointer: string, depth: number): LinkDraft | Refusal {
    const { target } = relation;
    if (!isMembers(value)) return refuse('bad-body', `a ${target} is a JSON object, not ${quote(value)}`, pointer);
    // An inline object that carries an id names that entity, whatever else it repeats of it; to make it anew would double it.
    const id = value['@iot.id'];
    if (entityModel[target].home === 'observations') {
      if (this.#mode === 'create' && id === undefined) {
        return this.#count(depth, pointer) ?? { kind: 'observation', body: value, pointer };
      }
      return refuse('bad-body', 'Observations are changed at their own addresses', pointer);
    }
    if (id !== undefined) {
      if (typeof id === 'number' && Number.isSafeInteger(id)) {
        return this.#count(depth, pointer) ?? { kind: 'existing', id, pointer };
      }
      return refuse('bad-body', `there is no ${target} ${quote(id)}; ids are integers`, `${pointer}/@iot.id`);
    }
    if (this.#mode !== 'create') {
      // 18-088, 10.3.1: an update can link to what exists, not create.
      return refuse('bad-body', `an update can only link to a ${target} that exists: {"@iot.id": 1}`, pointer);
    }
    const draft = this.entity(target, value, pointer, relation.inverse, depth + 1);
    return isRefusal(draft) ? draft : { kind: 'new', draft, pointer };
  }

  #missing(
    model: EntityModel,
    values: ReadonlyMap<string, unknown>,
    links: ReadonlyMap<string, readonly LinkDraft[]>,
    pointer: string,
    given: string | undefined,
  ): Refusal | undefined {
    if (this.#mode === 'merge') return undefined;
    for (const property of model.properties) {
      if (property.mandatory && !values.has(property.name)) {
        return refuse('missing-field', `a ${model.name} needs ${property.name}`, `${pointer}/${property.name}`);
      }
    }
    if (this.#mode === 'replace') return undefined;
    for (const relation of model.relations) {
      if (!relation.mandatory || relation.name === given) continue;
      if ((links.get(relation.name)?.length ?? 0) === 0) {
        return refuse('missing-field', `a ${model.name} needs ${relation.name}`, `${pointer}/${relation.name}`);
      }
    }
    return undefined;
  }

  #count(depth: number, pointer: string): Refusal | undefined {
    this.#entities += 1;
    if (depth > draftLimits.depthMax) {
      return refuse('too-large', `entities nest deeper than ${draftLimits.depthMax} levels`, pointer);
    }
    if (this.#entities > draftLimits.entitiesMax) {
      return refuse('too-large', `more than ${draftLimits.entitiesMax} entities and links in one body`, pointer);
    }
    return undefined;
  }
}

function parseProperty(property: PropertyModel, value: unknown, pointer: string): unknown {
  if (value === null) {
    return property.mandatory ? refuse('missing-field', `${property.name} cannot be null`, pointer) : null;
  }
  switch (property.kind) {
    case 'text':
      return typeof value === 'string' ? value : mustBe(property, 'a string', value, pointer);
    case 'json':
      return deeperThan(value, limits.jsonDepthMax) ? tooDeep(property, pointer) : value;
    case 'object':
      if (!isMembers(value)) return mustBe(property, 'a JSON object', value, pointer);
      return deeperThan(value, limits.jsonDepthMax) ? tooDeep(property, pointer) : value;
    case 'unit':
      return parseUnit(property, value, pointer);
    case 'instant': {
      const millis = typeof value === 'string' ? parseInstant(value) : Number.NaN;
      if (!Number.isNaN(millis)) return millis;
      return refuse('bad-time', `${property.name} is an ISO 8601 instant, not ${quote(value)}`, pointer);
    }
    case 'period': {
      const period = typeof value === 'string' ? parseTimeInterval(value) : undefined;
      if (period !== undefined) return formatTimeInterval(period);
      return refuse('bad-time', `${property.name} is an ISO 8601 instant or interval, not ${quote(value)}`, pointer);
    }
  }
}

/** 18-088, table 11: all three keys are there; a key that a body leaves out is null. */
function parseUnit(property: PropertyModel, value: unknown, pointer: string): unknown {
  if (!isMembers(value)) return mustBe(property, 'an object of name, symbol, definition', value, pointer);
  const unit: Record<string, string | null> = { name: null, symbol: null, definition: null };
  for (const [key, part] of Object.entries(value)) {
    if (!Object.hasOwn(unit, key)) {
      return refuse('unknown-field', `a unit has name, symbol and definition, not ${quote(key)}`, `${pointer}/${key}`);
    }
    if (part !== null && typeof part !== 'string') {
      return refuse('bad-body', `${key} of a unit is a string or null, not ${quote(part)}`, `${pointer}/${key}`);
    }
    unit[key] = part;
  }
  return unit;
}

function mustBe(property: PropertyModel, kind: string, value: unknown, pointer: string): Refusal {
  return refuse('bad-body', `${property.name} must be ${kind}, not ${quote(value)}`, pointer);
}

function tooDeep(property: PropertyModel, pointer: string): Refusal {
  return refuse('too-large', `${property.name} nests deeper than ${limits.jsonDepthMax} levels`, pointer);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
