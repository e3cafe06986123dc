// Splits a byte stream into MQTT packets by their fixed header (MQTT 5, 2.1; 3.1.1, 2.2).
// - A packet that lies whole in a chunk is handed on where it lies; only one that a chunk boundary cuts is copied.
// - A packet is measured against `bytesMax` as soon as its length is known, before any of its body is kept, and the
//   memory for a cut packet grows with the bytes that came, not with the length that was announced.
// - An impossible first byte is refused when it comes.

/** Takes whole packets. */
export interface PacketSink {
  /**
   * @param first the first byte of the fixed header: packet type and flags
   * @param buffer holds the packet's body from `start` to `end`; only valid during the call
   * @returns false to stop after this packet; what follows is kept for `resume`
   */
  packet(first: number, buffer: Buffer, start: number, end: number): boolean;
}

export const FrameResult = {
  done: 0,
  held: 1,
  malformedHeader: 2,
  malformedLength: 3,
  tooLarge: 4,
  notConnect: 5,
} as const;
export type FrameResult = (typeof FrameResult)[keyof typeof FrameResult];

const NOTHING = Buffer.alloc(0);
const CARRY_FIRST_BYTES = 256;
/** A longer buffer for cut packets is given back after its packet. */
const CARRY_KEPT_BYTES_MAX = 16_384;
const CONNECT_FIRST_BYTE = 0x10;

/** 1 where the first byte is a packet type with the flags that it must have (MQTT 5, table 2-2; QoS 3: [MQTT-3.3.1-4]). */
const possibleFirstByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  const type = byte >> 4;
  const flags = byte & 0x0f;
  if (type === 0) return 0;
  if (type === 3) return (flags & 0x06) === 0x06 ? 0 : 1;
  if (type === 6 || type === 8 || type === 10) return flags === 0x02 ? 1 : 0;
  return flags === 0 ? 1 : 0;
});

export class Framer {
  /** The longest packet taken, in bytes with its fixed header. */
  bytesMax: number;
  /** True until CONNECT came: any other first byte is refused [MQTT-3.1.0-1]. */
  connectOnly = true;
  /** True for MQTT 5, where a length must have its shortest form [MQTT-1.5.5-1]. */
  shortestLength = false;
  /** Length of the packet that was too large. */
  announcedBytes = 0;
  #headerBytes = 0;
  #carry: Buffer = NOTHING;
  #carried = 0;
  /** Whole length of the packet in `#carry`; 0 while its fixed header is not complete. */
  #wanted = 0;
  #rest: Buffer = NOTHING;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Bytes kept for later: a cut packet, and what came behind a stop. */
  get keptBytes(): number {
    return this.#carried + this.#rest.length;
  }

  /** True when bytes wait behind a stop. */
  get hasRest(): boolean {
    return this.#rest.length > 0;
  }

  /** Hands on every packet that `chunk` completes. After a result other than done and held the stream is of no use. */
  feed(chunk: Buffer, sink: PacketSink): FrameResult {
    if (this.#rest.length > 0) {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      return FrameResult.held;
    }
    let at = 0;
    if (this.#carried > 0) {
      at = this.#complete(chunk);
      if (at < 0) return this.#faultOf(at);
      if (this.#wanted === 0 || this.#carried < this.#wanted) return FrameResult.done;
      if (!this.#handOnCarried(sink)) return this.#stop(chunk, at);
    }
    while (at < chunk.length) {
      const length = this.#measure(chunk, at, chunk.length);
      if (length < 0) return this.#faultOf(length);
      if (length === 0 || at + length > chunk.length) {
        this.#keep(chunk, at, length);
        return FrameResult.done;
      }
      const body = at + this.#headerBytes;
      const first = chunk[at] ?? 0;
      at += length;
      if (!sink.packet(first, chunk, body, at)) return this.#stop(chunk, at);
    }
    return FrameResult.done;
  }

  /** Goes on with the bytes behind a stop. */
  resume(sink: PacketSink): FrameResult {
    const rest = this.#rest;
    this.#rest = NOTHING;
    return this.feed(rest, sink);
  }

  /** Drops everything kept. */
  clear(): void {
    this.#carry = NOTHING;
    this.#carried = 0;
    this.#wanted = 0;
    this.#rest = NOTHING;
  }

  /** Whole length of the packet at `at`; 0 when its fixed header is not complete; negative: a fault. */
  #measure(buffer: Buffer, at: number, end: number): number {
    const first = buffer[at] ?? 0;
    if (this.connectOnly && first !== CONNECT_FIRST_BYTE) return -FrameResult.notConnect;
    if (possibleFirstByte[first] === 0) return -FrameResult.malformedHeader;
    let remaining = 0;
    for (let digit = 0; digit < 4; digit++) {
      const position = at + 1 + digit;
      if (position >= end) return 0;
      const byte = buffer[position] ?? 0;
      remaining |= (byte & 0x7f) << (7 * digit);
      if (byte >= 0x80) continue;
      if (byte === 0 && digit > 0 && this.shortestLength) return -FrameResult.malformedLength;
      this.#headerBytes = digit + 2;
      const length = this.#headerBytes + remaining;
      if (length <= this.bytesMax) return length;
      this.announcedBytes = length;
      return -FrameResult.tooLarge;
    }
    return -FrameResult.malformedLength;
  }

  /** Moves bytes of `chunk` to the cut packet. Returns how many, or a negative fault. */
  #complete(chunk: Buffer): number {
    let at = 0;
    while (this.#wanted === 0 && at < chunk.length) {
      this.#carry[this.#carried++] = chunk[at++] ?? 0;
      const length = this.#measure(this.#carry, 0, this.#carried);
      if (length < 0) return length;
      this.#wanted = length;
    }
    const take = Math.min(this.#wanted - this.#carried, chunk.length - at);
    if (take <= 0) return at;
    this.#reserve(this.#carried + take);
    chunk.copy(this.#carry, this.#carried, at, at + take);
    this.#carried += take;
    return at + take;
  }

  #handOnCarried(sink: PacketSink): boolean {
    const packet = this.#carry;
    const length = this.#wanted;
    this.#carried = 0;
    this.#wanted = 0;
    if (packet.length > CARRY_KEPT_BYTES_MAX) this.#carry = NOTHING;
    return sink.packet(packet[0] ?? 0, packet, this.#headerBytes, length);
  }

  #keep(chunk: Buffer, at: number, length: number): void {
    this.#carried = 0;
    this.#reserve(chunk.length - at);
    this.#carried = chunk.copy(this.#carry, 0, at);
    this.#wanted = length;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#carry.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.bytesMax, Math.max(CARRY_FIRST_BYTES, bytes * 2)));
    this.#carry.copy(larger, 0, 0, this.#carried);
    this.#carry = larger;
  }

  #stop(chunk: Buffer, at: number): FrameResult {
    if (at < chunk.length) this.#rest = chunk.subarray(at);
    return FrameResult.held;
  }

  #faultOf(negative: number): FrameResult {
    switch (-negative) {
      case FrameResult.malformedLength:
        return FrameResult.malformedLength;
      case FrameResult.tooLarge:
        return FrameResult.tooLarge;
      case FrameResult.notConnect:
        return FrameResult.notConnect;
      default:
        return FrameResult.malformedHeader;
    }
  }
}
