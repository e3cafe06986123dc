import { errorCodes, type RefusalRecord } from '@belfry/contract';
import { BoundedRing, limits, type Clock, type Refusal } from '../kernel/mod.ts';
import type { Source } from './admission.ts';

type Protocol = Source['protocol'];

/** What came in and what was refused, as GET /ingest shows it: totals, the last 300 seconds, and the newest refusals. */
export interface IngestCounts {
  readonly accepted: Readonly<Record<Protocol, number>>;
  readonly refused: Readonly<Record<Protocol, number>>;
  readonly refusedByCode: Readonly<Record<string, number>>;
}

const seconds = 300;

export class IngestRecord implements IngestCounts {
  readonly accepted: Record<Protocol, number> = { mqtt: 0, http: 0 };
  readonly refused: Record<Protocol, number> = { mqtt: 0, http: 0 };
  readonly refusedByCode: Record<string, number> = {};
  readonly #clock: Clock;
  readonly #all = new BoundedRing<RefusalRecord>(limits.refusalsKeptMax);
  readonly #byThing = new Map<number, BoundedRing<RefusalRecord>>();
  readonly #acceptedPerSecond = new Int32Array(seconds);
  readonly #refusedPerSecond = new Int32Array(seconds);
  /** Second since 1970 of the newest entry. */
  #second: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#second = Math.floor(clock.now() / 1000);
  }

  /** @param now milliseconds since 1970, read once a message by the caller */
  accept(protocol: Protocol, now: number): void {
    this.accepted[protocol] += 1;
    const slot = this.#slot(now);
    this.#acceptedPerSecond[slot] = (this.#acceptedPerSecond[slot] ?? 0) + 1;
  }

  refuse(source: Source, refusal: Refusal, datastreamId: number | null, thingId: number | null): void {
    const now = this.#clock.now();
    this.refused[source.protocol] += 1;
    this.refusedByCode[refusal.code] = (this.refusedByCode[refusal.code] ?? 0) + 1;
    const slot = this.#slot(now);
    this.#refusedPerSecond[slot] = (this.#refusedPerSecond[slot] ?? 0) + 1;
    const record: RefusalRecord = {
      time: new Date(now).toISOString(),
      protocol: source.protocol,
      source: source.name,
      code: refusal.code,
      detail: refusal.detail,
      remedy: errorCodes[refusal.code].remedy,
      datastreamId,
      thingId,
    };
    this.#all.push(record);
    if (thingId !== null) this.#ringOf(thingId)?.push(record);
  }

  /** Newest first; of one Thing, or of all. */
  refusals(thingId?: number): readonly RefusalRecord[] {
    if (thingId === undefined) return this.#all.newestFirst();
    return this.#byThing.get(thingId)?.newestFirst() ?? [];
  }

  /** The last 300 whole seconds, oldest first; `end` is the start of the newest in milliseconds since 1970. */
  perSecond(): { readonly end: number; readonly accepted: number[]; readonly refused: number[] } {
    this.#slot(this.#clock.now());
    const newest = this.#second - 1;
    const accepted: number[] = [];
    const refused: number[] = [];
    for (let second = newest - seconds + 2; second <= newest; second += 1) {
      accepted.push(this.#acceptedPerSecond[second % seconds] ?? 0);
      refused.push(this.#refusedPerSecond[second % seconds] ?? 0);
    }
    return { end: newest * 1000, accepted, refused };
  }

  /** A few Things with much trouble must not hold memory without bound: the oldest makes room. */
  #ringOf(thingId: number): BoundedRing<RefusalRecord> | undefined {
    let ring = this.#byThing.get(thingId);
    if (ring === undefined) {
      if (this.#byThing.size >= limits.refusalThingsMax) {
        const oldest = this.#byThing.keys().next().value;
        if (oldest !== undefined) this.#byThing.delete(oldest);
      }
      ring = new BoundedRing(limits.refusalsKeptMax);
      this.#byThing.set(thingId, ring);
    }
    return ring;
  }

  /** The slot of the second of `now`, with the seconds since the last call emptied. A clock that goes back stays in the newest. */
  #slot(now: number): number {
    const second = Math.floor(now / 1000);
    if (second > this.#second) {
      const from = Math.max(this.#second + 1, second - seconds + 1);
      for (let index = from; index <= second; index += 1) {
        this.#acceptedPerSecond[index % seconds] = 0;
        this.#refusedPerSecond[index % seconds] = 0;
      }
      this.#second = second;
    }
    return this.#second % seconds;
  }
}
