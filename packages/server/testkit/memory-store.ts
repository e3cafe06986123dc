import { RowCursor, recordKinds, type Observation } from '../src/domain/mod.ts';
import type { Log, LogReader } from '../src/log/mod.ts';
import type { Bucket, Extent, Newest, ObservationQuery, ObservationStore } from '../src/store/mod.ts';

/** The port of the observation store in memory: reads what is durable in the log at each question. For tests only, so unbounded. */
export class MemoryStore implements ObservationStore {
  readonly #reader: LogReader;
  readonly #byId = new Map<number, Observation>();
  readonly trouble: null = null;

  constructor(log: Log) {
    this.#reader = log.reader(1);
  }

  get position(): number {
    return this.#reader.position;
  }

  async observation(id: number): Promise<Observation | undefined> {
    await this.#read();
    return this.#byId.get(id);
  }

  async observations(query: ObservationQuery): Promise<readonly Observation[]> {
    const direction = query.descending ? -1 : 1;
    const found = await this.#matching(query);
    found.sort((a, b) => direction * (keyOf(a, query) - keyOf(b, query) || a.id - b.id));
    return found.slice(query.skip, query.skip + query.top);
  }

  async count(query: Pick<ObservationQuery, 'datastreamIds' | 'featureOfInterestId'>): Promise<number> {
    return (await this.#matching(query)).length;
  }

  newest(datastreamId: number): Newest | undefined {
    const newest = this.#of(datastreamId).sort((a, b) => b.phenomenonStart - a.phenomenonStart)[0];
    return newest && { observationId: newest.id, time: newest.phenomenonStart, value: newest.resultNumber };
  }

  extent(datastreamId: number): Extent | undefined {
    let extent: Extent | undefined;
    for (const { phenomenonStart, phenomenonEnd, resultTime } of this.#of(datastreamId)) {
      extent = {
        phenomenonStart: Math.min(extent?.phenomenonStart ?? phenomenonStart, phenomenonStart),
        phenomenonEnd: Math.max(extent?.phenomenonEnd ?? phenomenonEnd, phenomenonEnd),
        resultStart:
          resultTime === null ? (extent?.resultStart ?? null) : Math.min(extent?.resultStart ?? resultTime, resultTime),
        resultEnd:
          resultTime === null ? (extent?.resultEnd ?? null) : Math.max(extent?.resultEnd ?? resultTime, resultTime),
      };
    }
    return extent;
  }

  async series(): Promise<readonly Bucket[]> {
    return [];
  }

  async caughtUp(): Promise<void> {
    await this.#read();
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  #of(datastreamId: number): Observation[] {
    return [...this.#byId.values()].filter((observation) => observation.datastreamId === datastreamId);
  }

  async #matching(query: Pick<ObservationQuery, 'datastreamIds' | 'featureOfInterestId'>): Promise<Observation[]> {
    await this.#read();
    const { datastreamIds = [], featureOfInterestId } = query;
    return [...this.#byId.values()].filter(
      (observation) =>
        (datastreamIds.length === 0 || datastreamIds.includes(observation.datastreamId)) &&
        (featureOfInterestId === undefined || observation.featureOfInterestId === featureOfInterestId),
    );
  }

  async #read(): Promise<void> {
    for (const frame of await this.#reader.readAvailable()) {
      if (frame.kind === recordKinds.observations) {
        const cursor = new RowCursor(frame.payload);
        while (cursor.advance()) this.#apply(cursor.observation());
      } else if (frame.kind === recordKinds.removals) {
        for (const line of frame.payload.toString().split('\n')) if (line !== '') this.#remove(line);
      }
    }
  }

  #apply(observation: Observation): void {
    if (observation.deleted) this.#byId.delete(observation.id);
    else this.#byId.set(observation.id, observation);
  }

  #remove(line: string): void {
    for (const [id, { datastreamId, featureOfInterestId }] of this.#byId) {
      if (holds(line, 'datastreamIds', datastreamId) || holds(line, 'featureOfInterestIds', featureOfInterestId)) {
        this.#byId.delete(id);
      }
    }
  }
}

function keyOf(observation: Observation, query: ObservationQuery): number {
  switch (query.orderBy) {
    case 'id':
      return observation.id;
    case 'phenomenonTime':
      return observation.phenomenonStart;
    case 'resultTime':
      return observation.resultTime ?? Number.NEGATIVE_INFINITY;
  }
}

function holds(line: string, key: string, id: number): boolean {
  const removal: unknown = JSON.parse(line);
  const ids: unknown = typeof removal === 'object' && removal !== null ? Reflect.get(removal, key) : undefined;
  return Array.isArray(ids) && ids.includes(id);
}
