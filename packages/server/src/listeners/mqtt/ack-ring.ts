// The acknowledgements that one connection owes, in the order of its PUBLISHes [MQTT-4.6.0-2] [MQTT-4.6.0-3]. Each waits
// until its Observation is durable; one that waits for nothing still waits for those before it. Typed arrays: an
// acknowledgement costs no object.
import { assert } from '../../kernel/mod.ts';

export const ackKind = { puback: 0x40, pubrec: 0x50, pubcomp: 0x70 } as const;
export type AckKind = (typeof ackKind)[keyof typeof ackKind];

/** As the sequence of an acknowledgement that waits for nothing. */
export const AT_ONCE = -1;

const CAPACITY_FIRST = 64;
const REASON_STRING = 0x1f;
/** A reason is cut to this length, so that two bytes hold the length of any acknowledgement. */
const TEXT_BYTES_MAX = 512;

/** Is told what left the ring. */
export interface AckRelease {
  released(kind: number, packetId: number, code: number): void;
}

export class AckRing {
  #kinds = new Uint8Array(CAPACITY_FIRST);
  #codes = new Uint8Array(CAPACITY_FIRST);
  #packetIds = new Uint16Array(CAPACITY_FIRST);
  #sequences = new Float64Array(CAPACITY_FIRST);
  /** Reason Strings by slot; most acknowledgements have none. */
  readonly #texts = new Map<number, Buffer>();
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * @param sequence of the Observation; the acknowledgement leaves once the durable sequence lies above it
   * @param code MQTT 5 reason code; 0 for a client of 3.1.1
   * @param text Reason String, where there is one
   */
  push(kind: AckKind, packetId: number, sequence: number, code: number, text?: string): void {
    if (this.#size === this.#kinds.length) this.#grow();
    const slot = (this.#head + this.#size) & (this.#kinds.length - 1);
    this.#kinds[slot] = kind;
    this.#codes[slot] = code;
    this.#packetIds[slot] = packetId;
    this.#sequences[slot] = sequence;
    this.#size++;
    if (text !== undefined) this.#texts.set(slot, cutText(text));
  }

  /** True when at least one acknowledgement may leave. */
  isReady(durableSequence: number): boolean {
    return this.#size > 0 && (this.#sequences[this.#head] ?? 0) < durableSequence;
  }

  /** Takes out all that may leave, as bytes for one write. `packetBytesMax`: what the client takes [MQTT-3.4.2-2]. */
  take(durableSequence: number, packetBytesMax: number, release: AckRelease): Buffer {
    const mask = this.#kinds.length - 1;
    let count = 0;
    let bytes = 0;
    while (count < this.#size) {
      const slot = (this.#head + count) & mask;
      if ((this.#sequences[slot] ?? 0) >= durableSequence) break;
      bytes += this.#codes[slot] === 0 ? 4 : this.#failureBytes(slot, packetBytesMax);
      count++;
    }
    const out = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (let index = 0; index < count; index++) {
      const slot = (this.#head + index) & mask;
      const packetId = this.#packetIds[slot] ?? 0;
      const code = this.#codes[slot] ?? 0;
      const kind = this.#kinds[slot] ?? 0;
      out[at] = kind;
      out[at + 1] = 2;
      out[at + 2] = packetId >> 8;
      out[at + 3] = packetId & 0xff;
      at = code === 0 ? at + 4 : this.#writeFailure(out, at, slot, code, packetBytesMax);
      release.released(kind, packetId, code);
    }
    this.#head = (this.#head + count) & mask;
    this.#size -= count;
    assert(at === bytes, 'acknowledgements must fill their buffer');
    return out;
  }

  clear(): void {
    this.#size = 0;
    this.#texts.clear();
  }

  /** Without a Reason String the property length may be left out (3.4.2.2.1). */
  #failureBytes(slot: number, packetBytesMax: number): number {
    const text = this.#texts.get(slot);
    if (text === undefined) return 5;
    const bytes = lengthBytes(remainingLength(text)) + 1 + remainingLength(text);
    if (bytes <= packetBytesMax) return bytes;
    this.#texts.delete(slot);
    return 5;
  }

  #writeFailure(out: Buffer, start: number, slot: number, code: number, packetBytesMax: number): number {
    const text = this.#texts.get(slot);
    if (text === undefined || packetBytesMax < 5) {
      out[start + 1] = 3;
      out[start + 4] = code;
      return start + 5;
    }
    this.#texts.delete(slot);
    const high = out[start + 2] ?? 0;
    const low = out[start + 3] ?? 0;
    let at = writeLength(out, start + 1, remainingLength(text));
    out[at++] = high;
    out[at++] = low;
    out[at++] = code;
    at = writeLength(out, at, text.length + 3);
    out[at++] = REASON_STRING;
    at = out.writeUInt16BE(text.length, at);
    return at + text.copy(out, at);
  }

  #grow(): void {
    const capacity = this.#kinds.length * 2;
    const mask = this.#kinds.length - 1;
    const kinds = new Uint8Array(capacity);
    const codes = new Uint8Array(capacity);
    const packetIds = new Uint16Array(capacity);
    const sequences = new Float64Array(capacity);
    const texts = new Map<number, Buffer>();
    for (let index = 0; index < this.#size; index++) {
      const slot = (this.#head + index) & mask;
      kinds[index] = this.#kinds[slot] ?? 0;
      codes[index] = this.#codes[slot] ?? 0;
      packetIds[index] = this.#packetIds[slot] ?? 0;
      sequences[index] = this.#sequences[slot] ?? 0;
      const text = this.#texts.get(slot);
      if (text !== undefined) texts.set(index, text);
    }
    this.#kinds = kinds;
    this.#codes = codes;
    this.#packetIds = packetIds;
    this.#sequences = sequences;
    this.#texts.clear();
    for (const [slot, text] of texts) this.#texts.set(slot, text);
    this.#head = 0;
  }
}

/** Packet Identifier, Reason Code, property length, and the Reason String with its identifier and length. */
function remainingLength(text: Buffer): number {
  return 3 + lengthBytes(text.length + 3) + 3 + text.length;
}

function lengthBytes(length: number): number {
  return length < 128 ? 1 : 2;
}

function writeLength(out: Buffer, at: number, length: number): number {
  if (length < 128) {
    out[at] = length;
    return at + 1;
  }
  out[at] = (length & 0x7f) | 0x80;
  out[at + 1] = length >> 7;
  return at + 2;
}

/** The text as UTF-8 without U+0000, cut between characters. */
function cutText(text: string): Buffer {
  const bytes = Buffer.from(text.toWellFormed().replaceAll('\0', ' '));
  if (bytes.length <= TEXT_BYTES_MAX) return bytes;
  let end = TEXT_BYTES_MAX;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
