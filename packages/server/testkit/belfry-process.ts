import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Belfry as its users run it: the command `belfry serve` in a process of its own, on free ports. */
export interface BelfryProcess {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  readonly mqttPort: number;
  readonly pid: number;
  /** Milliseconds from the start of the process to its line "ready". */
  readonly startMillis: number;
  /** SIGKILL, as a crash is; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** The last lines that it logged. */
  lines(): readonly string[];
}

export interface BelfryProcessOptions {
  readonly directory: string;
  /** Further settings as environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly readyMillisMax?: number;
}

const command = fileURLToPath(new URL('../bin/belfry.mjs', import.meta.url));
const linesKept = 200;

/** Starts a process and waits until it says that it is ready. Throws with its last lines where it does not. */
export async function startBelfryProcess(options: BelfryProcessOptions): Promise<BelfryProcess> {
  const started = performance.now();
  const child = spawn(process.execPath, [command, 'serve'], {
    cwd: options.directory,
    env: {
      ...process.env,
      // With these set the command runs in the process that we start, and not in a child of it that a kill would miss.
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'belfry-compile-cache'),
      UV_THREADPOOL_SIZE: '8',
      BELFRY_DATA_DIRECTORY: options.directory,
      BELFRY_HTTP_PORT: '0',
      BELFRY_MQTT_PORT: '0',
      BELFRY_ACCESS_OPEN: 'true',
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const ready = await waitForReady(child, lines, options.readyMillisMax ?? 60_000);
  return {
    ...ready,
    mqttPort: Number(new URL(ready.mqttUrl).port),
    pid: child.pid ?? 0,
    startMillis: performance.now() - started,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
    lines: () => lines,
  };
}

async function waitForReady(
  child: ChildProcessByStdio<null, Readable, Readable>,
  lines: string[],
  millisMax: number,
): Promise<{ readonly httpUrl: string; readonly mqttUrl: string }> {
  return await new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(new Error(`belfry serve ${why}; its last lines:\n${lines.slice(-20).join('\n')}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${millisMax} ms`), millisMax);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with code ${code}`);
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > linesKept) lines.shift();
        const addresses = readyLine(line);
        if (addresses === undefined) return;
        clearTimeout(timer);
        resolve(addresses);
      });
    }
  });
}

function readyLine(line: string): { readonly httpUrl: string; readonly mqttUrl: string } | undefined {
  if (!line.includes('"ready"')) return undefined;
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || !('httpUrl' in value) || !('mqttUrl' in value)) return undefined;
  const { httpUrl, mqttUrl } = value;
  return typeof httpUrl === 'string' && typeof mqttUrl === 'string' ? { httpUrl, mqttUrl } : undefined;
}
