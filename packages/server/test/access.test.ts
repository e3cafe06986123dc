import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { gaugeDatastream } from '../testkit/api.ts';
import { startBelfryProcess, type BelfryProcess } from '../testkit/belfry-process.ts';

const command = fileURLToPath(new URL('../bin/belfry.mjs', import.meta.url));

/** What the server logs of each route when it starts. */
const routeLine = Type.Object({
  msg: Type.Literal('route'),
  method: Type.Union([Type.String(), Type.Array(Type.String())]),
  url: Type.String(),
});

/** Closed by default: without a token nothing but health and the console's own files. */
describe('access', () => {
  let directory: string;
  let belfry: BelfryProcess;
  let firstLines: readonly string[] = [];
  const tokens: Record<string, string> = {};

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'belfry-access-'));
    for (const scope of ['read', 'write', 'admin']) tokens[scope] = await createToken(scope);
    belfry = await startBelfryProcess({
      directory,
      environment: { BELFRY_ACCESS_OPEN: 'false', BELFRY_LOGGING_LEVEL: 'trace' },
    });
    firstLines = belfry.lines().filter((line) => line.startsWith('{'));
  });

  after(async () => {
    await belfry.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function createToken(scope: string): Promise<string> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [command, 'token', 'create', '--name', `test-${scope}`, '--scope', scope],
      { env: { ...process.env, BELFRY_DATA_DIRECTORY: directory }, cwd: directory },
    );
    const token = /belfry_[A-Za-z0-9_-]+/.exec(stdout)?.[0];
    assert.ok(token !== undefined, stdout);
    return token;
  }

  /** Method, path, body, and the status for nobody, read, write, admin. */
  const matrix: readonly (readonly [string, string, object | undefined, number, number, number, number])[] = [
    ['GET', '/healthz', undefined, 200, 200, 200, 200],
    ['GET', '/readyz', undefined, 200, 200, 200, 200],
    ['GET', '/', undefined, 200, 200, 200, 200],
    ['GET', '/console/index.html', undefined, 200, 200, 200, 200],
    ['GET', '/live', undefined, 401, 200, 403, 200],
    ['GET', '/v1.1', undefined, 401, 200, 403, 200],
    ['POST', '/v1.1', {}, 401, 403, 405, 405],
    ['PATCH', '/v1.1', {}, 401, 403, 405, 405],
    ['PUT', '/v1.1', {}, 401, 403, 405, 405],
    ['DELETE', '/v1.1', undefined, 401, 403, 405, 405],
    ['GET', '/v1.1/Things', undefined, 401, 200, 403, 200],
    ['GET', '/overview', undefined, 401, 200, 403, 200],
    ['GET', '/overview/1', undefined, 401, 404, 403, 404],
    ['GET', '/series/1', undefined, 401, 404, 403, 404],
    ['GET', '/alerts', undefined, 401, 200, 403, 200],
    ['GET', '/alerts/1', undefined, 401, 404, 403, 404],
    ['GET', '/rules', undefined, 401, 200, 403, 200],
    ['GET', '/rules/1', undefined, 401, 404, 403, 404],
    ['GET', '/ingest', undefined, 401, 200, 403, 200],
    ['GET', '/metrics', undefined, 401, 200, 403, 200],
    ['GET', '/cap', undefined, 401, 200, 403, 200],
    ['GET', '/cap/feed.atom', undefined, 401, 200, 403, 200],
    ['POST', '/v1.1/Datastreams(1)/Observations', { result: 1 }, 401, 403, 404, 404],
    ['POST', '/v1.1/Observations', { result: 1 }, 401, 403, 400, 400],
    ['POST', '/v1.1/CreateObservations', [], 401, 403, 201, 201],
    ['POST', '/v1.1/Things', {}, 401, 403, 403, 400],
    ['PATCH', '/v1.1/Things(1)', {}, 401, 403, 403, 404],
    ['PUT', '/v1.1/Things(1)', {}, 401, 403, 403, 404],
    ['DELETE', '/v1.1/Things(1)', undefined, 401, 403, 403, 404],
    ['POST', '/rules', {}, 401, 403, 403, 400],
    ['PUT', '/rules/1', {}, 401, 403, 403, 400],
    ['DELETE', '/rules/1', undefined, 401, 403, 403, 404],
  ];

  for (const [method, path, body, ...statuses] of matrix) {
    it(`answers ${method} ${path} by the scope of the token`, async () => {
      const found: number[] = [];
      for (const token of [undefined, tokens['read'], tokens['write'], tokens['admin']]) {
        const response = await fetch(`${belfry.httpUrl}${path}`, {
          method,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        });
        await response.body?.cancel();
        found.push(response.status);
      }
      assert.deepEqual(found, statuses);
    });
  }

  it('leaves no route out of this table', () => {
    const lines: unknown[] = firstLines.map((line) => JSON.parse(line));
    const routes = lines.flatMap((line) => (Value.Check(routeLine, line) ? [line] : []));
    assert.ok(routes.length > 10, 'the server tells its routes at the level trace');
    const left = routes.flatMap(({ method, url }) =>
      [method]
        .flat()
        .filter((name) => {
          const path = new RegExp(`^${url.replace(/[.()]/g, '\\$&').replace(/:\w+/g, '[^/]+').replace('*', '.*')}$`);
          const isShown = matrix.some((row) => row[0] === name && path.test(row[1]));
          return !isShown && name !== 'HEAD';
        })
        .map((name) => `${name} ${url}`),
    );
    assert.deepEqual(left, []);
  });

  it('takes an MQTT connection only with a token, as the password', async () => {
    await assert.rejects(connectAsync(belfry.mqttUrl, { protocolVersion: 5, reconnectPeriod: 0 }));
    await assert.rejects(
      connectAsync(belfry.mqttUrl, { protocolVersion: 4, reconnectPeriod: 0, username: 'x', password: 'y' }),
    );
    const response = await fetch(`${belfry.httpUrl}/v1.1/Datastreams`, {
      method: 'POST',
      body: JSON.stringify(gaugeDatastream()),
      headers: { authorization: `Bearer ${tokens['admin'] ?? ''}` },
    });
    assert.equal(response.status, 201);
    const password = tokens['write'] ?? '';
    const writer = await connectAsync(belfry.mqttUrl, { protocolVersion: 5, username: 'gauge', password });
    await writer.publishAsync('v1.1/Datastreams(1)/Observations', '{"result":1}', { qos: 1 });
    await assert.rejects(writer.subscribeAsync('v1.1/Observations'), 'a writer may not read');
    await writer.endAsync();
    const reader = await connectAsync(belfry.mqttUrl, {
      protocolVersion: 5,
      username: 'desk',
      password: tokens['read'] ?? '',
    });
    await assert.rejects(reader.publishAsync('v1.1/Datastreams(1)/Observations', '{"result":1}', { qos: 1 }));
    await reader.subscribeAsync('v1.1/Observations');
    await reader.endAsync();
  });

  it('ends an MQTT connection whose token is revoked', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [command, 'token', 'create', '--name', 'stolen', '--scope', 'write'],
      { env: { ...process.env, BELFRY_DATA_DIRECTORY: directory }, cwd: directory },
    );
    const password = /belfry_[A-Za-z0-9_-]+/.exec(stdout)?.[0] ?? '';
    const client = await connectAsync(belfry.mqttUrl, {
      protocolVersion: 5,
      reconnectPeriod: 0,
      username: 'gauge',
      password,
    });
    const other = await connectAsync(belfry.mqttUrl, {
      protocolVersion: 5,
      reconnectPeriod: 0,
      username: 'gauge',
      password: tokens['write'] ?? '',
    });
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    await promisify(execFile)(process.execPath, [command, 'token', 'revoke', 'stolen'], {
      env: { ...process.env, BELFRY_DATA_DIRECTORY: directory },
      cwd: directory,
    });
    await closed;
    assert.ok(other.connected, 'nobody else is cut off');
    await other.endAsync();
  });

  it('ends with the token: a revoked one is refused within two seconds', async () => {
    const token = await createToken('read').catch(() => undefined);
    assert.equal(token, undefined, 'the name is taken');
    const ask = async (): Promise<number> =>
      (await fetch(`${belfry.httpUrl}/overview`, { headers: { authorization: `Bearer ${tokens['read'] ?? ''}` } }))
        .status;
    assert.equal(await ask(), 200);
    await promisify(execFile)(process.execPath, [command, 'token', 'revoke', 'test-read'], {
      env: { ...process.env, BELFRY_DATA_DIRECTORY: directory },
      cwd: directory,
    });
    const until = performance.now() + 10_000;
    while ((await ask()) !== 401 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await ask(), 401);
  });
});
