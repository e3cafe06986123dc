// Gives the configuration, or every fault in it at once. Sources, each over the one before: defaults, what the command presets,
// the file, the environment, flags. Nothing here touches more of the disk than the configuration file.
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { Compile } from 'typebox/compile';
import { assert, messageOf } from '../kernel/mod.ts';
import { crossFaults } from './config-checks.ts';
import { settingsSchema, type Settings } from './config-schema.ts';
import { settings, type Setting } from './config-settings.ts';
import {
  readEnvironmentSource,
  readFileSource,
  readFlagSource,
  readPresetSource,
  shownValue,
  type ConfigFault,
  type GivenValue,
  type SourceReading,
} from './config-sources.ts';

/** An engine of a port and where it keeps its data: an absolute path. */
export interface EnginePlace {
  readonly scheme: string;
  readonly path: string;
}

/** All settings, and the places that follow from them as absolute paths. */
export interface Config extends Readonly<Settings> {
  /** The configuration file that was read; null where there was none. */
  readonly file: string | null;
  readonly places: {
    readonly dataDirectory: string;
    readonly log: EnginePlace;
    readonly registry: EnginePlace;
    readonly observations: EnginePlace;
    readonly access: string;
    readonly rules: string;
    readonly alerts: string;
  };
}

export interface ConfigRequest {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Working directory: relative paths are below it, and `belfry.yaml` is looked for in it. */
  readonly directory: string;
  /** File that was named by flag; must exist. Else BELFRY_CONFIG, else belfry.yaml where it exists. */
  readonly file?: string;
  /** Texts of flags by the setting's key. */
  readonly flags?: ReadonlyMap<string, string>;
  /** Other defaults that the command brings, by the setting's key. */
  readonly presets?: Readonly<Record<string, unknown>>;
}

export type ConfigOutcome =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

const defaultFileName = 'belfry.yaml';
const fileBytesMax = 1_048_576;

const validator = Compile(settingsSchema);

/** Reads all sources and checks them. Never throws for what is wrong with the configuration. */
export async function loadConfig(request: ConfigRequest): Promise<ConfigOutcome> {
  const file = await readConfigFile(request);
  const readings: SourceReading[] = [
    readPresetSource(request.presets ?? {}, 'preset of the command'),
    file.reading,
    readEnvironmentSource(request.environment),
    readFlagSource(request.flags ?? new Map()),
  ];
  const given = readings.flatMap((reading) => reading.values).map((value) => ({ value, faults: faultOf(value) }));
  // Values that are wrong by themselves stand aside, so that what is wrong with the others together shows in the same go.
  const good = given.filter((entry) => entry.faults.length === 0).map((entry) => entry.value);
  const chosen = new Map(good.map((value) => [value.setting.key, value]));
  const tree = treeOf(chosen);
  assert(validator.Check(tree), 'settings that were checked one by one must fit the schema as a whole');
  const faults = [
    ...readings.flatMap((reading) => reading.faults),
    ...given.flatMap((entry) => entry.faults),
    ...crossFaults(tree, (key) => chosen.get(key)?.origin ?? 'default'),
  ];
  if (faults.length > 0) return { kind: 'faults', faults };
  return { kind: 'config', config: { ...tree, file: file.path, places: placesOf(tree, request.directory) } };
}

/** The faults as text: a line with what is wrong and a line with what to do, for each. */
export function formatFaults(faults: readonly ConfigFault[]): string {
  return faults
    .map((fault) => {
      const subject = [fault.key, fault.value].filter((part) => part !== undefined && part !== '').join(' = ');
      return `${subject === '' ? '' : `${subject}: `}${fault.problem} (${fault.origin})\n  ${fault.remedy}\n`;
    })
    .join('');
}

async function readConfigFile(request: ConfigRequest): Promise<{ path: string | null; reading: SourceReading }> {
  const fromVariable = request.environment['BELFRY_CONFIG'];
  const named = request.file ?? (fromVariable === '' ? undefined : fromVariable);
  const name = named ?? defaultFileName;
  const path = resolve(request.directory, name);
  const origin =
    request.file === undefined && named !== undefined ? 'environment variable BELFRY_CONFIG' : 'flag --config';
  try {
    const facts = await stat(path);
    if (facts.size > fileBytesMax) {
      return {
        path: null,
        reading: unreadable(name, origin, `the file has ${facts.size} bytes, more than ${fileBytesMax}`),
      };
    }
    return { path, reading: readFileSource(await readFile(path, 'utf8'), name) };
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (absent && named === undefined) return { path: null, reading: { values: [], faults: [] } };
    return { path: null, reading: unreadable(name, origin, absent ? 'there is no such file' : messageOf(error)) };
  }
}

function unreadable(name: string, origin: string, problem: string): SourceReading {
  const remedy = 'Correct the path, or make the file readable for the user that runs Belfry.';
  return { values: [], faults: [{ key: '', value: name, origin, problem, remedy }] };
}

function faultOf(given: GivenValue): ConfigFault[] {
  const first = Compile(given.setting.schema).Errors(given.value)[0];
  if (first === undefined) return [];
  return [
    {
      key: given.setting.key,
      value: shownValue(given.value),
      origin: given.origin,
      problem: `${first.instancePath === '' ? 'this is' : `its part ${first.instancePath} makes it`} not ${given.setting.expects}`,
      remedy: `Give ${given.setting.expects}${hasDefault(given.setting) ? `; the default is ${shownValue(given.setting.defaultValue)}` : ''}.`,
    },
  ];
}

function hasDefault(setting: Setting): boolean {
  return setting.defaultValue !== undefined;
}

/** The settings as the nested object of the schema, defaults filled in. */
function treeOf(chosen: ReadonlyMap<string, GivenValue>): unknown {
  const tree: Record<string, unknown> = {};
  for (const setting of settings) {
    const value = chosen.get(setting.key)?.value ?? setting.defaultValue;
    const [group, name] = setting.key.split('.');
    if (group === undefined) continue;
    if (name === undefined) {
      if (value !== undefined) tree[group] = value;
      continue;
    }
    const members = tree[group];
    const node = typeof members === 'object' && members !== null ? members : {};
    if (value !== undefined) Reflect.set(node, name, value);
    tree[group] = node;
  }
  return tree;
}

function placesOf(tree: Settings, directory: string): Config['places'] {
  const dataDirectory = resolve(directory, tree.dataDirectory);
  return {
    dataDirectory,
    log: placeOf(tree.log, dataDirectory),
    registry: placeOf(tree.registry, dataDirectory),
    observations: placeOf(tree.observations, dataDirectory),
    access: join(dataDirectory, 'access.sqlite'),
    rules: join(dataDirectory, 'rules.sqlite'),
    alerts: join(dataDirectory, 'alerts.sqlite'),
  };
}

function placeOf(address: string, dataDirectory: string): EnginePlace {
  const colon = address.indexOf(':');
  // `file:///var/lib/belfry/log` is the same as `file:/var/lib/belfry/log`.
  const path = address.slice(colon + 1).replace(/^\/\/(?=\/)/, '');
  return { scheme: address.slice(0, colon), path: isAbsolute(path) ? path : join(dataDirectory, path) };
}
