import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the repository. */
export const repositoryRoot: string = fileURLToPath(new URL('../../../', import.meta.url));

/** A source file, with paths relative to the root of the repository. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** What it imports: repository paths of files, or names of packages. */
  readonly imports: readonly string[];
  /** Those of the imports that are there when it runs: not `import type`. */
  readonly loads: readonly string[];
}

const skipped: ReadonlySet<string> = new Set(['node_modules', 'dist']);

/** Every .ts and .tsx file below the folders. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => listFiles(folder))
    .filter((path) => /\.tsx?$/.test(path))
    .map(readSource);
}

/** Repository paths of all files below a folder; none where the folder is not there. */
export function listFiles(folder: string): string[] {
  const entries = readdirSync(join(repositoryRoot, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : [path];
  });
}

export function readText(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

function readSource(path: string): SourceFile {
  const text = readText(path);
  const statements = [
    ...text.matchAll(/^(import|export)\s(type\s)?[^;'"]*?from\s+'([^']+)'/gm),
    ...text.matchAll(/^(import)\s()'([^']+)'/gm),
    ...text.matchAll(/\b(import)()\('([^']+)'\)/g),
  ].map((match) => ({ target: resolved(path, match[3] ?? ''), isType: match[2] === 'type ' }));
  return {
    path,
    text,
    imports: statements.map((statement) => statement.target),
    loads: statements.filter((statement) => !statement.isType).map((statement) => statement.target),
  };
}

function resolved(path: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(dirname(path), specifier) : specifier;
}

/** Code without comments and the contents of strings, for rules that look at the text. */
export function bareCode(text: string): string {
  return text
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '');
}
