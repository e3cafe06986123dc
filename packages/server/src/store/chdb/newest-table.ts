import { resultKinds, type RowCursor } from '../../domain/mod.ts';
import type { Extent, Newest } from '../observation-store.ts';

interface Entry {
  observationId: number;
  time: number;
  value: number | null;
  text: string;
  start: number;
  end: number;
  resultStart: number | null;
  resultEnd: number | null;
}

/** Newest value and extent of every Datastream, in memory: fed with each row on its way into the store, loaded once at start. */
export class NewestTable {
  readonly #entries = new Map<number, Entry>();

  take(row: RowCursor): void {
    const datastreamId = row.datastreamId;
    const start = row.phenomenonStart;
    const end = row.phenomenonEnd;
    let entry = this.#entries.get(datastreamId);
    if (entry === undefined) {
      entry = {
        observationId: 0,
        time: Number.NEGATIVE_INFINITY,
        value: null,
        text: '',
        start,
        end,
        resultStart: null,
        resultEnd: null,
      };
      this.#entries.set(datastreamId, entry);
    }
    if (start < entry.start) entry.start = start;
    if (end > entry.end) entry.end = end;
    if (row.hasResultTime) {
      const resultTime = row.observation().resultTime ?? start;
      if (entry.resultStart === null || resultTime < entry.resultStart) entry.resultStart = resultTime;
      if (entry.resultEnd === null || resultTime > entry.resultEnd) entry.resultEnd = resultTime;
    }
    if (start < entry.time) return;
    entry.observationId = row.id;
    entry.time = start;
    if (row.resultKind === resultKinds.number) {
      entry.value = row.resultNumber;
      entry.text = '';
    } else {
      entry.value = null;
      entry.text = shortText(row);
    }
  }

  forget(datastreamId: number): void {
    this.#entries.delete(datastreamId);
  }

  newest(datastreamId: number): Newest | undefined {
    const entry = this.#entries.get(datastreamId);
    if (entry === undefined) return undefined;
    const { observationId, time, value, text } = entry;
    return value === null ? { observationId, time, value, text } : { observationId, time, value };
  }

  extent(datastreamId: number): Extent | undefined {
    const entry = this.#entries.get(datastreamId);
    if (entry === undefined) return undefined;
    return {
      phenomenonStart: entry.start,
      phenomenonEnd: entry.end,
      resultStart: entry.resultStart,
      resultEnd: entry.resultEnd,
    };
  }

  /** What a Datastream's aggregate over the whole table gave: the newest row, and the ends that it does not show. */
  load(row: RowCursor, extent: Extent): void {
    this.take(row);
    const entry = this.#entries.get(row.datastreamId);
    if (entry === undefined) return;
    entry.start = extent.phenomenonStart;
    entry.end = extent.phenomenonEnd;
    entry.resultStart = extent.resultStart;
    entry.resultEnd = extent.resultEnd;
  }
}

/** A result that is not a number, as a list shows it. */
function shortText(row: RowCursor): string {
  const observation = row.observation();
  switch (observation.resultKind) {
    case resultKinds.null:
      return 'null';
    case resultKinds.number:
      return String(observation.resultNumber);
    case resultKinds.boolean:
      return observation.resultNumber === 1 ? 'true' : 'false';
    case resultKinds.string:
    case resultKinds.json:
      return observation.resultText.slice(0, 200);
  }
}
