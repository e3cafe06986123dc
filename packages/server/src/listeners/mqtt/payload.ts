// What a PUBLISH carries, read as what it says it is.
import { isUtf8 } from 'node:buffer';
import { quote, refuse, type Refusal } from '../../kernel/mod.ts';

const SHOWN_BYTES_MAX = 60;

/** The value of JSON in UTF-8; undefined, which no JSON stands for, when the bytes are anything else. */
export function parseJson(buffer: Buffer, start: number, end: number): unknown {
  const text = buffer.toString('utf8', start, end);
  // Decoding puts U+FFFD for bytes that are not UTF-8; only then the bytes are looked at again.
  if (text.includes('\uFFFD') && !isUtf8(buffer.subarray(start, end))) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** The refusal of bytes that `parseJson` gave nothing for. */
export function badJson(buffer: Buffer, start: number, end: number): Refusal {
  if (start === end) return refuse('bad-json', 'the payload is empty');
  const shown = buffer.toString('utf8', start, Math.min(end, start + SHOWN_BYTES_MAX));
  return refuse('bad-json', `the payload is not JSON in UTF-8: ${quote(shown)}`);
}

/** A payload whose Payload Format Indicator says UTF-8 must be (3.3.2.3.2). */
export function formatRefusal(saysUtf8: boolean, payload: Buffer): Refusal | undefined {
  if (!saysUtf8 || isUtf8(payload)) return undefined;
  return refuse('bad-body', 'the Payload Format Indicator says UTF-8, and the payload is not');
}
