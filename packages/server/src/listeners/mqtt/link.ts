import type { Fault } from './wire/fault.ts';

/** Why a connection is not read from. */
export const hold = { authenticating: 1, submitting: 2, acksFull: 4, slowReader: 8, pressed: 16, closing: 32 } as const;
export type Hold = (typeof hold)[keyof typeof hold];

/** What a session needs of the connection below it. */
export interface Link {
  /** Sends bytes, together with what else is sent in this turn of the event loop. They must not change afterwards. */
  write(bytes: Buffer): void;
  /** Bytes that the peer has not taken yet. */
  readonly waitingBytes: number;
  /** Stops reading until every hold is let go. */
  hold(why: Hold): void;
  letGo(why: Hold): void;
  /** Ends the connection: DISCONNECT with the reason in MQTT 5, nothing in 3.1.1. */
  close(fault: Fault): void;
}
