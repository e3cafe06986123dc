import { Option, type Command } from 'commander';
import { settings, type Setting } from '../config-settings.ts';
import type { SettingFlags } from './context.ts';

/** Adds `--config` and a flag for each setting that `wanted` names (all by default). */
export function addSettingOptions(command: Command, wanted: (setting: Setting) => boolean = () => true): void {
  command.addOption(
    new Option(
      '-c, --config <file>',
      'configuration file, YAML or JSON (default: belfry.yaml where it exists)',
    ).helpGroup('Settings:'),
  );
  for (const setting of settings.filter(wanted)) command.addOption(optionOf(setting));
}

/** What the command line said about settings. */
export function settingFlags(command: Command): SettingFlags {
  const given: Record<string, unknown> = command.opts();
  const flags = new Map<string, string>();
  for (const setting of settings) {
    const value = given[attributeOf(setting)];
    // A flag without a value, which only booleans allow, arrives as true.
    if (typeof value === 'string' || value === true) flags.set(setting.key, String(value));
  }
  const file = given['config'];
  return typeof file === 'string' ? { file, flags } : { flags };
}

function optionOf(setting: Setting): Option {
  const summary =
    setting.description
      .split(/(?<=\.)\s/)[0]
      ?.replace(/\.$/, '')
      .replaceAll('`', '') ?? '';
  const standard = setting.defaultValue === undefined ? '' : ` (default: ${shownDefault(setting.defaultValue)})`;
  return new Option(`--${setting.flag} ${argumentOf(setting)}`, `${summary}${standard}`).helpGroup('Settings:');
}

function argumentOf(setting: Setting): string {
  switch (setting.kind) {
    case 'boolean':
      return '[true|false]';
    case 'number':
      return '<number>';
    case 'list':
      return '<list>';
    case 'text':
      return '<text>';
  }
}

function shownDefault(value: unknown): string {
  return Array.isArray(value) && value.length === 0 ? 'none' : String(value);
}

/** The name under which commander keeps an option's value. */
function attributeOf(setting: Setting): string {
  return setting.flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
