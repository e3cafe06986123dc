// The pages that follow from the code, as text. write-docs.ts writes them; tidy.test.ts holds them against what is there.
import { existsSync, readFileSync } from 'node:fs';
import { errorCodeNames, errorCodes, type ErrorParty } from '@belfry/contract';
import { settingGroups, settings, type Setting } from '../packages/server/src/app/config-settings.ts';
import { folderTable } from '../packages/server/test/tidy-table.ts';

/** A page by its path from the root of the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

const root = new URL('../', import.meta.url);

/** All generated pages; of ARCHITECTURE.md only the part between its marks is generated. */
export function generatedPages(): readonly Page[] {
  return [
    { path: 'docs/errors.md', text: errorsPage() },
    { path: 'docs/configuration.md', text: configurationPage() },
    { path: 'ARCHITECTURE.md', text: architecturePage() },
  ];
}

const partyWords = {
  caller: 'the asker',
  belfry: 'Belfry: a fault or a bound of its own',
  outside: 'the operator: disk, network or engine',
} as const satisfies Record<ErrorParty, string>;

function errorsPage(): string {
  const sections = errorCodeNames.map((code) => {
    const { title, remedy, status, party } = errorCodes[code];
    return `## ${code}\n\n${title}\n\n- HTTP status: ${status}\n- Who must act: ${partyWords[party]}\n- What to do: ${remedy}\n`;
  });
  return `# Error codes

Every refusal carries one of these codes: over HTTP in the member \`code\` of a problem document (RFC 9457, type
\`urn:belfry:error:<code>\`), over MQTT 5 at the beginning of the Reason String, in \`GET /ingest\` and in the console beside
the message that was refused. A code never changes its meaning. This page is written from
packages/contract/src/error-codes.ts by \`npm run docs\`.

\`\`\`json
{
  "type": "urn:belfry:error:unknown-datastream",
  "title": "There is no Datastream with this id.",
  "status": 404,
  "detail": "there is no Datastream 7",
  "code": "unknown-datastream",
  "message": "there is no Datastream 7",
  "remedy": "Create the Datastream first, or correct the id in the topic or address."
}
\`\`\`

${sections.join('\n')}`;
}

function configurationPage(): string {
  const topLevel = settings.filter((setting) => !setting.key.includes('.'));
  const groups = settingGroups.map((group) => {
    const members = settings.filter((setting) => setting.key.startsWith(`${group.key}.`));
    return `## ${group.key}\n\n${group.description}\n\n${members.map(settingSection).join('\n')}`;
  });
  return `# Configuration

Belfry runs without any configuration. A setting can be given in four places; each goes over the one before:

1. the default,
2. the file: \`belfry.yaml\` in the working directory where it exists, or the file that \`--config\` or \`BELFRY_CONFIG\` names;
   YAML or JSON,
3. the environment, for example \`BELFRY_MQTT_PORT=1884\`; an empty variable counts as absent,
4. a flag, for example \`--mqtt-port 1884\`.

Lists are written with commas or as JSON in the environment and in flags. Unknown names are errors, and all faults are reported at
once, each with its place and what to do. \`belfry doctor\` checks the configuration without starting the server. This page is
written from packages/server/src/app/config-schema.ts by \`npm run docs\`.

\`\`\`yaml
# belfry.yaml
dataDirectory: /var/lib/belfry
http:
  port: 8080
  publicUrl: https://belfry.example.org
  trustProxy: [127.0.0.1]
mqtt:
  host: 0.0.0.0
cap:
  sender: warnings@belfry.example.org
  senderName: Town of Example
\`\`\`

## Places

${topLevel.map(settingSection).join('\n')}
${groups.join('\n')}`;
}

function settingSection(setting: Setting): string {
  const standard =
    setting.defaultValue === undefined
      ? 'none'
      : Array.isArray(setting.defaultValue) && setting.defaultValue.length === 0
        ? 'empty list'
        : `\`${typeof setting.defaultValue === 'string' ? setting.defaultValue : JSON.stringify(setting.defaultValue)}\``;
  return `### ${setting.key}

${setting.description}

- Takes: ${setting.expects}
- Default: ${standard}
- Variable \`${setting.variable}\`, flag \`--${setting.flag}\`
`;
}

const pictureBegin = '<!-- picture: written by npm run docs from packages/server/test/tidy-table.ts -->';
const pictureEnd = '<!-- end of picture -->';

function architecturePage(): string {
  const file = new URL('ARCHITECTURE.md', root);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : `${pictureBegin}\n${pictureEnd}\n`;
  const begin = text.indexOf(pictureBegin);
  const end = text.indexOf(pictureEnd);
  if (begin === -1 || end < begin)
    throw new Error(`ARCHITECTURE.md has lost its marks ${pictureBegin} and ${pictureEnd}`);
  return `${text.slice(0, begin)}${pictureBegin}\n\n${picture()}\n${text.slice(end)}`;
}

/** An arrow from each folder to those it may import, without what everybody imports and what follows by way of others. */
function picture(): string {
  const everywhere = new Set(['kernel', 'domain']);
  const nodes = folderTable.filter((rule) => !everywhere.has(rule.name));
  const imports = new Map(nodes.map((rule) => [rule.name, rule.imports.filter((name) => !everywhere.has(name))]));
  const reaches = (from: string, to: string): boolean =>
    (imports.get(from) ?? []).some((next) => next === to || reaches(next, to));
  const arrows = nodes.flatMap(({ name }) => {
    const direct = imports.get(name) ?? [];
    return direct
      .filter((target) => !direct.some((other) => other !== target && reaches(other, target)))
      .map((target) => `  ${name} --> ${target}`);
  });
  const boxes = nodes.map(({ name, words }) => `  ${name}["<b>${name}</b><br>${words}"]`);
  return `\`\`\`mermaid\nflowchart TD\n${[...boxes, ...arrows].join('\n')}\n\`\`\`\n`;
}
