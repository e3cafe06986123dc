import { AlertList, AlertWithTransitions, type AlertState, type RuleDraft } from '@belfry/contract';
import { getAs, getObject, gaugeDatastream, postEntity, type StoredReading } from './api.ts';

/** What the crash test holds the server against: its own memory of readings, and a second, plain judgement of the alerts. */

export interface Reading {
  readonly datastreamId: number;
  /** phenomenonTime, milliseconds since 1970. */
  readonly time: number;
  readonly value: number;
}

export interface Step {
  readonly datastreamId: number;
  readonly observationId: number;
  readonly to: AlertState;
}

const raise = 80;
const clear = 60;
const forSeconds = 3;
const stepMillis = 1_000;
const begin = Date.UTC(2026, 0, 1);

/** Values go up and down so that the rule rises and clears about every forty readings, not at the same time everywhere. */
function valueOf(datastreamId: number, count: number): number {
  return Math.round((50 + 50 * Math.sin((count + datastreamId * 7) / 6)) * 10) / 10;
}

export class Reference {
  acknowledged = 0;
  readonly #counts = new Map<number, number>();
  readonly #acknowledged = new Map<number, number[]>();
  #turn = 0;

  /** The next reading of one of these Datastreams, in turn. Each has a phenomenonTime of its own. */
  next(datastreamIds: readonly number[]): Reading {
    this.#turn += 1;
    const datastreamId = datastreamIds[this.#turn % datastreamIds.length] ?? 0;
    const count = this.#counts.get(datastreamId) ?? 0;
    this.#counts.set(datastreamId, count + 1);
    return { datastreamId, time: begin + count * stepMillis, value: valueOf(datastreamId, count) };
  }

  acknowledge(reading: Reading): void {
    this.acknowledged += 1;
    const times = this.#acknowledged.get(reading.datastreamId) ?? [];
    times.push(reading.time);
    this.#acknowledged.set(reading.datastreamId, times);
  }

  acknowledgedTimes(datastreamId: number): readonly number[] {
    return this.#acknowledged.get(datastreamId) ?? [];
  }

  valueAt(datastreamId: number, time: number): number {
    return valueOf(datastreamId, (time - begin) / stepMillis);
  }

  /** Every transition that the server tells of. */
  async steps(httpUrl: string): Promise<Step[]> {
    const steps: Step[] = [];
    let next: string | undefined = '/alerts?limit=500';
    while (next !== undefined) {
      const list: AlertList = await getAs(AlertList, new URL(next, httpUrl).href);
      for (const { id } of list.value) {
        const alert = await getAs(AlertWithTransitions, `${httpUrl}/alerts/${id}`);
        for (const transition of alert.transitions) {
          steps.push({ datastreamId: alert.datastreamId, observationId: transition.observationId, to: transition.to });
        }
      }
      next = list.next;
    }
    return steps;
  }
}

/** The rule's definition, written down a second time as plainly as can be, over the stored readings in the order they came. */
export function expectedSteps(datastreamId: number, observations: readonly StoredReading[]): Step[] {
  const steps: Step[] = [];
  let state: 'normal' | 'pending' | 'active' = 'normal';
  let since = 0;
  let newest = Number.NEGATIVE_INFINITY;
  for (const { id, time, result } of observations.toSorted((a, b) => a.id - b.id)) {
    const value = Number(result);
    if (time < newest) continue;
    newest = time;
    const step = (to: AlertState): unknown => steps.push({ datastreamId, observationId: id, to });
    if (state === 'normal' && value >= raise) {
      state = 'pending';
      since = time;
      step('pending');
    } else if (state !== 'normal' && value < clear) {
      state = 'normal';
      step('resolved');
    } else if (state === 'pending' && time >= since + forSeconds * 1000) {
      state = 'active';
      step('active');
    }
  }
  return steps;
}

/** Registers one Thing with so many Datastreams of one ObservedProperty and a rule on it; gives the ids of the Datastreams. */
export async function registerGauges(httpUrl: string, count: number): Promise<number[]> {
  const first = await postEntity(`${httpUrl}/v1.1/Datastreams`, gaugeDatastream());
  const links = {
    Thing: await linkOf(httpUrl, first, 'Thing'),
    Sensor: await linkOf(httpUrl, first, 'Sensor'),
    ObservedProperty: await linkOf(httpUrl, first, 'ObservedProperty'),
  };
  const ids = [first];
  for (let index = 1; index < count; index += 1) {
    ids.push(
      await postEntity(`${httpUrl}/v1.1/Datastreams`, gaugeDatastream({ ...links, name: `Water level ${index}` })),
    );
  }
  const rule: RuleDraft = {
    name: 'High water',
    event: 'Flood',
    category: 'Met',
    severity: 'Severe',
    binding: { observedPropertyDefinition: 'https://example.org/water-level' },
    direction: 'above',
    raise,
    clear,
    forSeconds,
  };
  await postEntity(`${httpUrl}/rules`, rule);
  return ids;
}

async function linkOf(httpUrl: string, datastreamId: number, relation: string): Promise<object> {
  const entity = await getObject(`${httpUrl}/v1.1/Datastreams(${datastreamId})/${relation}`);
  return { '@iot.id': entity['@iot.id'] };
}
