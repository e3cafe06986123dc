// Runs test files with node:test, each file in its own process, and closes with a summary that names what failed and what was
// skipped with the reason. Exit code 1 when anything failed or nothing ran.
//   node scripts/run-tests.ts unit         the tests beside the code
//   node scripts/run-tests.ts acceptance   packages/server/test
//   node scripts/run-tests.ts console      the console's, with vitest
//   node scripts/run-tests.ts all
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

interface Result {
  readonly name: string;
  readonly files: number;
  passed: number;
  seconds: number;
  readonly failed: string[];
  readonly skipped: string[];
}

const root = fileURLToPath(new URL('../', import.meta.url));
const suites = {
  unit: { pattern: 'packages/{contract,server}/src/**/*.test.ts', concurrency: availableParallelism() },
  // One at a time: these start servers and browsers, and measure nothing while others do the same.
  acceptance: { pattern: 'packages/server/test/**/*.test.ts', concurrency: 1 },
} as const;

process.chdir(root);
process.env['NODE_COMPILE_CACHE'] ??= `${root}node_modules/.cache/belfry-compile`;
process.env['UV_THREADPOOL_SIZE'] ??= '8';

const wanted = process.argv[2] ?? 'all';
const results: Result[] = [];
if (wanted === 'unit' || wanted === 'all')
  results.push(await runSuite('unit', suites.unit.pattern, suites.unit.concurrency));
if (wanted === 'console' || wanted === 'all') results.push(runConsole());
if (wanted === 'acceptance' || wanted === 'all') {
  results.push(await runSuite('acceptance', suites.acceptance.pattern, suites.acceptance.concurrency));
}
summarise();

async function runSuite(name: string, pattern: string, concurrency: number): Promise<Result> {
  const files = globSync(pattern, { cwd: root }).toSorted();
  const result: Result = { name, files: files.length, passed: 0, seconds: 0, failed: [], skipped: [] };
  const start = performance.now();
  const stream = run({ files, concurrency });
  const finished = new Promise<void>((resolve, reject) => stream.once('end', resolve).once('error', reject));
  stream.on('test:pass', (event) => {
    if (event.skip !== undefined && event.skip !== false) {
      result.skipped.push(`${event.name}${typeof event.skip === 'string' ? `: ${event.skip}` : ''}`);
    } else if (event.details.type !== 'suite' && !isFile(event.name)) {
      result.passed += 1;
    }
  });
  stream.on('test:fail', (event) => {
    const place = event.file === undefined || isFile(event.name) ? '' : `${relative(root, event.file)}: `;
    result.failed.push(`${place}${event.name}`);
  });
  stream.compose(new spec()).pipe(process.stdout, { end: false });
  await finished;
  result.seconds = (performance.now() - start) / 1_000;
  return result;
}

/** node:test reports a file of tests as a test of its own. */
function isFile(name: string): boolean {
  return name.endsWith('.test.ts');
}

function runConsole(): Result {
  const files = globSync('packages/console/src/**/*.test.{ts,tsx}', { cwd: root });
  const start = performance.now();
  const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
  const outcome =
    files.length === 0
      ? 0
      : spawnSync(process.execPath, [vitest, 'run'], {
          cwd: `${root}packages/console`,
          stdio: ['ignore', 'inherit', 'inherit'],
        }).status;
  const seconds = (performance.now() - start) / 1_000;
  const failed = outcome === 0 ? [] : ['packages/console: see above'];
  return {
    name: 'console',
    files: files.length,
    passed: outcome === 0 ? files.length : 0,
    seconds,
    failed,
    skipped: [],
  };
}

function summarise(): void {
  const lines = results.map((result) => {
    const what = result.name === 'console' ? 'files' : 'tests';
    const counts = `${result.passed} ${what} passed, ${result.failed.length} failed, ${result.skipped.length} skipped`;
    return `  ${result.name.padEnd(12)}${counts}, ${result.files} files, ${result.seconds.toFixed(1)} s`;
  });
  const failed = results.flatMap((result) => result.failed);
  const skipped = results.flatMap((result) => result.skipped);
  const empty = results.every((result) => result.files === 0);
  process.stdout.write(
    `\nTests\n${lines.join('\n')}\n` +
      skipped.map((name) => `  skipped: ${name}\n`).join('') +
      failed.map((name) => `  FAILED: ${name}\n`).join('') +
      `  ${failed.length > 0 ? 'Not good.' : empty ? 'No test was found.' : 'All good.'}\n`,
  );
  process.exitCode = failed.length > 0 || empty ? 1 : 0;
}
