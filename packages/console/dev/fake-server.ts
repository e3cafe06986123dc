// Serves the built console with a made-up town, for development and screenshots only.
//   node dev/fake-server.ts [--port N] [--token T] [--simulated] [--empty]
// The headers are those of the real server, so that a breach of its content security policy shows here.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import { createFakeTown } from './fake-town.ts';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    token: { type: 'string' },
    simulated: { type: 'boolean', default: false },
    empty: { type: 'boolean', default: false },
  },
});

const dist = join(import.meta.dirname, '..', 'dist');
const town = createFakeTown();
const startedAt = Date.now();
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    response.writeHead(500).end(String(error));
  });
});
server.listen(Number(options.port), '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') {
    process.stdout.write(`http://127.0.0.1:${address.port}/console/\n`);
  }
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader(
    'content-security-policy',
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'",
  );
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname.startsWith('/console')) return sendFile(url.pathname.slice('/console'.length), response);
  if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
    const title = 'This server takes no anonymous requests.';
    const detail = request.headers.authorization === undefined ? 'No token was sent.' : 'The token is not known here.';
    return sendProblem(response, 401, 'not-signed-in', title, detail);
  }
  if (url.pathname === '/live') return sendLive(response);
  const body = bodyOf(url);
  if (body === null) return sendProblem(response, 404, 'unknown-address', 'Nothing is at this address.', url.pathname);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

function bodyOf(url: URL): unknown {
  const now = Date.now();
  const [, first, second] = url.pathname.split('/');
  if (first === 'overview') {
    const overview = town.overview(now);
    if (options.empty) return { ...overview, value: [] };
    if (second === undefined) return overview;
    const value = overview.value.filter((thing) => thing.id === Number(second));
    return value.length === 0 ? null : { ...overview, value };
  }
  if (first === 'series') {
    const { searchParams } = url;
    const [from, to] = [searchParams.get('from') ?? '', searchParams.get('to') ?? ''];
    return town.series(Number(second), Date.parse(from), Date.parse(to), Number(searchParams.get('points')));
  }
  if (first === 'alerts') {
    const alerts = options.empty ? [] : town.alerts(now);
    if (second !== undefined) return alerts.find((alert) => alert.id === Number(second)) ?? null;
    const states = url.searchParams.getAll('state');
    const severity = url.searchParams.get('severity');
    const thing = url.searchParams.get('thing');
    const value = alerts.filter(
      (alert) =>
        states.includes(alert.state) &&
        (severity === null || alert.severity === severity) &&
        (thing === null || alert.thingId === Number(thing)),
    );
    return { count: value.length, value };
  }
  if (url.pathname.startsWith('/v1.1/ObservedProperties(')) return { definition: 'urn:fake' };
  if (first === 'rules') return { value: town.rules() };
  if (first === 'ingest') {
    const thing = url.searchParams.get('thing');
    return town.ingest(now, startedAt, thing === null ? null : Number(thing));
  }
  if (first === 'readyz') {
    return {
      ready: true,
      checks: [
        { name: 'log', ok: true, detail: 'last fsync 2 ms ago' },
        { name: 'registry', ok: true, detail: 'SQLite 3.50, WAL' },
        { name: 'store', ok: true, detail: 'chDB 3.4.0' },
      ],
    };
  }
  return null;
}

function sendLive(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (event: string, data: unknown): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  send('hello', { serverTime: new Date().toISOString(), simulated: options.simulated });
  const timer = setInterval(() => {
    if (!options.empty) send('observations', { value: town.live(Date.now()), dropped: 0 });
  }, 1000);
  response.on('close', () => clearInterval(timer));
}

function sendProblem(response: ServerResponse, status: number, code: string, title: string, detail: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  const remedy = 'See docs/errors.md.';
  response.end(
    JSON.stringify({ type: `urn:belfry:error:${code}`, title, status, detail, code, message: detail, remedy }),
  );
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const inside = normalize(path).replace(/^(\.\.[/\\])+/u, '');
  const type = types[extname(inside)];
  const name = type === undefined ? 'index.html' : inside;
  const body = await readFile(join(dist, name));
  response.writeHead(200, { 'content-type': type ?? 'text/html; charset=utf-8' });
  response.end(body);
}
