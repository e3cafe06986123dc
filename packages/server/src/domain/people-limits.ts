import { quote, refuse, type Refusal } from '../kernel/mod.ts';
import type { EntityName } from './entity.ts';
import {
  honestPhrases,
  innocentWords,
  peopleLimitGroups,
  peopleLimits,
  peopleLimitsVersion,
} from './people-limits-list.ts';
import { beginningsOf, compilePhrase, matchAt, type Pattern, type Word } from './people-limits-pattern.ts';
import { disguisedWordsOf, iOrL, lettersOf, wordsOf } from './people-limits-text.ts';

/**
 * Belfry does not watch people: an entity that is for recognising, following or rating persons is refused when it is registered.
 * What is refused, and why, is data: people-limits-list.ts. A deployment adds entries and takes none away: nothing here
 * removes or replaces an entry, also not one with the same id.
 */

/** What a deployment adds to the list. Phrases are written as people-limits-pattern.ts says. */
export interface ExtraPeopleLimit {
  readonly id: string;
  readonly phrases: readonly string[];
  readonly reason: string;
}

/**
 * A refusal (`watches-people`) for an entity that is for watching people, else undefined.
 * For POST, PUT and PATCH, also of each entity within a deep insert; entities nested in the body are judged as well.
 * @param body the entity's JSON; for PATCH as it would stand afterwards, so that a name cannot come in two halves
 */
export function judgeRegistration(
  entity: EntityName,
  body: unknown,
  extraEntries: readonly ExtraPeopleLimit[],
): Refusal | undefined {
  if (entity === 'Observation' || entity === 'HistoricalLocation') return undefined;
  const indexes = [builtIn, indexOf(extraEntries.flatMap(compileExtra))];
  const waiting: Registration[] = [{ entity, body, path: '' }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { fields, nested } = readEntity(next);
    const length = fields.reduce((sum, field) => sum + field.text.length, 0);
    if (length > entityTextMax) {
      const detail = `This ${next.entity} has ${length} characters of text in its properties; at most ${entityTextMax} are taken.`;
      return refuse('too-large', detail, next.path);
    }
    const refusal = judgeFields(next.entity, fields, indexes);
    if (refusal !== undefined) return refusal;
    waiting.push(...nested);
  }
  return undefined;
}

/** What is wrong with entries that a configuration adds, one sentence each; empty where all can be used. */
export function faultsOfPeopleLimits(entries: readonly ExtraPeopleLimit[]): readonly string[] {
  return entries.flatMap((entry) => {
    const faults = entry.phrases.map((phrase) => compilePhrase(phrase, peopleLimitGroups));
    const texts = faults.filter((fault) => typeof fault === 'string').map((fault) => `entry "${entry.id}": ${fault}`);
    return entry.phrases.length === 0 ? [`entry "${entry.id}" has no phrases`] : texts;
  });
}

/** Characters of text in all properties of one entity, so that judging it is a matter of milliseconds. */
const entityTextMax = 131_072;

interface Registration {
  readonly entity: EntityName;
  readonly body: unknown;
  readonly path: string;
}

interface Field {
  /** JSON pointer. */
  readonly path: string;
  readonly text: string;
  /** The text is what is observed, and not a property of the equipment. */
  readonly observed: boolean;
}

/** One phrase with what its refusal says. */
interface Limit {
  readonly id: string;
  readonly reason: string;
  readonly origin: string;
  readonly pattern: Pattern;
  /** Applies only to what is observed. */
  readonly observed: boolean;
}

interface LimitIndex {
  readonly byBeginning: ReadonlyMap<string, readonly Limit[]>;
  readonly anywhere: readonly Limit[];
}

interface Finding {
  readonly limit: Limit;
  readonly field: number;
  /** The words that it was found in, as they were read. */
  readonly words: string;
}

const nestedEntities: ReadonlyMap<string, EntityName> = new Map<string, EntityName>([
  ['Thing', 'Thing'],
  ['Things', 'Thing'],
  ['Location', 'Location'],
  ['Locations', 'Location'],
  ['Datastream', 'Datastream'],
  ['Datastreams', 'Datastream'],
  ['Sensor', 'Sensor'],
  ['Sensors', 'Sensor'],
  ['ObservedProperty', 'ObservedProperty'],
  ['ObservedProperties', 'ObservedProperty'],
  ['FeatureOfInterest', 'FeatureOfInterest'],
  ['FeaturesOfInterest', 'FeatureOfInterest'],
]);

const builtIn: LimitIndex = indexOf(
  peopleLimits.flatMap(({ id, reason, phrases, observed }) => {
    const origin = `list version ${peopleLimitsVersion}`;
    const everywhere = phrases.flatMap((phrase) => compileOwn(id, reason, origin, phrase, false));
    return [...everywhere, ...(observed ?? []).flatMap((phrase) => compileOwn(id, reason, origin, phrase, true))];
  }),
);
const honest = indexOf(honestPhrases.flatMap((phrase) => compileOwn('', '', '', phrase, false)));

function compileExtra(entry: ExtraPeopleLimit): readonly Limit[] {
  const origin = "this deployment's own list";
  return entry.phrases.flatMap((phrase) => compileOwn(entry.id, entry.reason, origin, phrase, false));
}

/** Phrases with a fault find nothing; `faultsOfPeopleLimits` tells of them when the configuration is read. */
function compileOwn(id: string, reason: string, origin: string, phrase: string, observed: boolean): readonly Limit[] {
  const pattern = compilePhrase(phrase, peopleLimitGroups);
  return typeof pattern === 'string' ? [] : [{ id, reason, origin, pattern, observed }];
}

/** By the letters that a phrase can begin with, because a thousand phrases are held against each word. */
function indexOf(limits: readonly Limit[]): LimitIndex {
  const byBeginning = new Map<string, Limit[]>();
  for (const limit of limits.filter((limit) => !limit.pattern.anywhere)) {
    for (const beginning of beginningsOf(limit.pattern)) {
      const others = byBeginning.get(beginning);
      if (others === undefined) byBeginning.set(beginning, [limit]);
      else others.push(limit);
    }
  }
  return { byBeginning, anywhere: limits.filter((limit) => limit.pattern.anywhere) };
}

/** All texts of an entity, keys included, in order of the document; nested entities apart. */
function readEntity(registration: Registration): { fields: readonly Field[]; nested: readonly Registration[] } {
  const fields: Field[] = [];
  const nested: Registration[] = [];
  const ownObserved = registration.entity === 'ObservedProperty' || registration.entity === 'Datastream';
  const waiting: { value: unknown; path: string; depth: number; observed: boolean }[] = [
    { value: registration.body, path: registration.path, depth: 0, observed: ownObserved },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path, depth } = next;
    if (typeof value === 'string') fields.push({ path, text: value, observed: next.observed });
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, member] of Object.entries(value).toReversed()) {
      const memberPath = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const entity = depth === 0 ? nestedEntities.get(key) : undefined;
      if (entity !== undefined) {
        const bodies: readonly unknown[] = Array.isArray(member) ? member : [member];
        nested.push(...bodies.map((body) => ({ entity, body, path: memberPath })));
        continue;
      }
      const observed = next.observed && !(depth === 0 && key === 'properties');
      waiting.push({ value: member, path: memberPath, depth: depth + 1, observed });
      // Names of the standard's own properties say nothing; those below them and unknown ones may.
      if (!Array.isArray(value) && !(depth === 0 && ownKeys.has(key))) {
        waiting.push({ value: key, path: memberPath, depth: depth + 1, observed: false });
      }
    }
  }
  return { fields, nested };
}

const ownKeys: ReadonlySet<string> = new Set(
  (
    'name description properties encodingType location feature metadata definition unitOfMeasurement observationType ' +
    'observedArea phenomenonTime resultTime @iot.id Observations HistoricalLocations'
  ).split(' '),
);

function judgeFields(
  entity: EntityName,
  fields: readonly Field[],
  indexes: readonly LimitIndex[],
): Refusal | undefined {
  const readings = [sentence(fields, wordsOf)];
  if (fields.some((field) => disguisedWordsOf(field.text) !== undefined)) {
    readings.push(sentence(fields, (text) => disguisedWordsOf(text) ?? wordsOf(text)));
  }
  for (const words of readings) {
    const masked = maskHonest(words);
    for (const index of indexes) {
      const finding = findPhrase(index, words, masked, fields) ?? findAnywhere(index, fields);
      if (finding !== undefined) return refusalOf(entity, finding, fields);
    }
  }
  return undefined;
}

/** The words of all fields in a row. Two fields stand two words apart. */
function sentence(fields: readonly Field[], read: (text: string) => readonly string[]): readonly Word[] {
  const words: Word[] = [];
  let position = 0;
  for (const [field, { text }] of fields.entries()) {
    for (const letters of read(text)) {
      words.push({ letters, field, position });
      position += 1;
    }
    position += 2;
  }
  return words;
}

/** Words that belong to an honest term (`voice coil`, `rock face`) say nothing about people. */
function maskHonest(words: readonly Word[]): ReadonlySet<number> {
  const masked = new Set<number>();
  const none = new Set<number>();
  for (const [start, word] of words.entries()) {
    for (const { pattern } of candidates(honest, word)) {
      const end = matchAt(pattern, words, start, none);
      const last = words[end - 1];
      if (last === undefined || last.field !== word.field) continue;
      for (let index = start; index < end; index += 1) masked.add(index);
    }
  }
  return masked;
}

function findPhrase(
  index: LimitIndex,
  words: readonly Word[],
  masked: ReadonlySet<number>,
  fields: readonly Field[],
): Finding | undefined {
  for (const [start, word] of words.entries()) {
    for (const limit of candidates(index, word)) {
      if (limit.observed && fields[word.field]?.observed !== true) continue;
      const end = matchAt(limit.pattern, words, start, masked);
      if (end !== -1) return { limit, field: word.field, words: textOf(words.slice(start, end)) };
    }
  }
  return undefined;
}

function findAnywhere(index: LimitIndex, fields: readonly Field[]): Finding | undefined {
  for (const [field, { text }] of fields.entries()) {
    let letters = lettersOf(text);
    for (const innocent of innocentWords) letters = letters.replaceAll(innocent, ' ');
    for (const limit of index.anywhere) {
      const found = limit.pattern.steps[0]?.choices.find((choice) => letters.includes(choice.letters));
      if (found !== undefined) return { limit, field, words: found.letters };
    }
  }
  return undefined;
}

function textOf(words: readonly Word[]): string {
  return words.map((word) => word.letters.replaceAll(iOrL, '1')).join(' ');
}

function candidates(index: LimitIndex, word: Word): readonly Limit[] {
  const start = word.letters.slice(0, 2);
  if (start.startsWith(iOrL)) return [...(index.byBeginning.get('i') ?? []), ...(index.byBeginning.get('l') ?? [])];
  return index.byBeginning.get(start.endsWith(iOrL) ? start.slice(0, 1) : start) ?? [];
}

function refusalOf(entity: EntityName, { limit, field, words }: Finding, fields: readonly Field[]): Refusal {
  const detail =
    `This ${entity} is not registered, because ${quote(fields[field]?.text)} reads as "${limit.id}" ` +
    `(${limit.origin}: ${quote(words)}). ${limit.reason}`;
  return refuse('watches-people', detail, fields[field]?.path ?? '');
}
