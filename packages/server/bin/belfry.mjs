#!/usr/bin/env node
// Starts the command line on Node 24, whatever Node runs this file (20 or later, so plain JavaScript).
// What must be settled before Node starts, its version and two environment variables, is settled by starting it once more.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { constants } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const entry = join(here, '../src/app/cli/main.ts');
const versionMin = 24;

const wanted = {
  // Parsed sources are kept between starts, which saves most of the start time.
  NODE_COMPILE_CACHE: join(here, '../../../node_modules/.cache/belfry-compile'),
  // The log's fdatasync and the store's queries share libuv's threads, four by default: they must not wait for each other.
  UV_THREADPOOL_SIZE: '8',
};

const isNewEnough = Number(process.versions.node.split('.')[0]) >= versionMin;
if (isNewEnough && Object.keys(wanted).every((name) => process.env[name] !== undefined)) {
  await import(pathToFileURL(entry).href);
} else {
  const node = isNewEnough ? process.execPath : findNode();
  if (node === undefined) {
    process.stderr.write(
      `Belfry needs Node ${versionMin}; this is ${process.version}, and the one of its own is not installed.\n` +
        '  Run `npm ci` in the folder of Belfry.\n',
    );
    process.exitCode = 2;
  } else {
    startAgain(node);
  }
}

function findNode() {
  for (let folder = here; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

function startAgain(node) {
  const parameters = [entry, ...process.argv.slice(2)];
  const child = spawn(node, parameters, {
    // The channel carries nothing: it closes when this process is killed, and the other then stops in order.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...wanted, ...process.env },
  });
  // A service manager signals only this process, a terminal the whole group: the server takes signals that come
  // within a second as one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`cannot start ${node}: ${error.message}\n  Run \`npm ci\` in the folder of Belfry.\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
}
