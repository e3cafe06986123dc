/**
 * Query options of a request (18-088, 9.3), parsed once into a typed form. Each option has one parser in the table below;
 * `$filter`, `$select` and `$expand` join it together with their grammar. Names without `$` are not system options and are left alone.
 */
import { quote, refuse, type Refusal } from '../kernel/mod.ts';

export interface OrderItem {
  /** A property as it stands in the address, `@iot.id` read as `id`. */
  readonly path: string;
  readonly descending: boolean;
}

export interface QueryOptions {
  readonly top: number | undefined;
  readonly skip: number;
  readonly count: boolean;
  readonly orderBy: readonly OrderItem[];
  /** Names of the system options that were there, in order. */
  readonly named: readonly string[];
}

type Draft = { -readonly [Key in keyof QueryOptions]: QueryOptions[Key] };

const parsers: ReadonlyMap<string, (draft: Draft, value: string) => Refusal | undefined> = new Map([
  ['$top', parseTop],
  ['$skip', parseSkip],
  ['$count', parseCount],
  ['$orderby', parseOrderBy],
]);

const queryCharactersMax = 16_000;
const orderItemsMax = 8;

/** @param query what stands behind the question mark, as it came */
export function parseQueryOptions(query: string): QueryOptions | Refusal {
  if (query.length > queryCharactersMax) {
    return refuse('bad-query', `the query is longer than ${queryCharactersMax} characters`);
  }
  const named: string[] = [];
  const draft: Draft = { top: undefined, skip: 0, count: false, orderBy: [], named };
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    const value = equals === -1 ? '' : decode(part.slice(equals + 1));
    if (name === undefined || value === undefined) {
      return refuse('bad-query', `${quote(part)} is not percent-encoded UTF-8`);
    }
    if (!name.startsWith('$')) continue;
    const parser = parsers.get(name);
    if (parser === undefined) {
      const known = [...parsers.keys()].join(', ');
      return refuse('unsupported-option', `${quote(name)} is not supported here; ${known} are`, name);
    }
    if (named.includes(name)) return refuse('bad-query', `${name} is there twice`, name);
    named.push(name);
    const refused = parser(draft, value.trim());
    if (refused !== undefined) return refused;
  }
  return draft;
}

/** Addresses of a single entity or property take no options of collections (18-088, 9.3.1). */
export function refuseOptionsOnEntity(options: QueryOptions): Refusal | undefined {
  const [name] = options.named;
  return name === undefined ? undefined : refuse('bad-query', `${name} is for collections only`, name);
}

/** A `+` is a blank, as forms send it. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function parseTop(draft: Draft, value: string): Refusal | undefined {
  const top = wholeNumber(value);
  if (top === undefined) return notWhole('$top', value);
  draft.top = top;
  return undefined;
}

function parseSkip(draft: Draft, value: string): Refusal | undefined {
  const skip = wholeNumber(value);
  if (skip === undefined) return notWhole('$skip', value);
  draft.skip = skip;
  return undefined;
}

function parseCount(draft: Draft, value: string): Refusal | undefined {
  if (value !== 'true' && value !== 'false') {
    return refuse('bad-query', `$count is true or false, not ${quote(value)}`, '$count');
  }
  draft.count = value === 'true';
  return undefined;
}

function parseOrderBy(draft: Draft, value: string): Refusal | undefined {
  const items = value.split(',');
  if (items.length > orderItemsMax) {
    return refuse('bad-query', `$orderby has more than ${orderItemsMax} items`, '$orderby');
  }
  const orderBy: OrderItem[] = [];
  for (const item of items) {
    const [path, direction = 'asc', ...rest] = item.split(' ').filter((word) => word !== '');
    if (path === undefined || rest.length > 0 || (direction !== 'asc' && direction !== 'desc')) {
      return refuse('bad-query', `${quote(item)} is not a property with asc or desc`, '$orderby');
    }
    orderBy.push({ path: path === '@iot.id' ? 'id' : path, descending: direction === 'desc' });
  }
  draft.orderBy = orderBy;
  return undefined;
}

function wholeNumber(text: string): number | undefined {
  if (text === '' || text.length > 15) return undefined;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return undefined;
  }
  return Number(text);
}

function notWhole(name: string, value: string): Refusal {
  return refuse('bad-query', `${name} is a whole number from 0, not ${quote(value)}`, name);
}
