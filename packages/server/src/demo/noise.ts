/** Noise that is a pure function of seed, name and place in time: asked twice, it answers the same. */

/** A number that stands for a text; the same on every machine (FNV-1a). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** 0 to below 1, for a whole number `at`. */
export function whiteNoise(seed: number, at: number): number {
  const low = at | 0;
  const high = Math.floor(at / 4_294_967_296) | 0;
  let hash = Math.imul(seed ^ Math.imul(low, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(high + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 4_294_967_296;
}

/** -1 to 1, changing without jumps: a new direction each `periodMillis`. */
export function smoothNoise(seed: number, millis: number, periodMillis: number): number {
  const place = millis / periodMillis;
  const whole = Math.floor(place);
  const part = place - whole;
  const weight = part * part * (3 - 2 * part);
  const before = whiteNoise(seed, whole);
  return 2 * (before + (whiteNoise(seed, whole + 1) - before) * weight) - 1;
}
