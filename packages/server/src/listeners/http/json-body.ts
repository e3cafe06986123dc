import type { FastifyInstance } from 'fastify';
import { CallerError, deeperThan, limits, messageOf, refuse } from '../../kernel/mod.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A body that could not be read, so that no handler has seen it. */
export class UnreadableBody extends CallerError {}

/**
 * Bodies are JSON whatever the Content-Type says, because many devices send none or a wrong one; types that clearly are
 * something else (images, forms, archives) are refused.
 */
export function takeJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const type = request.headers['content-type'] ?? 'application/json';
    if (/^(image|audio|video|font|multipart)\//i.test(type)) {
      done(new UnreadableBody(refuse('wrong-media-type', `the body is ${type}`)));
      return;
    }
    if (body.length === 0 && request.method === 'DELETE') {
      done(null, undefined);
      return;
    }
    try {
      done(null, parseJson(typeof body === 'string' ? Buffer.from(body) : body));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw new UnreadableBody(refuse('bad-json', 'the body is empty'));
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch (error) {
    throw new UnreadableBody(refuse('bad-json', messageOf(error)));
  }
  if (deeperThan(value, limits.jsonDepthMax)) {
    throw new UnreadableBody(refuse('bad-body', `the body is nested deeper than ${limits.jsonDepthMax} levels`));
  }
  return value;
}
