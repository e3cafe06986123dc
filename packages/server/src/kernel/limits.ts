import { assert } from './errors.ts';

/** Every bound of the server that is not a setting, in one place. Bytes, milliseconds or counts as the name ends. */
export const limits = {
  /** One MQTT packet or HTTP body of a single Observation. */
  messageBytesMax: 1_048_576,
  /** One HTTP body of CreateObservations or a deep insert. */
  bodyBytesMax: 16_777_216,
  /** Bytes that an MQTT connection may send before its CONNECT is complete. */
  connectBytesMax: 65_536,
  /** Milliseconds from the opening of a connection to a complete CONNECT. */
  connectMillisMax: 10_000,
  /** Text of a result, or the JSON of a structured one. */
  resultBytesMax: 65_536,
  /** JSON of parameters or resultQuality. */
  parametersBytesMax: 16_384,
  /** Arrays and objects within each other. */
  jsonDepthMax: 64,
  /** One row of an Observation in the log: result, parameters, quality and the fixed part. */
  rowBytesMax: 131_072,
  /** One frame of the log. */
  frameBytesMax: 4_194_304,
  /** A log segment is closed when it is at least this long. */
  segmentBytesMax: 134_217_728,
  /** Bytes that wait for the disk before appends are refused. */
  logPendingBytesMax: 67_108_864,
  /** Bytes that a reader takes from the log at a time. */
  readBytesMax: 8_388_608,
  /** Records that the slowest consumer may be behind before listeners stop reading. */
  consumerLagMax: 2_000_000,
  /** How far ahead of the server's clock a phenomenonTime may lie. */
  futureMillisMax: 86_400_000,
  /** Answers of live events that may be open at once. */
  liveStreamsMax: 1_000,
  /** Bytes that may wait for a reader of live events. */
  liveBufferBytesMax: 4_194_304,
  /** Refusals that are kept for one Thing, and without a known Thing. */
  refusalsKeptMax: 200,
  /** Things whose refusals are kept. */
  refusalThingsMax: 1_000,
} as const;

assert(limits.rowBytesMax < limits.frameBytesMax, 'a row must fit into a frame');
assert(limits.frameBytesMax <= limits.readBytesMax, 'a reader must be able to take a whole frame');
assert(limits.frameBytesMax < limits.segmentBytesMax, 'a frame must fit into a segment');
assert(
  limits.resultBytesMax + 2 * limits.parametersBytesMax < limits.rowBytesMax,
  'the largest result and parameters must fit into a row',
);
