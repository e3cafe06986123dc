/**
 * Resource paths of SensorThings (18-088, 9.2), from the text behind the service root to typed steps. HTTP addresses and MQTT topics
 * share it. Segments are cut before they are percent-decoded, so an encoded slash never separates; a slash in quotes does not either.
 */
import { entityModel, entityOfSet, propertyOf, relationOf, type EntityName } from '../domain/mod.ts';
import { quote, refuse, type Refusal } from '../kernel/mod.ts';
import type { PathStep } from '../registry/mod.ts';

export type Resource =
  /** The service root. */
  | { readonly kind: 'landing' }
  /** `CreateObservations` (18-088, 13.2). */
  | { readonly kind: 'create-observations' }
  /** `Things`, `Things(1)/Datastreams`; with `ref` their `$ref`. */
  | {
      readonly kind: 'collection';
      /** Empty at the root. */
      readonly parent: readonly PathStep[];
      readonly entity: EntityName;
      readonly relation: string;
      readonly ref: boolean;
    }
  /** `Things(1)`, `Datastreams(1)/Thing`; with `ref` their `$ref`. */
  | { readonly kind: 'entity'; readonly path: readonly PathStep[]; readonly entity: EntityName; readonly ref: boolean }
  /** `Things(1)/name`, `Things(1)/properties/owner/$value`. */
  | {
      readonly kind: 'property';
      readonly path: readonly PathStep[];
      readonly entity: EntityName;
      /** The property and the keys inside of it. */
      readonly names: readonly string[];
      /** `$value` was asked for. */
      readonly raw: boolean;
    };

/** Characters of a path, and segments in it. */
const pathLimits = { charactersMax: 4_000, segmentsMax: 32 } as const;

/** One segment, decoded: `Things`, `Things(1)`, `Things('x')`. */
interface Segment {
  readonly name: string;
  /** `unknown` for a quoted or otherwise impossible id: such an entity cannot exist here. */
  readonly id: number | 'unknown' | undefined;
}

/** @param text path behind the service root as it came, for example `/Things(1)/Datastreams`; slashes around it do not count */
export function parseResourcePath(text: string): Resource | Refusal {
  if (text.length > pathLimits.charactersMax) {
    return refuse('unknown-address', `the path is longer than ${pathLimits.charactersMax} characters`);
  }
  const parts = cut(text);
  if (parts.length > pathLimits.segmentsMax) {
    return refuse('unknown-address', `the path has more than ${pathLimits.segmentsMax} segments`);
  }
  const segments: Segment[] = [];
  for (const part of parts) {
    const decoded = decode(part);
    const segment = decoded === undefined ? undefined : parseSegment(decoded);
    if (segment === undefined) return nothingAt(part);
    segments.push(segment);
  }
  return toResource(segments);
}

/** Raw segments between slashes; slashes within quotes belong to the segment. */
function cut(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at <= text.length; at += 1) {
    if (text[at] === "'" || (text[at] === '%' && text.startsWith('%27', at))) quoted = !quoted;
    else if (at === text.length || (text[at] === '/' && !quoted)) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  if (parts[0] === '') parts.shift();
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function parseSegment(text: string): Segment | undefined {
  const open = text.indexOf('(');
  if (open === -1) return text === '' ? undefined : { name: text, id: undefined };
  if (open === 0 || !text.endsWith(')')) return undefined;
  const name = text.slice(0, open);
  const inner = text.slice(open + 1, -1);
  return inner === '' ? undefined : { name, id: parseId(inner) };
}

/** A whole number from 1 to 2^53 without leading zeros; other texts name no entity. */
function parseId(text: string): number | 'unknown' {
  if (text.length > 16 || text.startsWith('0')) return 'unknown';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return 'unknown';
  }
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : 'unknown';
}

function toResource(segments: readonly Segment[]): Resource | Refusal {
  const [first] = segments;
  if (first === undefined) return { kind: 'landing' };
  if (first.name === 'CreateObservations' && segments.length === 1 && first.id === undefined) {
    return { kind: 'create-observations' };
  }
  const set = entityOfSet(first.name);
  if (set === undefined) return nothingAt(first.name);
  if (first.id === undefined) return collection([], set.name, first.name, segments.slice(1));
  const steps: PathStep[] = [];
  const refused = addStep(steps, set.name, first);
  return refused ?? follow(steps, set.name, segments.slice(1));
}

/** What may come behind an entity: its own `$ref`, a property, or a relation. */
function follow(steps: PathStep[], entity: EntityName, rest: readonly Segment[]): Resource | Refusal {
  const [next, ...behind] = rest;
  if (next === undefined) return { kind: 'entity', path: steps, entity, ref: false };
  if (next.name === '$ref') {
    return behind.length > 0 ? nothingAt('$ref') : { kind: 'entity', path: steps, entity, ref: true };
  }
  const relation = relationOf(entity, next.name);
  if (relation === undefined) return property(steps, entity, rest);
  if (relation.many && next.id === undefined) return collection(steps, relation.target, next.name, behind);
  if (!relation.many && next.id !== undefined) return nothingAt(`${next.name}(…)`);
  return addStep(steps, relation.target, next) ?? follow(steps, relation.target, behind);
}

function addStep(steps: PathStep[], entity: EntityName, segment: Segment): Refusal | undefined {
  if (segment.id === 'unknown') {
    return refuse('unknown-entity', `there is no such ${entity}; ids are whole numbers from 1`);
  }
  const step = { entity, relation: segment.name };
  steps.push(segment.id === undefined ? step : { ...step, id: segment.id });
  return undefined;
}

function collection(
  parent: readonly PathStep[],
  entity: EntityName,
  relation: string,
  rest: readonly Segment[],
): Resource | Refusal {
  const [next, ...behind] = rest;
  if (next === undefined) return { kind: 'collection', parent, entity, relation, ref: false };
  if (next.name === '$ref' && behind.length === 0) return { kind: 'collection', parent, entity, relation, ref: true };
  return nothingAt(next.name);
}

function property(path: readonly PathStep[], entity: EntityName, rest: readonly Segment[]): Resource | Refusal {
  const [first] = rest;
  if (first === undefined || rest.some((segment) => segment.id !== undefined)) return nothingAt(first?.name ?? '');
  const isId = first.name === 'id' || first.name === '@iot.id' || first.name === '@iot.selfLink';
  if (!isId && propertyOf(entity, first.name) === undefined) {
    const names = [...entityModel[entity].properties, ...entityModel[entity].relations].map((member) => member.name);
    return refuse('unknown-address', `a ${entity} has no ${quote(first.name)}; it has ${names.join(', ')}`);
  }
  const raw = rest.at(-1)?.name === '$value';
  const names = (raw ? rest.slice(0, -1) : rest).map((segment) => segment.name);
  return { kind: 'property', path, entity, names, raw };
}

function nothingAt(segment: string): Refusal {
  return refuse('unknown-address', `nothing in SensorThings is called ${quote(segment)} here`);
}
