import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { messageOf } from '../../kernel/mod.ts';
import type { Finding } from './finding.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

const askMillisMax = 2_000;

/** A port in use is no fault by itself: the server may be running. Who has it is said where the system tells. */
export async function checkPort(name: string, address: Address): Promise<Finding> {
  const { host, port } = address;
  const code = await listenOnce(address);
  if (code === undefined) return { name, grade: 'ok', words: `${host}:${port} is free` };
  if (code === 'EADDRINUSE') {
    const owner = portOwner(port);
    if (owner?.includes('belfry') === true)
      return { name, grade: 'ok', words: `${host}:${port} is in use by Belfry (${owner})` };
    return {
      name,
      grade: 'warn',
      words: `${host}:${port} is in use${owner === undefined ? '' : ` by ${owner}`}`,
      remedy: `If that is not Belfry itself, stop it or choose another port. \`ss -ltnp\` or \`lsof -i :${port}\` shows its owner to root.`,
    };
  }
  const remedies: Readonly<Record<string, string>> = {
    EACCES: 'Ports below 1024 need a privilege: choose a higher one, or give CAP_NET_BIND_SERVICE.',
    EADDRNOTAVAIL: 'This machine has no such address: correct the host.',
    ENOTFOUND: 'This name has no address: correct the host.',
  };
  return {
    name,
    grade: 'fail',
    words: `${host}:${port} cannot be used (${code})`,
    remedy: remedies[code] ?? 'Correct host and port.',
  };
}

/** Asks a running server how it is. That none runs is no fault. */
export async function checkServer(address: Address): Promise<Finding> {
  const name = 'server';
  const host = address.host === '0.0.0.0' || address.host === '::' ? '127.0.0.1' : address.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/readyz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(askMillisMax) });
    const text = (await answer.text()).slice(0, 300);
    if (answer.ok) return { name, grade: 'ok', words: `running and ready (${url})` };
    return {
      name,
      grade: 'fail',
      words: `${url} answers ${answer.status}: ${text}`,
      remedy: 'The answer names the part that is not ready; docs/operations.md says what to do about each.',
    };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED')
      return { name, grade: 'ok', words: 'not running' };
    return {
      name,
      grade: 'warn',
      words: `${url} does not answer: ${messageOf(cause)}`,
      remedy: 'Look at the log lines of the server.',
    };
  }
}

/** The error code of trying to listen, or undefined when it worked. */
async function listenOnce({ host, port }: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Process that listens on a port, by Linux's /proc; undefined elsewhere and where it belongs to another user. */
function portOwner(port: number): string | undefined {
  const wanted = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningInodes(file, port)));
  if (wanted.size === 0) return undefined;
  for (const pid of readable('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const descriptor of readable(`/proc/${pid}/fd`)) {
      const target = linkTarget(`/proc/${pid}/fd/${descriptor}`);
      if (wanted.has(target)) return `process ${pid}, ${commandOf(pid)}`;
    }
  }
  return undefined;
}

/** proc(5), /proc/net/tcp: local_address is hex address:port, st 0A is LISTEN, the tenth column is the inode. */
function listeningInodes(file: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return textOf(file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) === true && columns[3] === '0A')
    .map((columns) => `socket:[${columns[9] ?? ''}]`);
}

/** Program and first arguments; what follows may hold secrets and is left out. */
function commandOf(pid: string): string {
  const parts = textOf(`/proc/${pid}/cmdline`)
    .split('\0')
    .filter((part) => part !== '' && !part.startsWith('-'));
  const command = parts.slice(0, 3).join(' ');
  return /app\/cli\/main\.ts/.test(command) ? `belfry ${parts.at(2) ?? ''}`.trim() : command.slice(0, 120);
}

function readable(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
