import { faults, type Fault } from './fault.ts';
import { type carrier, PropertyNotes, walkProperties } from './properties.ts';
import { isMqttString } from './utf8.ts';

/**
 * Reads the fields of a packet that is not on the hot path, one after the other. The first fault stays; after it, every
 * read gives an empty value, so that the caller looks at `fault` once, at the end.
 */
export class PacketReader {
  fault: Fault | null = null;
  at: number;
  readonly buffer: Buffer;
  readonly end: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.buffer = buffer;
    this.at = start;
    this.end = end;
  }

  get done(): boolean {
    return this.fault !== null || this.at >= this.end;
  }

  byte(): number {
    return this.#has(1) ? (this.buffer[this.at++] ?? 0) : 0;
  }

  two(): number {
    if (!this.#has(2)) return 0;
    const value = this.buffer.readUInt16BE(this.at);
    this.at += 2;
    return value;
  }

  /** A UTF-8 Encoded String (1.5.4). */
  string(): string {
    const bytes = this.#prefixed();
    if (isMqttString(bytes, 0, bytes.length)) return bytes.toString('utf8');
    this.fault ??= faults.badUtf8;
    return '';
  }

  /** Binary Data (1.5.6), copied. */
  binary(): Buffer {
    return Buffer.from(this.#prefixed());
  }

  /** A Packet Identifier, which is never 0 [MQTT-2.2.1-3]. */
  packetId(): number {
    const id = this.two();
    if (id === 0) this.fault ??= faults.packetIdZero;
    return id;
  }

  properties(packet: (typeof carrier)[keyof typeof carrier], userPropertiesMax: number): PropertyNotes {
    const notes = new PropertyNotes();
    if (this.fault !== null) return notes;
    this.fault = walkProperties(notes, this.buffer, this.at, this.end, packet, userPropertiesMax);
    this.at = notes.end;
    return notes;
  }

  #prefixed(): Buffer {
    const length = this.two();
    if (!this.#has(length)) return this.buffer.subarray(0, 0);
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }

  #has(bytes: number): boolean {
    if (this.fault === null && this.at + bytes > this.end) this.fault = faults.truncated;
    return this.fault === null;
  }
}
