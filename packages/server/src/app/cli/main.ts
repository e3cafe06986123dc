// The command line's entry: gives the process to the program and its exit code to the shell.
import { readFileSync } from 'node:fs';
import { runProgram } from './program.ts';

const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';

// A reader that went away (`belfry … | head`) is no fault of the command.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

// Started by bin/belfry.mjs: when that process is killed, this one must not go on without it.
if (process.channel !== undefined && process.channel !== null) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}

process.exitCode = await runProgram(
  process.argv.slice(2),
  {
    environment: process.env,
    directory: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  },
  version,
);
