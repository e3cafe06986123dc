import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { CallerError, refuse } from '../kernel/mod.ts';

export interface ConsoleOptions {
  /** The built console. Where it is absent, /console/ says how to build it. */
  readonly directory: string;
}

/** The console's pages under /console/. They hold no data, so they are open; what they show is asked for with the reader's token. */
export async function consoleRoutes(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  app.get('/', { config: { scope: 'none' } }, async (_request, reply) => reply.redirect('/console/'));
  if (!existsSync(options.directory)) {
    app.get('/console/*', { config: { scope: 'none' } }, async () => {
      throw new CallerError(refuse('unknown-address', 'the console is not built; run `npm run build`'));
    });
    return;
  }
  const prefix = { prefix: '/console' };
  await app.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, scope: 'none' };
    });
    await pages.register(fastifyStatic, {
      root: options.directory,
      prefix: '/',
      wildcard: true,
      // Names in assets/ carry a hash of their content; index.html does not and is asked for each time.
      setHeaders: (reply, path) => {
        const lasting = path.includes('/assets/');
        reply.header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
      cacheControl: false,
    });
    pages.setNotFoundHandler((request, reply) => {
      // A deep link to a page is answered with the application, which knows its own pages; a missing file is missing.
      if (!['GET', 'HEAD'].includes(request.method) || /\.[a-z0-9]+$/i.test(request.url.split('?')[0] ?? '')) {
        throw new CallerError(refuse('unknown-address', `${request.url.slice(0, 200)} is not part of the console`));
      }
      return reply.header('cache-control', 'no-cache').sendFile('index.html');
    });
  }, prefix);
}
