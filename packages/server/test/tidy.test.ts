// Holds the shape of the repository: which folder imports which, only through its door; names of files; and that the pages
// which follow from the code say what the code says. `npm run docs` writes those pages.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { generatedPages } from '../../../scripts/pages.ts';
import { bareCode, listFiles, readSources, readText, repositoryRoot, type SourceFile } from './tidy-sources.ts';
import { folderTable } from './tidy-table.ts';

const serverFolder = 'packages/server/src/';
const server = readSources(['packages/server/src']);
const beside = readSources(['packages/server/test', 'packages/server/testkit', 'packages/server/bench', 'scripts']);
const contract = readSources(['packages/contract/src']);
const consoleSources = readSources(['packages/console/src']);
const everything = [...server, ...beside, ...contract, ...consoleSources];

/** First folder below src, or undefined where the path is not in it. */
function folderOf(path: string): string | undefined {
  return path.startsWith(serverFolder) ? path.slice(serverFolder.length).split('/')[0] : undefined;
}

function isTest(file: SourceFile): boolean {
  return /\.test\.tsx?$/.test(file.path);
}

test('every folder of the server stands in the table, and every entry of the table is a folder', () => {
  const folders = new Set(server.map((file) => folderOf(file.path)));
  assert.deepEqual(folders, new Set(folderTable.map((rule) => rule.name)));
});

test('folders of the server import each other only in the directions of the table', () => {
  const allowed = new Map(folderTable.map((rule) => [rule.name, new Set([rule.name, ...rule.imports])]));
  const faults = server
    .filter((file) => !isTest(file))
    .flatMap((file) =>
      file.imports
        .map((target) => folderOf(target))
        .filter((target) => target !== undefined && allowed.get(folderOf(file.path) ?? '')?.has(target) !== true)
        .map((target) => `${file.path} must not import ${target ?? ''}/`),
    );
  assert.deepEqual(faults, []);
});

test('the table itself has no circle', () => {
  const order = new Map(folderTable.map((rule) => [rule.name, rule.imports]));
  assert.equal(findCycle(order), undefined);
});

test('a folder is entered only through its door, mod.ts', () => {
  const isDoor = (target: string): boolean =>
    /^[a-z]+\/(?:(?:http|mqtt)\/)?mod\.ts$/.test(target.slice(serverFolder.length));
  // The wiring and the configuration have no door: nobody imports app but its own entry and those who test the whole.
  const isWhole = (target: string): boolean => folderOf(target) === 'app';
  const faults = [...server, ...beside].flatMap((file) =>
    file.imports
      .filter((target) => folderOf(target) !== undefined && folderOf(target) !== folderOf(file.path))
      .filter((target) => !isDoor(target) && !isWhole(target))
      .map((target) => `${file.path} imports ${target}`),
  );
  assert.deepEqual(faults, []);
});

test('no file loads itself by way of others', () => {
  const paths = new Set(everything.map((file) => file.path));
  const graph = new Map(everything.map((file) => [file.path, file.loads.filter((target) => paths.has(target))]));
  assert.equal(findCycle(graph), undefined);
});

test('what runs does not import tests or what is only for tests', () => {
  const faults = server
    .filter((file) => !isTest(file) && !file.path.endsWith('-contract.ts'))
    .flatMap((file) =>
      file.imports
        .filter((target) => /\.test\.ts$|^packages\/server\/(test|testkit|bench)\//.test(target))
        .map((target) => `${file.path} imports ${target}`),
    );
  assert.deepEqual(faults, []);
});

test('the contract imports TypeBox only, the console the contract only', () => {
  for (const file of contract) {
    for (const target of file.imports)
      assert.ok(/^typebox(\/|$)|^packages\/contract\/|^node:(test|assert)/.test(target), `${file.path}: ${target}`);
  }
  for (const file of consoleSources) {
    for (const target of file.imports) {
      assert.ok(
        !/^packages\/(server|contract)\/|^@belfry\/(?!contract$)|^node:/.test(target) || isTest(file),
        `${file.path}: ${target}`,
      );
    }
  }
});

test('no default export, no any, no non-null assertion', () => {
  const faults = everything.flatMap((file) => {
    const code = bareCode(file.text);
    const found = [/^export default\b/m, /[:<,|&(]\s*any\b(?!\w)/, /\bas any\b/, /[\w)\]]!(?=[.;,)\][]|$)/m].filter(
      (rule) => rule.test(code),
    );
    return found.map((rule) => `${file.path}: ${rule.source}`);
  });
  assert.deepEqual(faults, []);
});

test('a door re-exports by name', () => {
  const faults = everything
    .filter((file) => file.path.endsWith('/mod.ts') && /export \*/.test(file.text))
    .map((file) => file.path);
  assert.deepEqual(faults, []);
});

test('names of files and folders are in kebab-case', () => {
  const faults = ['packages/server', 'packages/contract', 'packages/console/src', 'scripts', 'docs']
    .flatMap((folder) => listFiles(folder))
    .filter(
      (path) =>
        !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)+$/.test(path),
    );
  assert.deepEqual(faults, []);
});

for (const page of generatedPages()) {
  test(`${page.path} says what the code says`, () => {
    assert.equal(readText(page.path), page.text, `run \`npm run docs\` to write ${page.path} anew`);
  });
}

test('every dependency has its line in docs/dependencies.md, and no line is left over', () => {
  const manifests = [
    'package.json',
    'packages/contract/package.json',
    'packages/server/package.json',
    'packages/console/package.json',
  ];
  const wanted = new Set(manifests.flatMap(dependenciesOf).filter((name) => !name.startsWith('@belfry/')));
  const lines = new Set(
    [...readText('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? ''),
  );
  assert.deepEqual(
    [...wanted].filter((name) => !lines.has(name)),
    [],
    'without a line',
  );
  assert.deepEqual(
    [...lines].filter((name) => !wanted.has(name)),
    [],
    'left over',
  );
});

test('links in the pages lead to files that exist', () => {
  const pages = [
    'README.md',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    ...listFiles('docs').filter((path) => path.endsWith('.md')),
  ];
  const faults = pages.flatMap((page) =>
    [...readText(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
      .map((match) => posix.join(dirname(page), match[1] ?? ''))
      .filter((target) => !existsSync(join(repositoryRoot, target)))
      .map((target) => `${page}: ${target}`),
  );
  assert.deepEqual(faults, []);
});

test('the continuous integration runs the test command of the README', () => {
  assert.ok(readText('README.md').includes('\nnpm ci && npm test\n'));
  assert.ok(readText('.ci/run').includes('\nnpm ci && npm test\n'));
});

function dependenciesOf(manifestPath: string): string[] {
  const manifest: unknown = JSON.parse(readText(manifestPath));
  if (typeof manifest !== 'object' || manifest === null) return [];
  return ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].flatMap((key) => {
    const group: unknown = Reflect.get(manifest, key);
    return typeof group === 'object' && group !== null ? Object.keys(group) : [];
  });
}

/** The nodes of a cycle, or undefined: depth first, with the way that led to the node. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...way, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
