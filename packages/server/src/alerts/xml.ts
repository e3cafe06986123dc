/** What XML 1.0 (2.2) does not take, and the control characters that it takes but advises against. */
const notXml = /[^\t\n\u{20}-\u{7E}\u{A0}-\u{D7FF}\u{E000}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** The text without characters that XML cannot hold; lone surrogates go too. A carriage return becomes a line feed. */
export function cleanText(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(notXml, '');
}

/** Text as it stands in an element or a double-quoted attribute (XML 1.0, 2.4). */
export function escapeXml(text: string): string {
  return cleanText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** One element with text; empty where there is no text, so that optional elements can be listed as they come. */
export function textElement(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<${name}>${escapeXml(text)}</${name}>\n`;
}

/** One element with elements in it, which are XML already. */
export function element(name: string, ...children: readonly string[]): string {
  return `<${name}>\n${children.join('')}</${name}>\n`;
}
