import type { LiveObservation } from '@belfry/contract';
import { resultKinds, type RowCursor } from '../domain/mod.ts';

interface Slot {
  readonly datastreamId: number;
  observationId: number;
  time: number;
  kind: number;
  value: number;
  text: string;
  /** Readings since the last round. */
  count: number;
}

/** The newest reading of each Datastream since the last round, and how many came. Numbers in place: no object a reading. */
export class NewestTable {
  readonly #slots = new Map<number, Slot>();
  readonly #touched: Slot[] = [];

  /** Takes the reading that the cursor stands on. Of two, the one with the later phenomenonTime is the newest. */
  take(cursor: RowCursor): void {
    const slot = this.#slotOf(cursor.datastreamId);
    const time = cursor.phenomenonStart;
    if (slot.count === 0) this.#touched.push(slot);
    else if (time < slot.time) {
      slot.count += 1;
      return;
    }
    slot.count += 1;
    slot.observationId = cursor.id;
    slot.time = time;
    slot.kind = cursor.resultKind;
    slot.value = cursor.resultNumber;
    // Only what is no number needs its text, which is an object.
    slot.text =
      slot.kind === resultKinds.string || slot.kind === resultKinds.json ? cursor.observation().resultText : '';
  }

  /**
   * What came for the chosen Datastreams, at most `max`, and how many readings of theirs stand behind it or were left out.
   * The round is left as it is for the next subscriber.
   */
  collect(chosen: (datastreamId: number) => boolean, max: number): { value: LiveObservation[]; dropped: number } {
    const value: LiveObservation[] = [];
    let dropped = 0;
    for (const slot of this.#touched) {
      if (!chosen(slot.datastreamId)) continue;
      if (value.length < max) {
        value.push(observationOf(slot));
        dropped += slot.count - 1;
      } else dropped += slot.count;
    }
    return { value, dropped };
  }

  /** Ends the round. */
  next(): void {
    for (const slot of this.#touched) slot.count = 0;
    this.#touched.length = 0;
  }

  clear(): void {
    this.#slots.clear();
    this.#touched.length = 0;
  }

  #slotOf(datastreamId: number): Slot {
    const known = this.#slots.get(datastreamId);
    if (known !== undefined) return known;
    const slot = { datastreamId, observationId: 0, time: 0, kind: 0, value: 0, text: '', count: 0 };
    this.#slots.set(datastreamId, slot);
    return slot;
  }
}

function observationOf({ datastreamId, observationId, time, kind, value, text }: Slot): LiveObservation {
  const about = { datastreamId, observationId, time };
  switch (kind) {
    case resultKinds.number:
      return { ...about, value };
    case resultKinds.boolean:
      return { ...about, value, text: value === 1 ? 'true' : 'false' };
    case resultKinds.null:
      return { ...about, value: null };
    default:
      return { ...about, value: null, text: text.slice(0, 1_000) };
  }
}
