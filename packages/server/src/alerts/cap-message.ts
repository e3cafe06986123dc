import type { Category, Severity } from '@belfry/contract';
import type { CapArea } from './cap-area.ts';
import { cleanText, element, textElement } from './xml.ts';

export const capNamespace = 'urn:oasis:names:tc:emergency:cap:1.2';

export type CapStatus = 'Actual' | 'Exercise' | 'Test';

/** A message that stands published: what a later one refers to (CAP 1.2, 3.2.1, references). */
export interface CapReference {
  readonly sender: string;
  readonly identifier: string;
  /** Milliseconds since 1970, whole seconds. */
  readonly sent: number;
}

/** Everything that a CAP message says. Times in milliseconds since 1970; texts as people typed them. */
export interface CapMessage extends CapReference {
  readonly status: CapStatus;
  readonly msgType: 'Alert' | 'Update';
  /** Says why this is no actual warning; needed with status Exercise. */
  readonly note?: string;
  /** All that are still in force, oldest first; empty for an Alert. */
  readonly references: readonly CapReference[];
  readonly language: string;
  readonly category: Category;
  readonly event: string;
  readonly allClear: boolean;
  readonly urgency: 'Immediate' | 'Past';
  readonly severity: Severity;
  readonly onset: number;
  readonly expires: number;
  readonly senderName: string;
  readonly headline: string;
  readonly description: string;
  readonly instruction?: string;
  readonly web?: string;
  readonly contact?: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly areaDesc: string;
  readonly area: CapArea;
}

/** The document, in the order of elements that the schema of CAP 1.2 fixes. */
export function writeCap(message: CapMessage): string {
  const { references } = message;
  const alert = element(
    'alert',
    textElement('identifier', message.identifier),
    textElement('sender', message.sender),
    textElement('sent', capTime(message.sent)),
    textElement('status', message.status),
    textElement('msgType', message.msgType),
    textElement('scope', 'Public'),
    textElement('note', message.note),
    textElement('references', references.length === 0 ? undefined : references.map(referenceText).join(' ')),
    info(message),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${alert.replace('<alert>', `<alert xmlns="${capNamespace}">`)}`;
}

/** CAP 1.2, 3.3.2: no fraction of a second, and UTC is `-00:00`, never `Z`. */
export function capTime(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19)}-00:00`;
}

/** Headlines of at most 140 characters: longer ones are cut by senders of short messages. */
export function headlineText(text: string): string {
  const line = cleanText(text).replaceAll(/\s+/g, ' ').trim();
  // The cut may halve a surrogate pair; cleaning removes what is left of it.
  return line.length <= 140 ? line : `${cleanText(line.slice(0, 139))}…`;
}

function info(message: CapMessage): string {
  return element(
    'info',
    textElement('language', message.language),
    textElement('category', message.category),
    textElement('event', message.event),
    textElement('responseType', message.allClear ? 'AllClear' : 'Monitor'),
    textElement('urgency', message.urgency),
    textElement('severity', message.severity),
    textElement('certainty', 'Observed'),
    textElement('onset', capTime(message.onset)),
    textElement('expires', capTime(message.expires)),
    textElement('senderName', message.senderName),
    textElement('headline', message.headline),
    textElement('description', message.description),
    textElement('instruction', message.instruction),
    textElement('web', message.web),
    textElement('contact', message.contact),
    ...message.parameters.map(([name, value]) =>
      element('parameter', textElement('valueName', name), textElement('value', value)),
    ),
    element(
      'area',
      textElement('areaDesc', message.areaDesc),
      ...message.area.polygons.map((polygon) => textElement('polygon', polygon)),
      ...message.area.circles.map((circle) => textElement('circle', circle)),
    ),
  );
}

function referenceText({ sender, identifier, sent }: CapReference): string {
  return `${sender},${identifier},${capTime(sent)}`;
}
