import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify';
import type { Logger } from 'pino';
import type { Admission } from '../../admission/mod.ts';
import { assert, CallerError, factsOf, isRefusal, limits, refuse, type Refusal } from '../../kernel/mod.ts';
import { takeJsonBodies, UnreadableBody } from './json-body.ts';
import { problemOf, refusalOf } from './problem.ts';
import { mayUse, type Asker, type RouteScope } from './scopes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says what it asks of the asker; one that does not keeps the server from starting. */
    scope?: RouteScope;
  }
  interface FastifyRequest {
    /** Who asks; known to every handler. */
    asker: Asker;
  }
}

export interface HttpListenerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Addresses and networks of the proxies whose X-Forwarded-* headers are believed. */
  readonly trustProxy: string[];
  readonly admission: Admission;
  /** @param token of `Authorization: Bearer`, undefined where there is none */
  readonly authenticate: (token: string | undefined) => Promise<Asker | Refusal>;
  readonly logger: Logger;
  /** Registers the routes: SensorThings, the API, the console. */
  readonly routes: (app: FastifyInstance) => Promise<void>;
}

export interface HttpListener {
  readonly port: number;
  /** Stops accepting, lets running requests end, then closes. */
  close(): Promise<void>;
}

const nobody: Asker = { protocol: 'http', name: '', mayRead: false, mayWrite: false, mayAdminister: false };
const retryAfterSeconds = '1';

/**
 * HTTP/1.1 on Fastify: request ids, problem details, who asks, what a route asks for, and 503 while the log or a consumer is
 * behind. Routes come from outside and need not know any of it.
 */
export async function openHttpListener(options: HttpListenerOptions): Promise<HttpListener> {
  const logger: FastifyBaseLogger = options.logger;
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy.length === 0 ? false : options.trustProxy,
    genReqId: () => randomUUID(),
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: 60_000,
    connectionTimeout: 120_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
  });
  takeJsonBodies(app);
  sayProblems(app, options.admission);
  guard(app, options);
  addSecurityHeaders(app);
  await app.register(async (routes) => await options.routes(routes));
  await app.listen({ host: options.host, port: options.port });
  return { port: portOf(app.server.address()), close: async () => await app.close() };
}

function sayProblems(app: FastifyInstance, admission: Admission): void {
  app.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error);
    // What the gate refuses it records; a body that never came so far is recorded here, so that nothing vanishes.
    const unseen = error instanceof UnreadableBody || refusal.code === 'too-large';
    if (unseen && request.routeOptions.config.scope === 'write') {
      admission.recordRefusal(request.asker, refusal, datastreamOf(request.url));
    }
    const { party, status } = factsOf(refusal.code);
    if (party === 'caller') request.log.debug({ code: refusal.code, detail: refusal.detail }, 'request refused');
    else request.log.error({ err: error, code: refusal.code }, 'request failed');
    if (status === 503 || status === 429) reply.header('retry-after', retryAfterSeconds);
    if (status === 401) reply.header('www-authenticate', 'Bearer realm="belfry"');
    return reply.status(status).type('application/problem+json').send(problemOf(refusal, request.id));
  });
  app.setNotFoundHandler((request) => {
    throw new CallerError(
      refuse('unknown-address', `${request.method} ${request.url.slice(0, 200)} is not served here`),
    );
  });
}

/** Closed by default: no route without a scope, no request without an asker that may use it. */
function guard(app: FastifyInstance, options: HttpListenerOptions): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    for (const { config, method, url } of routes) {
      assert(config?.scope !== undefined, `${String(method)} ${url} states no scope`);
      app.log.trace({ method, url, scope: config.scope }, 'route');
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request;
    request.log.debug({ method, url, status: reply.statusCode, millis: Math.round(reply.elapsedTime) }, 'answered');
  });
  app.decorateRequest('asker');
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    request.asker = nobody;
    // An address that no route has asks for nothing and ends in the not-found handler.
    const scope = request.routeOptions.config.scope ?? 'none';
    if (scope === 'none') return;
    const asker = await options.authenticate(bearerToken(request));
    if (isRefusal(asker)) throw new CallerError(asker);
    request.asker = asker;
    if (!mayUse(asker, scope)) {
      throw new CallerError(
        refuse('not-allowed', `${request.method} ${request.routeOptions.url ?? ''} needs the scope ${scope}`),
      );
    }
    if (options.admission.pressed && scope === 'write') {
      throw new CallerError(refuse('busy', 'the server is behind with its work'));
    }
  });
}

/** The Datastream that an address of SensorThings names, for the record of refusals. */
function datastreamOf(url: string): number | null {
  const id = /\/Datastreams\((\d{1,15})\)\/Observations/.exec(url)?.[1];
  return id === undefined ? null : Number(id);
}

function bearerToken(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  const [scheme, token] = header.split(' ', 2);
  return scheme?.toLowerCase() === 'bearer' ? token : undefined;
}

/** The console runs under this policy: nothing is loaded from, sent to or framed by anywhere else. */
function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    reply.header(
      'content-security-policy',
      "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
  });
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
