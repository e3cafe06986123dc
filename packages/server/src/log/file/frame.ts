/**
 * The bytes of a segment file. All numbers are little-endian.
 *
 * Segment header, 32 bytes:
 *    0  magic          8 bytes, `BELFRYLG`
 *    8  version        u32, 1
 *   12  first sequence u64, that of the first record of the segment
 *   20  mark           8 random bytes; every frame of this segment begins with them
 *   28  CRC-32C        u32, over bytes 0 to 28
 *
 * Frame, 48 bytes and the payload:
 *    0  mark           8 bytes, the segment's
 *    8  CRC-32C        u32, over everything behind it: bytes 12 to 48 and the payload
 *   12  payload length u32, bytes
 *   16  kind           u32; 0 is a seal, a frame without records
 *   20  count          u32, records
 *   24  first sequence u64; of a seal, the sequence that comes next
 *   32  synced bytes   u64: the segment was durable up to this byte before this frame was written
 *   40  time           f64, milliseconds since 1970 when the frame was begun
 *
 * The mark is random because payloads come from strangers: after a crash the end of a segment is searched for frames, and
 * nobody can put bytes into a reading that look like one.
 */
import { crc32c } from './crc32c.ts';

export const segmentHeaderBytes = 32;
export const frameHeaderBytes = 48;
export const markBytes = 8;
export const sealKind = 0;

const segmentMagic = Buffer.from('BELFRYLG', 'latin1');
const segmentVersion = 1;

const at = {
  crc: 8,
  payloadBytes: 12,
  kind: 16,
  count: 20,
  sequence: 24,
  syncedBytes: 32,
  time: 40,
} as const;

/** What a segment says of itself. */
export interface SegmentHeader {
  readonly firstSequence: number;
  readonly mark: Buffer;
}

/** A frame as it stands in a segment. The payload is a view of the bytes that were read. */
export interface StoredFrame {
  readonly kind: number;
  readonly sequence: number;
  readonly count: number;
  readonly time: number;
  readonly payload: Buffer;
  /** Where the frame begins in the segment, and where it ends. */
  readonly start: number;
  readonly end: number;
  /** The segment was durable up to this byte before the frame was written. */
  readonly syncedBytes: number;
}

/** More bytes are needed to tell: `bytes` from the frame's start. */
export interface ShortFrame {
  readonly kind: 'short';
  readonly bytes: number;
}

export interface BrokenFrame {
  readonly kind: 'broken';
  readonly why: string;
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  segmentMagic.copy(bytes);
  bytes.writeUInt32LE(segmentVersion, 8);
  writeUint64(bytes, 12, header.firstSequence);
  header.mark.copy(bytes, 20, 0, markBytes);
  bytes.writeUInt32LE(crc32c(bytes, 0, 28), 28);
  return bytes;
}

/** The header, or what is wrong with it. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | BrokenFrame {
  if (bytes.length < segmentHeaderBytes) return broken(`the segment header has ${bytes.length} bytes of 32`);
  if (bytes.compare(segmentMagic, 0, 8, 0, 8) !== 0) return broken('the file does not begin with BELFRYLG');
  if (bytes.readUInt32LE(28) !== crc32c(bytes, 0, 28)) return broken('the CRC of the segment header is wrong');
  const version = bytes.readUInt32LE(8);
  if (version !== segmentVersion) return broken(`the segment has version ${version}, this Belfry reads version 1`);
  return { firstSequence: readUint64(bytes, 12), mark: Buffer.from(bytes.subarray(20, 20 + markBytes)) };
}

/** Writes the part of a frame's header that is known when it begins. Length, count and the rest follow in `finishFrame`. */
export function beginFrame(bytes: Buffer, start: number, kind: number, sequence: number, time: number): void {
  bytes.writeUInt32LE(kind, start + at.kind);
  writeUint64(bytes, start + at.sequence, sequence);
  bytes.writeDoubleLE(time, start + at.time);
}

export function setFrameSize(bytes: Buffer, start: number, payloadBytes: number, count: number): void {
  bytes.writeUInt32LE(payloadBytes, start + at.payloadBytes);
  bytes.writeUInt32LE(count, start + at.count);
}

/** Sets mark, synced bytes and CRC of the frame at `start`, whose size is set; returns the offset behind the frame. */
export function finishFrame(bytes: Buffer, start: number, mark: Buffer, syncedBytes: number): number {
  mark.copy(bytes, start, 0, markBytes);
  writeUint64(bytes, start + at.syncedBytes, syncedBytes);
  const end = start + frameHeaderBytes + bytes.readUInt32LE(start + at.payloadBytes);
  bytes.writeUInt32LE(crc32c(bytes, start + at.payloadBytes, end), start + at.crc);
  return end;
}

/** A seal: says that every record below `nextSequence` stands before it. */
export function encodeSeal(nextSequence: number, time: number, mark: Buffer, syncedBytes: number): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes);
  beginFrame(bytes, 0, sealKind, nextSequence, time);
  finishFrame(bytes, 0, mark, syncedBytes);
  return bytes;
}

/**
 * The frame that begins at `from` in `bytes`, of which `to` are filled. `fileOffset` is where `from` lies in the segment.
 * Nothing is believed before the CRC was right, but the length as far as it is possible at all.
 */
export function decodeFrame(
  bytes: Buffer,
  from: number,
  to: number,
  fileOffset: number,
  mark: Buffer,
  payloadBytesMax: number,
): StoredFrame | ShortFrame | BrokenFrame {
  if (to - from < frameHeaderBytes) return { kind: 'short', bytes: frameHeaderBytes };
  if (bytes.compare(mark, 0, markBytes, from, from + markBytes) !== 0) {
    return broken("no frame begins with the segment's mark");
  }
  const payloadBytes = bytes.readUInt32LE(from + at.payloadBytes);
  if (payloadBytes > payloadBytesMax)
    return broken(`a frame of ${payloadBytes} bytes, the bound is ${payloadBytesMax}`);
  const size = frameHeaderBytes + payloadBytes;
  if (to - from < size) return { kind: 'short', bytes: size };
  if (bytes.readUInt32LE(from + at.crc) !== crc32c(bytes, from + at.payloadBytes, from + size)) {
    return broken('the CRC of the frame is wrong');
  }
  return {
    kind: bytes.readUInt32LE(from + at.kind),
    sequence: readUint64(bytes, from + at.sequence),
    count: bytes.readUInt32LE(from + at.count),
    time: bytes.readDoubleLE(from + at.time),
    payload: bytes.subarray(from + frameHeaderBytes, from + size),
    start: fileOffset,
    end: fileOffset + size,
    syncedBytes: readUint64(bytes, from + at.syncedBytes),
  };
}

export function broken(why: string): BrokenFrame {
  return { kind: 'broken', why };
}

function writeUint64(bytes: Buffer, offset: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296);
  bytes.writeUInt32LE(value - high * 4_294_967_296, offset);
  bytes.writeUInt32LE(high, offset + 4);
}

function readUint64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset + 4) * 4_294_967_296 + bytes.readUInt32LE(offset);
}
