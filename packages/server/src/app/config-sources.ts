// The sources of settings. Each reader gives what it found, with words for where it stood, and every fault of form;
// whether a value is good is decided in config.ts, the same for all sources.
import { isAlias, isMap, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { messageOf, quote } from '../kernel/mod.ts';
import { closestName } from './config-closest.ts';
import { settingGroups, settings, type Setting } from './config-settings.ts';

/** A value for a setting, and where it stood, for example `belfry.yaml line 3` or `--mqtt-port`. */
export interface GivenValue {
  readonly setting: Setting;
  readonly value: unknown;
  readonly origin: string;
}

/** What is wrong with the configuration, in one place. */
export interface ConfigFault {
  /** Path of the setting, for example `mqtt.port`; empty where the file as a whole is at fault. */
  readonly key: string;
  /** The value as it was given, shortened; undefined where there is none. */
  readonly value?: string;
  readonly origin: string;
  readonly problem: string;
  /** What to do. */
  readonly remedy: string;
}

export interface SourceReading {
  readonly values: readonly GivenValue[];
  readonly faults: readonly ConfigFault[];
}

const byKey: ReadonlyMap<string, Setting> = new Map(settings.map((setting) => [setting.key, setting]));
const byVariable: ReadonlyMap<string, Setting> = new Map(settings.map((setting) => [setting.variable, setting]));
const groupKeys: ReadonlySet<string> = new Set(settingGroups.map((group) => group.key));

/** Variables that Belfry's commands read beside the settings. */
const otherVariables = ['BELFRY_CONFIG', 'BELFRY_TOKEN'];

/**
 * Kubernetes and Docker links put BELFRY_SERVICE_HOST, BELFRY_PORT_8080_TCP and the like into the environment of every
 * container next to a service named `belfry`. They are nobody's mistake.
 */
const serviceLink =
  /^BELFRY(_[A-Z0-9]+)*_(SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP)(_[A-Z]+)?)$|^BELFRY_PORT$/;

/** Reads the text of a configuration file, YAML 1.2 or JSON (which YAML contains). */
export function readFileSource(text: string, name: string): SourceReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  if (document.errors.length > 0) {
    return {
      values: [],
      faults: document.errors.map((error) => syntaxFault(error.message, name, lines.linePos(error.pos[0]).line)),
    };
  }
  const values: GivenValue[] = [];
  const faults: ConfigFault[] = [];
  const root = document.contents;
  if (root !== null && !(isScalar(root) && root.value === null)) {
    readNode({ document, name, lines, values, faults }, root, '');
  }
  return { values, faults };
}

function syntaxFault(message: string, name: string, line: number): ConfigFault {
  return {
    key: '',
    origin: `${name} line ${line}`,
    problem: `this is not valid YAML or JSON: ${message}`,
    remedy: 'Correct the line; docs/configuration.md has an example.',
  };
}

interface FileWalk {
  readonly document: Document.Parsed;
  readonly name: string;
  readonly lines: LineCounter;
  readonly values: GivenValue[];
  readonly faults: ConfigFault[];
}

/** Walks one mapping: the root (empty prefix) or a group. */
function readNode(walk: FileWalk, written: Node, prefix: string): void {
  const node = isAlias(written) ? written.resolve(walk.document) : written;
  if (!isMap(node)) {
    const where = prefix === '' ? 'the file' : prefix;
    walk.faults.push({
      key: prefix,
      value: shownValue(plain(walk, written)),
      origin: originOf(walk, written),
      problem: `${where} must be a mapping of names to values`,
      remedy:
        prefix === '' ? 'Write settings such as `mqtt: { port: 1883 }`.' : `Write ${settingsOf(prefix)} below it.`,
    });
    return;
  }
  for (const pair of node.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const setting = byKey.get(key);
    const value = pair.value;
    const at = isScalar(pair.key) ? pair.key : node;
    if (setting !== undefined) {
      // A name without a value (`publicUrl:`) leaves the setting as it was.
      const plainValue = isNode(value) ? plain(walk, value) : value;
      if (plainValue !== null) walk.values.push({ setting, value: plainValue, origin: originOf(walk, at) });
    } else if (prefix === '' && groupKeys.has(name)) {
      if (isNode(value) && !(isScalar(value) && value.value === null)) readNode(walk, value, name);
    } else {
      walk.faults.push(unknownKey(key, prefix, originOf(walk, at)));
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'toJS' in value;
}

function plain(walk: FileWalk, node: Node): unknown {
  try {
    return node.toJS(walk.document);
  } catch (error) {
    // An alias without an anchor, or one that would unfold into an enormous value.
    return messageOf(error);
  }
}

function originOf(walk: FileWalk, node: Node): string {
  const offset = node.range?.[0];
  return offset === undefined ? walk.name : `${walk.name} line ${walk.lines.linePos(offset).line}`;
}

function settingsOf(prefix: string): string {
  return settings
    .filter((setting) => setting.key.startsWith(`${prefix}.`))
    .map((setting) => setting.key.slice(prefix.length + 1))
    .join(', ');
}

function unknownKey(key: string, prefix: string, origin: string): ConfigFault {
  const level =
    prefix === ''
      ? [...byKey.keys(), ...groupKeys].filter((name) => !name.includes('.'))
      : settingsOf(prefix).split(', ');
  const name = prefix === '' ? key : key.slice(prefix.length + 1);
  const near = closestName(name, level);
  const anywhere = near === undefined ? closestName(key, byKey.keys()) : `${prefix === '' ? '' : `${prefix}.`}${near}`;
  return {
    key,
    origin,
    problem: 'there is no such setting',
    remedy: anywhere === undefined ? `Remove it, or use one of ${level.join(', ')}.` : `Did you mean ${anywhere}?`,
  };
}

/** Reads BELFRY_… variables. An empty variable counts as absent, as shells and unit files leave them. */
export function readEnvironmentSource(environment: Readonly<Record<string, string | undefined>>): SourceReading {
  const values: GivenValue[] = [];
  const faults: ConfigFault[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('BELFRY_') || text === undefined || text === '' || otherVariables.includes(name)) continue;
    const setting = byVariable.get(name);
    if (setting !== undefined) {
      values.push({ setting, value: fromText(setting, text), origin: `environment variable ${name}` });
    } else if (!serviceLink.test(name)) {
      const near = closestName(name, [...byVariable.keys(), ...otherVariables]);
      faults.push({
        key: name,
        origin: 'environment',
        problem: 'there is no such setting',
        remedy: near === undefined ? 'Unset it; docs/configuration.md lists the variables.' : `Did you mean ${near}?`,
      });
    }
  }
  return { values, faults };
}

/** Reads flags, by the setting's key; unknown flags are the command line's business. */
export function readFlagSource(flags: ReadonlyMap<string, string>): SourceReading {
  const values: GivenValue[] = [];
  for (const [key, text] of flags) {
    const setting = byKey.get(key);
    if (setting !== undefined)
      values.push({ setting, value: fromText(setting, text), origin: `flag --${setting.flag}` });
  }
  return { values, faults: [] };
}

/** Values that a command sets before any source is read, by key. */
export function readPresetSource(presets: Readonly<Record<string, unknown>>, origin: string): SourceReading {
  const values = Object.entries(presets).flatMap(([key, value]) => {
    const setting = byKey.get(key);
    return setting === undefined ? [] : [{ setting, value, origin }];
  });
  return { values, faults: [] };
}

/** Text of a variable or flag as the value that it means; text that means nothing stays text and fails the check. */
function fromText(setting: Setting, text: string): unknown {
  const trimmed = text.trim();
  switch (setting.kind) {
    case 'text':
      return text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : text;
    case 'boolean':
      return trimmed === 'true' ? true : trimmed === 'false' ? false : text;
    case 'list':
      return listFromText(trimmed);
  }
}

/** A JSON array, or items between commas. */
function listFromText(text: string): unknown {
  if (!text.startsWith('['))
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value for a message: short, and without the password of an address. */
export function shownValue(value: unknown): string {
  return quote(typeof value === 'string' ? value.replace(/:\/\/([^:@/\s]*):[^@/\s]*@/, '://$1:***@') : value);
}
