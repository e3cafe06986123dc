/**
 * CreateObservations (18-088, 13.2): rows of many Datastreams in one request. The shape of the whole is checked before the first row
 * is submitted, so a request that is wrong in shape leaves nothing behind; after that a row that is refused spoils no other.
 * No promise and one object a row; all rows share one wait for the log.
 */
import type { Outcome, Source } from '../admission/mod.ts';
import { propertyOf } from '../domain/mod.ts';
import { CallerError, isRefusal, quote, refuse, type Refusal } from '../kernel/mod.ts';
import { selfLink } from './entity-json.ts';
import type { SensorThingsOptions } from './options.ts';

interface Group {
  readonly datastreamId: number;
  readonly components: readonly string[];
  readonly rows: readonly unknown[];
}

/** Rows in one request, and rows that are taken before other requests get their turn. */
const arrayLimits = { rowsMax: 1_000_000, turnRows: 5_000 } as const;

const featureComponents: ReadonlySet<string> = new Set(['FeatureOfInterest/id', 'FeatureOfInterest/@iot.id']);

/**
 * Takes the rows in their order.
 * @returns one text a row: the Observation's address, or what begins with `error`
 */
export async function createObservations(
  options: Pick<SensorThingsOptions, 'admission'>,
  source: Source,
  body: unknown,
  root: string,
): Promise<readonly string[]> {
  const { admission } = options;
  const groups = parseGroups(body);
  if (isRefusal(groups)) {
    admission.recordRefusal(source, groups, null);
    throw new CallerError(groups);
  }
  const answers: string[] = [];
  let newest = 0;
  let unfit: Refusal | undefined;
  for (const group of groups) {
    for (const row of group.rows) {
      const submitted = submitRow(options, source, group, row);
      const outcome = typeof submitted === 'number' || isRefusal(submitted) ? submitted : await submitted;
      if (typeof outcome === 'number') {
        newest = Math.max(newest, outcome);
        answers.push(selfLink(root, 'Observation', outcome));
      } else {
        if (outcome.code === 'busy' || outcome.code === 'log-failed') unfit = outcome;
        answers.push(`error ${outcome.code}: ${outcome.detail}`);
      }
      if (answers.length % arrayLimits.turnRows === 0) await otherRequests();
    }
  }
  // Nothing was taken because the log takes nothing: the client sends the same again later.
  if (newest === 0 && unfit !== undefined) throw new CallerError(unfit);
  if (newest > 0) await admission.whenAcknowledged(newest);
  return answers;
}

function submitRow(
  { admission }: Pick<SensorThingsOptions, 'admission'>,
  source: Source,
  { datastreamId, components }: Group,
  row: unknown,
): Outcome | Promise<Outcome> {
  if (!Array.isArray(row) || row.length !== components.length) {
    const refusal = refuse('bad-body', `a row is an array of ${components.length} values, not ${quote(row)}`);
    admission.recordRefusal(source, refusal, datastreamId);
    return refusal;
  }
  const values: readonly unknown[] = row;
  const observation: Record<string, unknown> = {};
  for (let index = 0; index < components.length; index += 1) {
    const name = components[index];
    const value = values[index];
    if (name === undefined) continue;
    if (!featureComponents.has(name)) observation[name] = value;
    else if (value !== null) observation['FeatureOfInterest'] = { '@iot.id': value };
  }
  return admission.submit(source, datastreamId, observation);
}

function parseGroups(body: unknown): readonly Group[] | Refusal {
  if (!Array.isArray(body)) return refuse('bad-body', 'CreateObservations takes an array of groups, one a Datastream');
  const items: readonly unknown[] = body;
  const groups: Group[] = [];
  let rows = 0;
  for (const [index, item] of items.entries()) {
    const group = parseGroup(item, `/${index}`);
    if (isRefusal(group)) return group;
    groups.push(group);
    rows += group.rows.length;
  }
  if (rows > arrayLimits.rowsMax) return refuse('too-large', `${rows} rows; at most ${arrayLimits.rowsMax} are taken`);
  return groups;
}

function parseGroup(item: unknown, pointer: string): Group | Refusal {
  if (!isMembers(item)) return refuse('bad-body', `a group is a JSON object, not ${quote(item)}`, pointer);
  const { Datastream: datastream, components, dataArray } = item;
  const datastreamId = isMembers(datastream) ? datastream['@iot.id'] : undefined;
  if (typeof datastreamId !== 'number') {
    return refuse('missing-field', 'a group names its Datastream: {"@iot.id": 1}', `${pointer}/Datastream`);
  }
  const names = parseComponents(components, `${pointer}/components`);
  if (isRefusal(names)) return names;
  if (!Array.isArray(dataArray)) {
    return refuse('bad-body', `dataArray is an array of rows, not ${quote(dataArray)}`, `${pointer}/dataArray`);
  }
  const rows: readonly unknown[] = dataArray;
  return { datastreamId, components: names, rows };
}

function parseComponents(components: unknown, pointer: string): readonly string[] | Refusal {
  if (!Array.isArray(components)) return refuse('missing-field', 'components is an array of names', pointer);
  const names: string[] = [];
  const items: readonly unknown[] = components;
  for (const name of items) {
    if (typeof name !== 'string' || (!featureComponents.has(name) && propertyOf('Observation', name) === undefined)) {
      return refuse('unknown-field', `${quote(name)} is no component of an Observation`, pointer);
    }
    if (names.includes(name)) return refuse('bad-body', `the component ${quote(name)} is there twice`, pointer);
    names.push(name);
  }
  return names.includes('result') ? names : refuse('missing-field', 'components must hold result', pointer);
}

async function otherRequests(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
