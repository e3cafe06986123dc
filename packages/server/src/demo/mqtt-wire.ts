/** The little of MQTT 5's wire format that a lean publisher reads by itself. */

/** Type and bounds of the body of the packet that begins at `at`; undefined while it is not complete. */
export function packetAt(
  input: Buffer,
  at: number,
): { readonly type: number; readonly start: number; readonly end: number } | undefined {
  const first = input[at];
  if (first === undefined) return undefined;
  const length = variableInteger(input, at + 1);
  if (length === undefined || length.end + length.value > input.length) return undefined;
  return { type: first >> 4, start: length.end, end: length.end + length.value };
}

/** A Variable Byte Integer (MQTT 5, 1.5.5); undefined while it is not complete. Throws where it is longer than four bytes. */
function variableInteger(input: Buffer, start: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = start; at < start + 4; at += 1) {
    const byte = input[at];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 128 ** (at - start);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new Error('the server sent a length of more than four bytes');
}

/** The Reason String (0x1f) of a property section, or nothing. */
export function reasonOf(section: Buffer): string {
  return findProperty(section, 0x1f)?.text ?? '';
}

/** How many bytes the value of a property takes; texts and pairs of texts carry their length (MQTT 5, 2.2.2.2). */
const propertyBytes: Readonly<Record<number, number>> = {
  0x11: 4,
  0x13: 2,
  0x21: 2,
  0x22: 2,
  0x24: 1,
  0x25: 1,
  0x27: 4,
  0x28: 1,
  0x29: 1,
  0x2a: 1,
};

/** A property by its identifier: a number, or the text of one that is a text. */
export function findProperty(
  section: Buffer,
  wanted: number,
): { readonly number: number; readonly text: string } | undefined {
  const length = section.length === 0 ? undefined : variableInteger(section, 0);
  if (length === undefined) return undefined;
  let at = length.end;
  while (at < section.length) {
    const id = section.readUInt8(at);
    at += 1;
    const bytes = propertyBytes[id];
    if (bytes !== undefined) {
      if (id === wanted) return { number: section.readUIntBE(at, bytes), text: '' };
      at += bytes;
      continue;
    }
    for (let texts = id === 0x26 ? 2 : 1; texts > 0; texts -= 1) {
      const end = at + 2 + section.readUInt16BE(at);
      if (id === wanted) return { number: 0, text: section.toString('utf8', at + 2, end) };
      at = end;
    }
  }
  return undefined;
}
