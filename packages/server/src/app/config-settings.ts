import type { TSchema } from 'typebox';
import { settingsSchema } from './config-schema.ts';

/** One setting, drawn from the schema, with its name in each source. */
export interface Setting {
  /** Path in the configuration file with dots, for example `mqtt.port`. */
  readonly key: string;
  /** Environment variable, for example `BELFRY_MQTT_PORT`. */
  readonly variable: string;
  /** Long flag without dashes, for example `mqtt-port`. */
  readonly flag: string;
  readonly schema: TSchema;
  readonly kind: SettingKind;
  readonly description: string;
  /** What a person should write, for example `a whole number from 0 to 65535`. */
  readonly expects: string;
  /** Undefined where the setting may be absent. */
  readonly defaultValue: unknown;
}

export type SettingKind = 'text' | 'number' | 'boolean' | 'list';

export interface SettingGroup {
  readonly key: string;
  readonly description: string;
}

/** All settings in the order of the schema. */
export const settings: readonly Setting[] = collect(settingsSchema, []);

/** The groups that settings stand in, in the order of the schema. */
export const settingGroups: readonly SettingGroup[] = membersOf(settingsSchema)
  .filter(([, schema]) => isGroup(schema))
  .map(([key, schema]) => ({ key, description: textOf(schema, 'description') ?? '' }));

function collect(schema: TSchema, path: readonly string[]): Setting[] {
  return membersOf(schema).flatMap(([name, member]) =>
    isGroup(member) ? collect(member, [...path, name]) : [settingAt([...path, name], member)],
  );
}

function settingAt(path: readonly string[], schema: TSchema): Setting {
  const words = path.flatMap((name) => name.split(/(?=[A-Z])/)).map((word) => word.toLowerCase());
  return {
    key: path.join('.'),
    variable: `BELFRY_${words.join('_').toUpperCase()}`,
    flag: words.join('-'),
    schema,
    kind: kindOf(schema),
    description: textOf(schema, 'description') ?? '',
    expects: textOf(schema, 'expects') ?? expectation(schema),
    defaultValue: property(schema, 'default'),
  };
}

function kindOf(schema: TSchema): SettingKind {
  const type = property(schema, 'type');
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'boolean';
  return type === 'array' ? 'list' : 'text';
}

function expectation(schema: TSchema): string {
  const type = property(schema, 'type');
  if (type === 'boolean') return 'true or false';
  if (type === 'integer') {
    return `a whole number from ${String(property(schema, 'minimum'))} to ${String(property(schema, 'maximum'))}`;
  }
  const choices = property(schema, 'anyOf');
  if (Array.isArray(choices)) return `one of ${choices.map((choice) => String(property(choice, 'const'))).join(', ')}`;
  return `text of ${String(property(schema, 'minLength'))} to ${String(property(schema, 'maxLength'))} characters`;
}

function isGroup(schema: unknown): boolean {
  return property(schema, 'type') === 'object';
}

function membersOf(schema: TSchema): [string, TSchema][] {
  const properties = property(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
}

function textOf(schema: unknown, name: string): string | undefined {
  const value = property(schema, name);
  return typeof value === 'string' ? value : undefined;
}

function property(schema: unknown, name: string): unknown {
  return typeof schema === 'object' && schema !== null ? Reflect.get(schema, name) : undefined;
}
