import { isUtf8 } from 'node:buffer';

/**
 * True when the bytes are a UTF-8 Encoded String as MQTT means it: well-formed, without surrogates [MQTT-1.5.4-1] and
 * without U+0000 [MQTT-1.5.4-2]. Plain ASCII, the common case, is decided without an allocation.
 */
export function isMqttString(buffer: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = buffer[at] ?? 0;
    if (byte === 0) return false;
    if (byte >= 0x80) {
      const rest = buffer.subarray(at, end);
      return isUtf8(rest) && !rest.includes(0);
    }
  }
  return true;
}

/** True when a Topic Name holds a wildcard character. */
export function hasWildcard(buffer: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = buffer[at];
    if (byte === 0x23 || byte === 0x2b) return true;
  }
  return false;
}
