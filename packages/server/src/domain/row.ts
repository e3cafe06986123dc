import { resultKinds, type Observation, type ResultKind } from './observation.ts';

/**
 * An Observation as one row of ClickHouse's RowBinary, little-endian: the form that the log keeps and the store takes over
 * without encoding it again. The fixed part stands first, so that a consumer reads ids, time and number at known offsets.
 * The columns below and their order are the store's schema and never change; a new column is a new record kind.
 */
export const rowColumns = [
  ['id', 'UInt64'],
  ['datastream', 'UInt64'],
  ['feature_of_interest', 'UInt64'],
  ['phenomenon_start', "DateTime64(3, 'UTC')"],
  ['phenomenon_end', "DateTime64(3, 'UTC')"],
  ['result_kind', 'UInt8'],
  ['result_number', 'Float64'],
  ['version', 'UInt64'],
  ['deleted', 'UInt8'],
  ['result_time', "Nullable(DateTime64(3, 'UTC'))"],
  ['valid_start', "Nullable(DateTime64(3, 'UTC'))"],
  ['valid_end', "Nullable(DateTime64(3, 'UTC'))"],
  ['result_text', 'String'],
  ['result_quality', 'String'],
  ['parameters', 'String'],
] as const;

const at = {
  id: 0,
  datastream: 8,
  featureOfInterest: 16,
  phenomenonStart: 24,
  phenomenonEnd: 32,
  resultKind: 40,
  resultNumber: 41,
  version: 49,
  deleted: 57,
  tail: 58,
} as const;

/** Bytes of a row without texts and nullable times. */
export const rowBytesMin = 64;

/** Of the LEB128 number before a text: enough for 2^35, far above limits.rowBytesMax. */
const textLengthBytesMax = 5;

/** Bytes that a row may need at most, for a caller that must make room first. */
export function rowBytesBound(observation: Observation): number {
  const characters = observation.resultText.length + observation.resultQuality.length + observation.parameters.length;
  return rowBytesMin + 24 + 3 * textLengthBytesMax + characters * 3;
}

/** Writes one row at `offset` and returns the offset behind it. The buffer must have rowBytesBound left. */
export function writeRow(buffer: Buffer, offset: number, observation: Observation): number {
  writeUint64(buffer, offset + at.id, observation.id);
  writeUint64(buffer, offset + at.datastream, observation.datastreamId);
  writeUint64(buffer, offset + at.featureOfInterest, observation.featureOfInterestId);
  writeInt64(buffer, offset + at.phenomenonStart, observation.phenomenonStart);
  writeInt64(buffer, offset + at.phenomenonEnd, observation.phenomenonEnd);
  buffer[offset + at.resultKind] = observation.resultKind;
  buffer.writeDoubleLE(observation.resultNumber, offset + at.resultNumber);
  writeUint64(buffer, offset + at.version, observation.version);
  buffer[offset + at.deleted] = observation.deleted ? 1 : 0;
  let end = writeNullableTime(buffer, offset + at.tail, observation.resultTime);
  end = writeNullableTime(buffer, end, observation.validStart);
  end = writeNullableTime(buffer, end, observation.validEnd);
  end = writeText(buffer, end, observation.resultText);
  end = writeText(buffer, end, observation.resultQuality);
  return writeText(buffer, end, observation.parameters);
}

/**
 * Walks over the rows of a frame without making an object for each. Fields that a hot consumer needs are numbers on the
 * cursor; `observation()` makes the whole object for those who need it.
 */
export class RowCursor {
  #buffer: Buffer;
  #next: number;
  readonly #end: number;
  #start = 0;

  constructor(payload: Buffer) {
    this.#buffer = payload;
    this.#next = 0;
    this.#end = payload.length;
  }

  /** Moves to the next row; false behind the last. Throws a RangeError where the payload ends inside a row. */
  advance(): boolean {
    if (this.#next >= this.#end) return false;
    this.#start = this.#next;
    let offset = this.#start + at.tail;
    for (let times = 0; times < 3; times += 1) offset += this.#byte(offset) === 1 ? 1 : 9;
    for (let texts = 0; texts < 3; texts += 1) offset = this.#behindText(offset);
    if (offset > this.#end) throw new RangeError(`row at byte ${this.#start} is cut off`);
    this.#next = offset;
    return true;
  }

  get id(): number {
    return readUint64(this.#buffer, this.#start + at.id);
  }

  get datastreamId(): number {
    return readUint64(this.#buffer, this.#start + at.datastream);
  }

  get phenomenonStart(): number {
    return readInt64(this.#buffer, this.#start + at.phenomenonStart);
  }

  get phenomenonEnd(): number {
    return readInt64(this.#buffer, this.#start + at.phenomenonEnd);
  }

  get resultKind(): ResultKind {
    return toResultKind(this.#byte(this.#start + at.resultKind));
  }

  get resultNumber(): number {
    return this.#buffer.readDoubleLE(this.#start + at.resultNumber);
  }

  get version(): number {
    return readUint64(this.#buffer, this.#start + at.version);
  }

  get deleted(): boolean {
    return this.#byte(this.#start + at.deleted) === 1;
  }

  /** True where resultTime is not null. */
  get hasResultTime(): boolean {
    return this.#byte(this.#start + at.tail) === 0;
  }

  /** Offsets of the current row within the payload: from its first byte to behind its last. */
  get rowStart(): number {
    return this.#start;
  }

  get rowEnd(): number {
    return this.#next;
  }

  observation(): Observation {
    const buffer = this.#buffer;
    let offset = this.#start + at.tail;
    const times: (number | null)[] = [];
    for (let index = 0; index < 3; index += 1) {
      const isNull = this.#byte(offset) === 1;
      times.push(isNull ? null : readInt64(buffer, offset + 1));
      offset += isNull ? 1 : 9;
    }
    const texts: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const end = this.#behindText(offset);
      texts.push(buffer.toString('utf8', end - this.#textLength(offset), end));
      offset = end;
    }
    return {
      id: this.id,
      datastreamId: this.datastreamId,
      featureOfInterestId: readUint64(buffer, this.#start + at.featureOfInterest),
      phenomenonStart: this.phenomenonStart,
      phenomenonEnd: this.phenomenonEnd,
      resultKind: this.resultKind,
      resultNumber: this.resultNumber,
      resultText: texts[0] ?? '',
      resultTime: times[0] ?? null,
      validStart: times[1] ?? null,
      validEnd: times[2] ?? null,
      resultQuality: texts[1] ?? '',
      parameters: texts[2] ?? '',
      version: this.version,
      deleted: this.deleted,
    };
  }

  #byte(offset: number): number {
    const byte = this.#buffer[offset];
    if (byte === undefined) throw new RangeError(`row at byte ${this.#start} is cut off`);
    return byte;
  }

  #textLength(offset: number): number {
    let length = 0;
    let scale = 1;
    for (let index = offset; index < offset + textLengthBytesMax; index += 1) {
      const byte = this.#byte(index);
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) return length;
      scale *= 128;
    }
    throw new RangeError(
      `row at byte ${this.#start} has a text whose length takes more than ${textLengthBytesMax} bytes`,
    );
  }

  #behindText(offset: number): number {
    const first = this.#byte(offset);
    if (first < 0x80) return offset + 1 + first;
    const length = this.#textLength(offset);
    let end = offset;
    while (this.#byte(end) >= 0x80) end += 1;
    return end + 1 + length;
  }
}

function toResultKind(value: number): ResultKind {
  switch (value) {
    case resultKinds.null:
    case resultKinds.number:
    case resultKinds.boolean:
    case resultKinds.string:
    case resultKinds.json:
      return value;
    default:
      throw new RangeError(`no result kind ${value}`);
  }
}

function writeUint64(buffer: Buffer, offset: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296);
  buffer.writeUInt32LE(value - high * 4_294_967_296, offset);
  buffer.writeUInt32LE(high, offset + 4);
}

/** Two's complement of a safe integer, without BigInt, which would make an object a value. */
function writeInt64(buffer: Buffer, offset: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296);
  buffer.writeUInt32LE(value - high * 4_294_967_296, offset);
  buffer.writeInt32LE(high, offset + 4);
}

function readUint64(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset + 4) * 4_294_967_296 + buffer.readUInt32LE(offset);
}

function readInt64(buffer: Buffer, offset: number): number {
  return buffer.readInt32LE(offset + 4) * 4_294_967_296 + buffer.readUInt32LE(offset);
}

function writeNullableTime(buffer: Buffer, offset: number, time: number | null): number {
  if (time === null) {
    buffer[offset] = 1;
    return offset + 1;
  }
  buffer[offset] = 0;
  writeInt64(buffer, offset + 1, time);
  return offset + 9;
}

function writeText(buffer: Buffer, offset: number, text: string): number {
  if (text === '') {
    buffer[offset] = 0;
    return offset + 1;
  }
  const bytes = Buffer.byteLength(text);
  let end = offset;
  let rest = bytes;
  while (rest >= 0x80) {
    buffer[end] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
    end += 1;
  }
  buffer[end] = rest;
  return end + 1 + buffer.write(text, end + 1, bytes, 'utf8');
}
