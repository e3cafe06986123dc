import type { ServerResponse } from 'node:http';
import type { LiveHello } from '@belfry/contract';
import type { FastifyInstance } from 'fastify';
import type { Alerts } from '../alerts/mod.ts';
import { formatInstant } from '../domain/mod.ts';
import { CallerError, refuse, type Clock } from '../kernel/mod.ts';
import type { Live } from '../live/mod.ts';
import type { Registry } from '../registry/mod.ts';
import { several } from './alerts.ts';
import { idOf } from './parameters.ts';

export interface LiveRoutesOptions {
  readonly live: Pick<Live, 'subscribe'>;
  readonly alerts: Pick<Alerts, 'onChange'>;
  readonly registry: Pick<Registry, 'datastream' | 'onChange'>;
  readonly clock: Clock;
  readonly simulated: boolean;
  /** Connections at a time; default 1,000. */
  readonly connectionsMax?: number;
  /** Bytes that may wait for one client; default 1 MiB. A client that lets more wait is disconnected. */
  readonly bufferBytesMax?: number;
  /** Between two comments that keep the connection open; default 15 s. */
  readonly heartbeatMillis?: number;
}

const entitiesMillis = 1_000;

/** GET /live: server-sent events (WHATWG HTML, 9.2), as contract/src/live.ts lists them. `?thing=<id>` narrows the observations. */
export async function liveRoutes(app: FastifyInstance, options: LiveRoutesOptions): Promise<void> {
  const { connectionsMax = 1_000 } = options;
  const streams = new Set<EventStream>();
  const tellAll = (event: string, data: string): void => {
    for (const stream of streams) stream.send(event, data);
  };
  const stopAlerts = options.alerts.onChange((alert) => {
    if (streams.size > 0) tellAll('alert', JSON.stringify(alert));
  });
  // A deep insert is many changes: they are told of together.
  let pending: NodeJS.Timeout | undefined;
  const stopEntities = options.registry.onChange(() => {
    if (streams.size === 0) return;
    pending ??= setTimeout(() => {
      pending = undefined;
      tellAll('entities', '{}');
    }, entitiesMillis);
  });
  const heartbeat = setInterval(() => {
    for (const stream of streams) stream.comment();
  }, options.heartbeatMillis ?? 15_000);

  // Streams never end by themselves; before the server waits for its connections, they are ended.
  app.addHook('preClose', async () => {
    stopAlerts();
    stopEntities();
    clearTimeout(pending);
    clearInterval(heartbeat);
    for (const stream of streams) stream.end();
  });

  app.get('/live', { config: { scope: 'read' } }, (request, reply) => {
    const things = new Set(several(request.query, 'thing').map((text) => idOf(text, 'thing')));
    if (streams.size >= connectionsMax) {
      throw new CallerError(refuse('too-many', `${connectionsMax} live connections are open, which is the most`));
    }
    // Headers that hooks have set (request id, security) go along.
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    reply.hijack();
    const stream = new EventStream(reply.raw, options.bufferBytesMax ?? 1_048_576);
    const chosen = (datastreamId: number): boolean =>
      things.has(options.registry.datastream(datastreamId)?.thingId ?? 0);
    const unsubscribe = options.live.subscribe({
      ...(things.size === 0 ? {} : { datastreams: chosen }),
      onObservations: (event) => stream.send('observations', JSON.stringify(event)),
    });
    streams.add(stream);
    reply.raw.once('close', () => {
      unsubscribe();
      streams.delete(stream);
    });
    const hello: LiveHello = { serverTime: formatInstant(options.clock.now()), simulated: options.simulated };
    stream.send('hello', JSON.stringify(hello));
  });
}

/** One client. What it does not read waits up to a bound; then the connection is cut, and the client comes again by itself. */
class EventStream {
  readonly #response: ServerResponse;
  readonly #bufferBytesMax: number;

  constructor(response: ServerResponse, bufferBytesMax: number) {
    this.#response = response;
    this.#bufferBytesMax = bufferBytesMax;
    // A client that goes away shows as an error on some platforms; `close` follows and does what is needed.
    response.on('error', () => undefined);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies of the nginx family hold back events otherwise.
      'x-accel-buffering': 'no',
    });
    response.socket?.setNoDelay(true);
    response.socket?.setTimeout(0);
  }

  /** JSON holds no line breaks, so that the data is one line. */
  send(event: string, data: string): void {
    this.#write(`event: ${event}\ndata: ${data}\n\n`);
  }

  comment(): void {
    this.#write(': still here\n\n');
  }

  end(): void {
    this.#response.end();
  }

  #write(text: string): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    if (this.#response.writableLength + text.length > this.#bufferBytesMax) this.#response.destroy();
    else this.#response.write(text);
  }
}
