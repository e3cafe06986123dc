import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The stricter schema of CAP 1.2 beside the repository, where it is there. */
export const capSchema = fileURLToPath(new URL('../../../../shared/specs/cap/cap12_extended.xsd', import.meta.url));

/** Of libxml2; a part of the system and not of the packages. */
const command = 'xmllint';

/** Why a test that needs xmllint (and the CAP schema) must be skipped, or false. */
export function withoutXmllint(needsSchema: boolean): string | false {
  if (spawnSync(command, ['--version']).error !== undefined) return 'SKIPPED: xmllint is not installed';
  if (needsSchema && !existsSync(capSchema)) return `SKIPPED: there is no ${capSchema}`;
  return false;
}

/** What xmllint says against the document: empty where it is well-formed, and valid if a schema is given. */
export function xmllint(document: string, schema?: string): string {
  const flags = schema === undefined ? [] : ['--schema', schema];
  const outcome = spawnSync(command, ['--noout', '--nonet', ...flags, '-'], { input: document, encoding: 'utf8' });
  return outcome.status === 0 ? '' : outcome.stderr;
}
