import type { AlertRow, CapRow } from './alert-rows.ts';
import { capArea } from './cap-area.ts';
import { headlineText, writeCap, type CapMessage, type CapStatus } from './cap-message.ts';
import { cleanText } from './xml.ts';

/** Who warns, and how. */
export interface CapOptions {
  /** CAP sender: a domain name or the like, of letters, digits and `.@:_-`; the same for ever. */
  readonly sender: string;
  readonly senderName: string;
  /** Of the texts that people typed into the rules; default `en-US`. */
  readonly language?: string;
  readonly status: CapStatus;
  /** Why this is no actual warning; a general text stands in for it where status is not Actual. */
  readonly note?: string;
  /** Absolute address of a page about the warnings. */
  readonly web?: string;
  readonly contact?: string;
  /** Around the place of a Thing; default 1. */
  readonly radiusKilometers?: number;
  /** How long a message is in force; it is renewed while the alert is active. Default 24 h. */
  readonly expiresMillis?: number;
  /** How long an all-clear is shown; default 1 h. */
  readonly allClearMillis?: number;
}

/** Where a Thing is. `geometry` is GeoJSON. A simulated Thing never gives an actual warning. */
export interface Place {
  readonly geometry: unknown;
  readonly simulated?: boolean;
}

export type CapOccasion = 'alert' | 'renewal' | 'all-clear';

/** CAP 1.2, 3.2.1: neither spaces nor commas nor restricted characters; ours are also safe in an address. */
const senderPattern = /^[A-Za-z0-9][A-Za-z0-9.@:_-]{0,99}$/;

export function isCapSender(text: string): boolean {
  return senderPattern.test(text);
}

const testNote = 'This message is not an actual warning: the readings are simulated, or the system is on trial.';

/**
 * The next message about an alert. The first is an Alert; each later one an Update that refers to all that are still in force
 * (CAP 1.2, 3.2.1, references), taken from what was published and never from what was typed.
 * @param installation tells this server's messages from those of another life of the same sender
 * @param chain what was published for this alert, oldest first
 * @param now milliseconds since 1970
 */
export function composeCap(
  options: CapOptions,
  installation: number,
  alert: AlertRow,
  occasion: CapOccasion,
  chain: readonly CapRow[],
  place: Place | undefined,
  now: number,
): { readonly row: CapRow; readonly xml: string } {
  const newest = chain.at(-1);
  // A receiver orders by `sent`, so that a message of the same second comes a second later.
  const sent = Math.max(wholeSecond(now), (newest?.sent ?? 0) + 1_000);
  const inForce = chain.filter((message) => message.expires > sent);
  const references = inForce.length === 0 && newest !== undefined ? [newest] : inForce;
  const allClear = occasion === 'all-clear';
  const life = allClear ? (options.allClearMillis ?? 3_600_000) : (options.expiresMillis ?? 86_400_000);
  const onset = alert.activeSince ?? alert.pendingSince;
  const status = place?.simulated === true && options.status === 'Actual' ? 'Exercise' : options.status;
  const source = options.sender.replaceAll(/[^A-Za-z0-9._-]/g, '-');
  const area = capArea(place?.geometry, options.radiusKilometers ?? 1);
  const message: CapMessage = {
    identifier: `${source}.${installation.toString(36)}.${alert.id}.${chain.length + 1}`,
    sender: options.sender,
    sent,
    status,
    msgType: newest === undefined ? 'Alert' : 'Update',
    references,
    language: options.language ?? 'en-US',
    category: alert.rule.category,
    event: cleanText(alert.rule.event),
    allClear,
    urgency: allClear ? 'Past' : 'Immediate',
    severity: alert.rule.severity,
    onset,
    // onset ≤ expires: a device's clock may run ahead of ours.
    expires: wholeSecond(Math.max(sent, onset) + life),
    senderName: options.senderName,
    headline: headlineText(`${allClear ? 'All clear: ' : ''}${alert.rule.event}: ${alert.thingName}`),
    description: descriptionOf(alert, allClear),
    parameters: parametersOf(alert),
    areaDesc: cleanText(alert.thingName).trim() || `Thing ${alert.thingId}`,
    area,
    ...(status === 'Actual' ? {} : { note: options.note ?? testNote }),
    ...(alert.rule.instruction === undefined || allClear ? {} : { instruction: alert.rule.instruction }),
    ...(options.web === undefined ? {} : { web: options.web }),
    ...(options.contact === undefined ? {} : { contact: options.contact }),
  };
  const polygon = area.polygons[0];
  const row: CapRow = { ...rowOf(message, alert.id), ...(polygon === undefined ? {} : { polygon }) };
  return { row, xml: writeCap(message) };
}

function rowOf(message: CapMessage, alertId: number): CapRow {
  const { identifier, sender, sent, expires, status, msgType, allClear, headline } = message;
  const { event, category, severity, urgency, areaDesc } = message;
  const about = { event, category, severity, urgency, areaDesc };
  return { alertId, identifier, sender, sent, expires, status, msgType, allClear, headline, ...about };
}

function descriptionOf(alert: AlertRow, allClear: boolean): string {
  const unit = alert.unitSymbol === '' ? '' : ` ${alert.unitSymbol}`;
  const above = alert.rule.direction === 'above';
  // An alert that ends because its rule changed or went may stand on the other side of the threshold.
  const cleared = above ? alert.value < alert.threshold : alert.value > alert.threshold;
  const relation = cleared ? (above ? 'below' : 'above') : above ? 'at or above' : 'at or below';
  const reading = `${alert.datastreamName}: ${alert.value}${unit}, ${relation} ${alert.threshold}${unit}.`;
  const text = alert.rule.description;
  return text === undefined || allClear ? reading : `${text}\n${reading}`;
}

function parametersOf(alert: AlertRow): readonly (readonly [string, string])[] {
  return [
    ['belfry:value', String(alert.value)],
    ['belfry:threshold', String(alert.threshold)],
    ['belfry:unit', alert.unitSymbol],
    ['belfry:alertId', String(alert.id)],
    ['belfry:ruleId', String(alert.ruleId)],
    ['belfry:datastreamId', String(alert.datastreamId)],
    ['belfry:thingId', String(alert.thingId)],
  ];
}

function wholeSecond(millis: number): number {
  return Math.floor(millis / 1_000) * 1_000;
}
