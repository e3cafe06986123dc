import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Alerts } from '../alerts/mod.ts';
import { CallerError, quote, refuse, type Clock } from '../kernel/mod.ts';
import { feedUpdated, writeCapFeed } from './cap-feed.ts';
import { single } from './parameters.ts';

export interface CapRoutesOptions {
  readonly alerts: Pick<Alerts, 'capMessage' | 'capMessages' | 'capStatus' | 'created'>;
  readonly clock: Clock;
  /** Address under which others reach this server, without a slash at the end. */
  readonly baseUrl: () => string;
  readonly senderName: string;
}

const feedMillis = 48 * 3_600_000;
const statuses = ['Actual', 'Exercise', 'Test'];

/**
 * GET /cap/feed.atom (also /cap): messages of the last 48 h and those of active alerts, of this server's status; `?status=` gives
 * another one's, so that exercises never stand among warnings. GET /cap/<identifier>.xml: the message, the same for ever.
 */
export async function capRoutes(app: FastifyInstance, options: CapRoutesOptions): Promise<void> {
  app.get('/cap', { config: { scope: 'read' } }, (_request, reply) => reply.redirect('/cap/feed.atom', 302));

  app.get('/cap/feed.atom', { config: { scope: 'read' } }, (request, reply) => {
    const { alerts } = options;
    const status = single(request.query, 'status') ?? alerts.capStatus;
    if (!statuses.includes(status)) {
      const detail = `status is one of ${statuses.join(', ')}, not ${quote(status)}`;
      throw new CallerError(refuse('bad-query', detail, 'status'));
    }
    const messages = alerts.capMessages(status, options.clock.now() - feedMillis);
    const facts = { baseUrl: options.baseUrl(), senderName: options.senderName, status, created: alerts.created };
    const modified = feedUpdated(messages, alerts.created);
    return send(request, reply, 'application/atom+xml', writeCapFeed(messages, facts), modified, 'no-cache');
  });

  app.get<{ Params: { file: string } }>('/cap/:file', { config: { scope: 'read' } }, (request, reply) => {
    const { file } = request.params;
    const found = file.endsWith('.xml') ? options.alerts.capMessage(file.slice(0, -4)) : undefined;
    if (found === undefined) {
      throw new CallerError(refuse('unknown-address', `there is no CAP message ${quote(file)}`));
    }
    const { xml, message } = found;
    return send(request, reply, 'application/cap+xml', xml, message.sent, 'public, max-age=31536000, immutable');
  });
}

/** Answers with the document, or 304 where the asker has it (RFC 9110, 13.1: If-None-Match goes before If-Modified-Since). */
function send(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  document: string,
  modified: number,
  cacheControl: string,
): FastifyReply {
  const etag = `"${createHash('sha256').update(document).digest('base64url')}"`;
  reply
    .header('etag', etag)
    .header('last-modified', new Date(modified).toUTCString())
    .header('cache-control', cacheControl);
  if (isFresh(request, etag, modified)) return reply.status(304).send();
  return reply.type(`${type}; charset=utf-8`).send(document);
}

function isFresh({ headers }: FastifyRequest, etag: string, modified: number): boolean {
  const match = headers['if-none-match'];
  if (match !== undefined) {
    return match.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
  }
  const since = headers['if-modified-since'];
  return since !== undefined && Date.parse(since) >= Math.floor(modified / 1_000) * 1_000;
}
