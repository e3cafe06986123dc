import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A bare Mosquitto on loopback that accepts and stores nothing: the measure beside which ingest is quoted. */
export interface Mosquitto {
  readonly port: number;
  readonly version: string;
  close(): Promise<void>;
}

/** Undefined where mosquitto is not installed. */
export async function openMosquitto(): Promise<Mosquitto | undefined> {
  const version = versionOf();
  if (version === undefined) return undefined;
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'belfry-bench-mosquitto-'));
  const file = join(directory, 'mosquitto.conf');
  await writeFile(
    file,
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence false',
      'max_inflight_messages 0',
      'max_queued_messages 0',
      'log_type none',
      '',
    ].join('\n'),
  );
  const child = spawn('mosquitto', ['-c', file], { stdio: 'ignore' });
  await untilListening(port);
  return { port, version, close: async () => await stop(child, directory) };
}

function versionOf(): string | undefined {
  try {
    const text = execFileSync('mosquitto', ['-h'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /version (\S+)/.exec(text)?.[1] ?? 'unknown';
  } catch (error) {
    // `mosquitto -h` prints its version and exits with a code that says nothing; only a missing program is missing.
    if (typeof error === 'object' && error !== null && 'stdout' in error && typeof error.stdout === 'string') {
      return /version (\S+)/.exec(error.stdout)?.[1];
    }
    return undefined;
  }
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
  await rm(directory, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    const answer = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answer) return;
    await sleep(50);
  }
  throw new Error('mosquitto does not listen');
}
