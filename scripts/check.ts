// What a change must pass before it is committed: types, lint, format, unused code, shape of the repository, unit tests.
// Two jobs run at a time; the output of those that fail is shown. `--static` leaves the unit tests out.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Job {
  readonly name: string;
  readonly command: readonly string[];
}

interface Outcome {
  readonly job: Job;
  readonly good: boolean;
  readonly seconds: number;
  readonly output: string;
}

const root = fileURLToPath(new URL('../', import.meta.url));
const tool = (name: string): string => `${root}node_modules/.bin/${name}`;

const staticJobs: readonly Job[] = [
  { name: 'types of the server', command: [tool('tsc'), '-p', 'packages/server/tsconfig.json'] },
  { name: 'types of the contract', command: [tool('tsc'), '-p', 'packages/contract/tsconfig.json'] },
  { name: 'types of the console', command: [tool('tsc'), '-p', 'packages/console/tsconfig.json'] },
  { name: 'types of the scripts', command: [tool('tsc'), '-p', 'scripts/tsconfig.json'] },
  {
    name: 'lint',
    command: [tool('oxlint'), '--type-aware', '-c', '.oxlintrc.json', '--deny-warnings', 'packages', 'scripts'],
  },
  { name: 'format', command: [tool('oxfmt'), '--check', 'packages', 'scripts'] },
  { name: 'unused', command: [tool('knip')] },
  { name: 'shape', command: [process.execPath, '--test', '--test-reporter=spec', 'packages/server/test/tidy.test.ts'] },
];
const unitJob: Job = { name: 'unit tests', command: [process.execPath, 'scripts/run-tests.ts', 'unit'] };

// The longest job starts first, so that the short ones fill the time beside it.
const jobs = process.argv.includes('--static') ? staticJobs : [unitJob, ...staticJobs];
const waiting = [...jobs];
const outcomes: Outcome[] = [];
const start = performance.now();
await Promise.all([work(), work()]);
const failed = outcomes.filter((outcome) => !outcome.good);
process.stdout.write(
  `${failed.map((outcome) => `\n── ${outcome.job.name} ──\n${outcome.output}`).join('')}\n` +
    `${failed.length === 0 ? 'All good' : `Failed: ${failed.map((outcome) => outcome.job.name).join(', ')}`}, ` +
    `${((performance.now() - start) / 1_000).toFixed(1)} s\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
    const outcome = await runJob(job);
    outcomes.push(outcome);
    process.stdout.write(`${outcome.good ? 'ok  ' : 'FAIL'}  ${job.name}  ${outcome.seconds.toFixed(1)} s\n`);
  }
}

async function runJob(job: Job): Promise<Outcome> {
  const begin = performance.now();
  const [program = '', ...parameters] = job.command;
  const child = spawn(program, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const take = (text: string): void => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      take(`${error.message}\n`);
      resolve(1);
    });
    child.once('close', resolve);
  });
  return { job, good: code === 0, seconds: (performance.now() - begin) / 1_000, output };
}
