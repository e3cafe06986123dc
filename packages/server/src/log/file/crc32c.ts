/**
 * CRC-32C (Castagnoli), as RFC 3720 (12.1 and B.4) and SSE 4.2 have it: polynomial 0x1EDC6F41, reflected, all ones before
 * and after. It finds every burst of up to 32 wrong bits and misses one in four thousand million of other faults.
 *
 * Sixteen tables, so that sixteen bytes are taken at a step without waiting for each other: above 1 GB a second in
 * JavaScript. (zlib.crc32 of Node is the other polynomial.)
 */

const slices = 16;
const tables = makeTables();
const t0 = tables.subarray(0, 256);
const t1 = tables.subarray(256, 512);
const t2 = tables.subarray(512, 768);
const t3 = tables.subarray(768, 1024);
const t4 = tables.subarray(1024, 1280);
const t5 = tables.subarray(1280, 1536);
const t6 = tables.subarray(1536, 1792);
const t7 = tables.subarray(1792, 2048);
const t8 = tables.subarray(2048, 2304);
const t9 = tables.subarray(2304, 2560);
const t10 = tables.subarray(2560, 2816);
const t11 = tables.subarray(2816, 3072);
const t12 = tables.subarray(3072, 3328);
const t13 = tables.subarray(3328, 3584);
const t14 = tables.subarray(3584, 3840);
const t15 = tables.subarray(3840, 4096);

/** The CRC-32C of the bytes from `start` to `end`, 0 to 2^32 - 1. `before` is the CRC of what stands before them. */
export function crc32c(bytes: Uint8Array, start: number, end: number, before: number = 0): number {
  if (start < 0 || end > bytes.length) throw new RangeError(`no bytes ${start} to ${end} in ${bytes.length}`);
  let crc = ~before;
  let at = start;
  for (const stop = end - 15; at < stop; at += 16) {
    crc =
      lookUp(t15, (crc ^ byte(bytes, at)) & 0xff) ^
      lookUp(t14, ((crc >>> 8) ^ byte(bytes, at + 1)) & 0xff) ^
      lookUp(t13, ((crc >>> 16) ^ byte(bytes, at + 2)) & 0xff) ^
      lookUp(t12, (crc >>> 24) ^ byte(bytes, at + 3)) ^
      lookUp(t11, byte(bytes, at + 4)) ^
      lookUp(t10, byte(bytes, at + 5)) ^
      lookUp(t9, byte(bytes, at + 6)) ^
      lookUp(t8, byte(bytes, at + 7)) ^
      lookUp(t7, byte(bytes, at + 8)) ^
      lookUp(t6, byte(bytes, at + 9)) ^
      lookUp(t5, byte(bytes, at + 10)) ^
      lookUp(t4, byte(bytes, at + 11)) ^
      lookUp(t3, byte(bytes, at + 12)) ^
      lookUp(t2, byte(bytes, at + 13)) ^
      lookUp(t1, byte(bytes, at + 14)) ^
      lookUp(t0, byte(bytes, at + 15));
  }
  for (; at < end; at += 1) crc = lookUp(t0, (crc ^ byte(bytes, at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function lookUp(table: Int32Array, at: number): number {
  return table[at] ?? 0;
}

function makeTables(): Int32Array {
  const made = new Int32Array(256 * slices);
  for (let value = 0; value < 256; value += 1) {
    let crc = value;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    made[value] = crc;
  }
  for (let at = 256; at < made.length; at += 1) {
    const shorter = lookUp(made, at - 256);
    made[at] = (shorter >>> 8) ^ lookUp(made, shorter & 0xff);
  }
  return made;
}
