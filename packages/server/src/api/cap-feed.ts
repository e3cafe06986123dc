import { capNamespace, capTime, element, escapeXml, textElement, type CapRow } from '../alerts/mod.ts';

export interface CapFeedFacts {
  /** Address of this server, without a slash at the end. */
  readonly baseUrl: string;
  /** Who warns. */
  readonly senderName: string;
  readonly status: string;
  /** Stands in for the time of the newest message while there is none; milliseconds since 1970. */
  readonly created: number;
}

/**
 * An Atom feed (RFC 4287) of CAP messages: an entry a message, whose id is the CAP identifier and whose link is the document,
 * with the fields of the message as extension elements in CAP's namespace.
 */
export function writeCapFeed(
  messages: readonly CapRow[],
  { baseUrl, senderName, status, created }: CapFeedFacts,
): string {
  const self = `${baseUrl}/cap/feed.atom`;
  const address = status === 'Actual' ? self : `${self}?status=${encodeURIComponent(status)}`;
  const feed = element(
    'feed',
    textElement('id', address),
    textElement('title', `Warnings of ${senderName}${status === 'Actual' ? '' : ` (${status}: no actual warnings)`}`),
    textElement('updated', atomTime(feedUpdated(messages, created))),
    link('self', 'application/atom+xml', address),
    element('author', textElement('name', senderName)),
    textElement('generator', 'Belfry'),
    ...messages.map((message) => entry(message, baseUrl)),
  );
  const namespaces = `xmlns="http://www.w3.org/2005/Atom" xmlns:cap="${capNamespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${feed.replace('<feed>', `<feed ${namespaces}>`)}`;
}

/** RFC 4287, 4.2.15: when the feed last changed in a way that matters. */
export function feedUpdated(messages: readonly CapRow[], created: number): number {
  return messages.reduce((newest, { sent }) => Math.max(newest, sent), created);
}

function entry(message: CapRow, baseUrl: string): string {
  return element(
    'entry',
    textElement('id', entryId(message)),
    textElement('title', message.headline === '' ? message.identifier : message.headline),
    textElement('updated', atomTime(message.sent)),
    textElement('published', atomTime(message.sent)),
    link('alternate', 'application/cap+xml', `${baseUrl}/cap/${encodeURIComponent(message.identifier)}.xml`),
    textElement('summary', message.headline),
    textElement('cap:identifier', message.identifier),
    textElement('cap:sent', capTime(message.sent)),
    textElement('cap:status', message.status),
    textElement('cap:msgType', message.msgType),
    textElement('cap:category', message.category),
    textElement('cap:event', message.event),
    textElement('cap:responseType', message.allClear ? 'AllClear' : 'Monitor'),
    textElement('cap:urgency', message.urgency),
    textElement('cap:severity', message.severity),
    textElement('cap:certainty', 'Observed'),
    textElement('cap:expires', capTime(message.expires)),
    textElement('cap:areaDesc', message.areaDesc),
    textElement('cap:polygon', message.polygon),
  );
}

/** RFC 4287, 4.2.6: an IRI that is the same for ever, wherever the server stands. */
function entryId({ sender, identifier }: CapRow): string {
  return `urn:belfry:cap:${encodeURIComponent(sender)}:${encodeURIComponent(identifier)}`;
}

function link(relation: string, type: string, address: string): string {
  return `<link rel="${relation}" type="${type}" href="${escapeXml(address)}"/>\n`;
}

/** RFC 3339, as RFC 4287, 3.3 asks. */
function atomTime(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19)}Z`;
}
