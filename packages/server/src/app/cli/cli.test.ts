// The command as a user starts it: the program in bin/, in an empty folder; and where only its words are looked at,
// the same program within this process, because starting one for each costs seconds.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../kernel/mod.ts';
import { openAccess } from '../../access/mod.ts';
import { runProgram } from './program.ts';

const bin = fileURLToPath(new URL('../../../bin/belfry.mjs', import.meta.url));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Folder {
  readonly path: string;
  /** A process of its own. */
  readonly run: (parameters: readonly string[], environment?: Readonly<Record<string, string>>) => Promise<Run>;
  /** In this process. */
  readonly call: (parameters: readonly string[], environment?: Readonly<Record<string, string>>) => Promise<Run>;
}

function folder(context: TestContext): Folder {
  const path = mkdtempSync(join(tmpdir(), 'belfry-cli-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    call: async (parameters, environment = {}) => {
      let out = '';
      let err = '';
      const world = {
        environment,
        directory: path,
        out: (text: string) => (out += text),
        err: (text: string) => (err += text),
      };
      const code = await runProgram(parameters, world, '0.0.0');
      return { code, out, err };
    },
    run: async (parameters, environment = {}) => {
      const child = spawn(process.execPath, [bin, ...parameters], {
        cwd: path,
        env: { PATH: process.env['PATH'], HOME: path, ...environment },
      });
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      return { code, out, err };
    },
  };
}

const commands = [
  'serve',
  'demo',
  'replay',
  'token',
  'doctor',
  'token create',
  'token list',
  'token revoke',
  'replay beijing-air',
];
test('every command explains itself with --help and exits with 0', async (context) => {
  const { call } = folder(context);
  for (const command of commands) {
    const { code, out, err } = await call([...command.split(' '), '--help']);
    assert.equal(code, 0, command);
    assert.ok(out.includes(`Usage: belfry ${command}`), out);
    assert.equal(err, '');
  }
  for (const command of ['serve', 'demo', 'doctor', 'token create', 'replay beijing-air']) {
    const { out } = await call([...command.split(' '), '--help']);
    assert.ok(out.includes('Examples:') && out.includes('Exit codes:'), out);
  }
});

test('the program starts by itself, brings its own version of Node and passes the exit code on', async (context) => {
  const { run } = folder(context);
  const help = await run(['--help']);
  assert.equal(help.code, 0, help.err);
  assert.ok(help.out.includes('Usage: belfry'), help.out);
  assert.equal((await run(['--version'])).out, '0.1.0\n');
  const wrong = await run(['serve', '--mqtt-port', 'x']);
  assert.equal(wrong.code, 2);
  assert.equal(wrong.out, '');
  assert.match(wrong.err, /^belfry: the configuration has a fault\nmqtt\.port = "x"/);
});

/** Arguments, and all that standard error must say; each ends with exit code 2 and prints no stack. */
const faults: readonly [readonly string[], readonly string[]][] = [
  [[], ['Usage: belfry', 'doctor']],
  [['sevre'], ["unknown command 'sevre'", 'Did you mean serve?', '--help']],
  [
    ['serve', '--mqt-port', '1'],
    ["unknown option '--mqt-port'", 'Did you mean --mqtt-port?'],
  ],
  [
    ['serve', '--mqtt-port', 'x'],
    ['mqtt.port = "x"', 'flag --mqtt-port', 'whole number'],
  ],
  [
    ['serve', '--config', 'absent.yaml'],
    ['absent.yaml', 'there is no such file', 'flag --config'],
  ],
  [
    ['serve', '--access-open', '--http-host', '0.0.0.0'],
    ['http.host', 'without a token'],
  ],
  [
    ['demo', '--interval', '1'],
    ['out of range', '50 to 3600000'],
  ],
  [['token', 'create', '--name', 'a'], ["required option '--scope"]],
  [
    ['token', 'create', '--name', 'a', '--scope', 'root'],
    ['no scope "root"', 'read, write, admin'],
  ],
  [
    ['token', 'create', '--name', 'a', '--scope', 'read', '--expires', 'soon'],
    ['"soon"', '90d'],
  ],
  [['replay', 'beijing-air'], ["missing required argument 'dir'"]],
  [
    ['replay', 'beijing-air', 'absent'],
    ['there is no folder', 'PRSA_Data'],
  ],
  [
    ['replay', 'beijing-air', '.', '--speed', 'fast'],
    ['--speed "fast"', 'max'],
  ],
  [['replay', 'beijing-air', '.', '--from', '2014', '--to', '2013'], ['the first before the second']],
];
for (const [parameters, parts] of faults) {
  test(`a fault of the caller is told with what to do: belfry ${parameters.join(' ')}`, async (context) => {
    const { code, out, err } = await folder(context).call(parameters);
    assert.equal(code, 2, err);
    assert.equal(out, '');
    for (const part of parts) assert.ok(err.includes(part), `${part} is not in:\n${err}`);
    assert.doesNotMatch(err, /\n\s+at /);
  });
}

test('a token is made, listed and revoked, and only the secret goes to standard output', async (context) => {
  const { path, run } = folder(context);
  const made = await run(['token', 'create', '--name', 'gauge', '--scope', 'read,write', '--expires', '1d']);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^belfry_[\w-]{43}\n$/);
  const access = openAccess({ path: join(path, '.belfry/access.sqlite'), clock: systemClock });
  context.after(() => access.close());
  assert.deepEqual(access.verify(made.out.trim())?.scopes, ['read', 'write']);
  const listed = await run(['token', 'list']);
  assert.match(listed.out, /gauge +read,write +belfry_\S{4}… +good/);
  assert.ok(!listed.out.includes(made.out.trim()));
  const doubled = await run(['token', 'create', '--name', 'gauge', '--scope', 'read']);
  assert.equal(doubled.code, 1);
  assert.ok(doubled.err.includes('already'), doubled.err);
  const revoked = await run(['token', 'revoke', 'gauge']);
  assert.equal(revoked.code, 0, revoked.err);
  assert.equal(access.verify(made.out.trim()), undefined);
  assert.equal((await run(['token', 'revoke', 'gauge'])).code, 1);
});

test('the data directory of a token can come from the file, the environment and a flag', async (context) => {
  const { path, call } = folder(context);
  writeFileSync(join(path, 'belfry.yaml'), 'dataDirectory: kept\n');
  const made = await call(['token', 'create', '--name', 'a', '--scope', 'read']);
  assert.equal(made.code, 0, made.err);
  assert.ok((await call(['token', 'list'])).out.includes('good'));
  assert.equal((await call(['token', 'list'], { BELFRY_DATA_DIRECTORY: 'other' })).out, '');
  assert.ok(
    (await call(['token', 'list', '--data-directory', 'kept'], { BELFRY_DATA_DIRECTORY: 'other' })).out.includes(
      'good',
    ),
  );
});

test('replay says that no server answers and exits with 3', async (context) => {
  const { path, call } = folder(context);
  mkdirSync(join(path, 'record'));
  // A port that was just free and is closed again answers nobody.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  const { code, err } = await call(['replay', 'beijing-air', 'record', '--http', `http://127.0.0.1:${port}`]);
  assert.equal(code, 3, err);
  assert.ok(err.includes('no server answers') && err.includes('belfry serve'), err);
});

test('replay says that the server wants a token and exits with 3', async (context) => {
  const { path, call } = folder(context);
  mkdirSync(join(path, 'record'));
  const server = createServer((_, response) => response.writeHead(401).end());
  context.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { code, err } = await call(['replay', 'beijing-air', 'record', '--http', `http://127.0.0.1:${port}`]);
  assert.equal(code, 3, err);
  assert.ok(err.includes('belfry token create') && err.includes('BELFRY_TOKEN'), err);
});

test('doctor finds a taken port and its owner, and a broken registry, and says what to do', async (context) => {
  const { path, call } = folder(context);
  const server = createServer();
  context.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  mkdirSync(join(path, '.belfry'), { mode: 0o700 });
  writeFileSync(
    join(path, '.belfry/registry.sqlite'),
    'this is no database, and long enough to be looked at'.repeat(20),
  );
  const result = await call(['doctor', '--json', '--mqtt-port', String(port), '--http-port', '0']);
  assert.equal(result.code, 1, result.err);
  const report = new Map<string, { grade: string; words: string; remedy?: string }>();
  const parsed: { findings: { name: string; grade: string; words: string; remedy?: string }[] } = JSON.parse(
    result.out,
  );
  for (const finding of parsed.findings) report.set(finding.name, finding);
  assert.equal(report.get('MQTT port')?.grade, 'warn');
  if (process.platform === 'linux')
    assert.ok(report.get('MQTT port')?.words.includes(`process ${process.pid}`), result.out);
  assert.equal(report.get('registry')?.grade, 'fail');
  for (const finding of parsed.findings)
    assert.ok(finding.grade === 'ok' || (finding.remedy ?? '') !== '', finding.name);
});

test('doctor is content with an empty folder, and reports a bad configuration with exit code 2', async (context) => {
  const { path, call } = folder(context);
  const good = await call(['doctor', '--http-port', '0', '--mqtt-port', '0']);
  assert.equal(good.code, 0, good.out);
  writeFileSync(join(path, 'belfry.yaml'), 'mqtt: { prot: 1 }\n');
  const bad = await call(['doctor']);
  assert.equal(bad.code, 2);
  assert.ok(bad.out.includes('Did you mean mqtt.port?'), bad.out);
});
