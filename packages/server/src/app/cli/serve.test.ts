// The server as a service manager sees it: started by the program in bin/, stopped by signals.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../../bin/belfry.mjs', import.meta.url));

interface Server {
  readonly child: ChildProcess;
  readonly httpUrl: string;
  readonly exit: Promise<number | null>;
  readonly err: () => string;
}

async function start(context: TestContext): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'belfry-serve-'));
  const child = spawn(process.execPath, [bin, 'serve', '--access-open', '--http-port', '0', '--mqtt-port', '0'], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  context.after(async () => {
    child.kill('SIGKILL');
    await exit;
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  });
  const httpUrl = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      const url = /HTTP API +(http:\S+)\/v1\.1/.exec(err)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${String(code)}:\n${err}`)));
  });
  return { child, httpUrl, exit, err: () => err };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}

test('a server stops in order on SIGTERM, also when the signal comes twice at once, and exits with 0', async (context) => {
  const { child, httpUrl, exit, err } = await start(context);
  assert.ok(await answers(httpUrl));
  child.kill('SIGTERM');
  child.kill('SIGINT');
  assert.equal(await exit, 0, err());
  assert.ok(err().includes('Stopping'), err());
  assert.equal(await answers(httpUrl), false);
});

test('a server does not outlive the program that started it', async (context) => {
  const { child, httpUrl, exit } = await start(context);
  child.kill('SIGKILL');
  await exit;
  const deadline = performance.now() + 30_000;
  while ((await answers(httpUrl)) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await answers(httpUrl), false);
});
