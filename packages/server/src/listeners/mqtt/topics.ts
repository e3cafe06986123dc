// Topic Names and Topic Filters (MQTT 5, 4.7), and the topics that SensorThings gives a meaning (18-088, 14).

const OBSERVATIONS = Buffer.from('v1.1/Observations');
const DATASTREAM_HEAD = Buffer.from('v1.1/Datastreams(');
const DATASTREAM_TAIL = Buffer.from(')/Observations');
/** Ids stay below 2^53. */
const ID_DIGITS_MAX = 15;

/**
 * The id in `v1.1/Datastreams(<id>)/Observations`, read where the bytes lie; -1 for any other topic.
 * Digits only, without a sign or a leading zero: one Datastream has one topic.
 */
export function datastreamOfTopic(buffer: Buffer, start: number, end: number): number {
  const digits = end - start - DATASTREAM_HEAD.length - DATASTREAM_TAIL.length;
  if (digits < 1 || digits > ID_DIGITS_MAX) return -1;
  const digitsAt = start + DATASTREAM_HEAD.length;
  if (!holds(buffer, start, DATASTREAM_HEAD) || !holds(buffer, digitsAt + digits, DATASTREAM_TAIL)) return -1;
  if (digits > 1 && buffer[digitsAt] === 0x30) return -1;
  let id = 0;
  for (let at = digitsAt; at < digitsAt + digits; at++) {
    const digit = (buffer[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    id = id * 10 + digit;
  }
  return id;
}

/** True for `v1.1/Observations`, whose messages name their Datastream themselves. */
export function isObservationsTopic(buffer: Buffer, start: number, end: number): boolean {
  return end - start === OBSERVATIONS.length && holds(buffer, start, OBSERVATIONS);
}

/** True for a topic whose messages are Observations. */
export function takesObservations(topic: string): boolean {
  const bytes = Buffer.from(topic);
  return datastreamOfTopic(bytes, 0, bytes.length) >= 0 || isObservationsTopic(bytes, 0, bytes.length);
}

/** True for topics and filters whose first level belongs to SensorThings: they are never relayed. */
export function isSensorThingsTopic(topic: string): boolean {
  return topic === 'v1.1' || topic.startsWith('v1.1/');
}

/** True for a Topic Filter that is well formed: # last and alone, + alone in its level [MQTT-4.7.1-1] [MQTT-4.7.1-2]. */
export function isTopicFilter(filter: string): boolean {
  if (filter === '') return false;
  const levels = filter.split('/');
  return levels.every(
    (level, index) =>
      level === '+' || (level === '#' && index === levels.length - 1) || !(level.includes('+') || level.includes('#')),
  );
}

/** True when every topic that matches `filter` matches `namespace` too. */
export function covers(namespace: string, filter: string): boolean {
  const wide = namespace.split('/');
  const narrow = filter.split('/');
  for (let index = 0; index < wide.length; index++) {
    const level = wide[index];
    const asked = narrow[index];
    // `home/#` matches `home` itself too (4.7.1.2).
    if (level === '#') return true;
    if (asked === undefined || asked === '#') return false;
    if (level !== '+' && level !== asked) return false;
  }
  return wide.length === narrow.length;
}

/** What is wrong with a namespace that is to be relayed; undefined: nothing. */
export function relayFault(namespace: string): string | undefined {
  if (!isTopicFilter(namespace)) return 'is not a topic filter: # may only be the last level, + only a whole level';
  if (namespace.startsWith('$')) return "starts with $: such topics are the server's own";
  if (isSensorThingsTopic(namespace)) return 'starts with v1.1: those topics belong to SensorThings';
  return undefined;
}

function holds(buffer: Buffer, at: number, expected: Buffer): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (buffer[at + index] !== expected[index]) return false;
  }
  return true;
}
