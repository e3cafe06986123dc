/**
 * The state of one rule on one Datastream, and the decision about one reading. Pure: no clock, no IO, numbers only, so that the
 * same readings in the same order give the same steps after a crash, and a reading costs no object.
 *
 * normal → pending (the condition began) → active (it held for `forMillis` in event time) → normal. A condition that began
 * holds until a value clears it: readings between clear and raise keep it going (hysteresis), also while pending.
 * Event time is the start of phenomenonTime.
 */
export const phases = { normal: 0, pending: 1, active: 2 } as const;
export type Phase = (typeof phases)[keyof typeof phases];

/** What a reading did. `late`: it lies before the newest judged reading, and nothing was judged. */
export const steps = { none: 0, pending: 1, active: 2, resolved: 3, late: 4 } as const;
export type Step = (typeof steps)[keyof typeof steps];

export interface Thresholds {
  readonly direction: 'above' | 'below';
  readonly raise: number;
  readonly clear: number;
  readonly forSeconds: number;
}

/** What must survive a crash. Times in milliseconds since 1970. */
export interface EvaluatorState {
  readonly phase: Phase;
  /** Event time at which the condition began; 0 while normal. */
  readonly since: number;
  /** Observation with which the condition began; 0 while normal. */
  readonly openedBy: number;
  /** Event time and value of the newest judged reading. */
  readonly newest: number;
  readonly value: number;
}

export class Evaluator {
  readonly ruleId: number;
  readonly datastreamId: number;
  phase: Phase = phases.normal;
  since = 0;
  openedBy = 0;
  newest = Number.NEGATIVE_INFINITY;
  value = 0;
  /** True while it differs from what was saved. */
  dirty = false;
  #sign = 1;
  #raise = 0;
  #clear = 0;
  #forMillis = 0;

  constructor(ruleId: number, datastreamId: number, thresholds: Thresholds) {
    this.ruleId = ruleId;
    this.datastreamId = datastreamId;
    this.setThresholds(thresholds);
  }

  /** A new version of the rule: the phase stays, the next reading is judged by the new numbers. */
  setThresholds({ direction, raise, clear, forSeconds }: Thresholds): void {
    this.#sign = direction === 'above' ? 1 : -1;
    this.#raise = raise * this.#sign;
    this.#clear = clear * this.#sign;
    this.#forMillis = forSeconds * 1000;
  }

  restore({ phase, since, openedBy, newest, value }: EvaluatorState): void {
    this.phase = phase;
    this.since = since;
    this.openedBy = openedBy;
    this.newest = newest;
    this.value = value;
  }

  judge(observationId: number, time: number, value: number): Step {
    if (time < this.newest) return steps.late;
    this.newest = time;
    this.value = value;
    const signed = value * this.#sign;
    if (this.phase === phases.normal) {
      if (signed < this.#raise) return steps.none;
      this.since = time;
      this.openedBy = observationId;
      return this.#enter(this.#forMillis === 0 ? phases.active : phases.pending);
    }
    if (signed < this.#clear) return this.#enter(phases.normal);
    if (this.phase === phases.pending && time >= this.since + this.#forMillis) return this.#enter(phases.active);
    return steps.none;
  }

  #enter(phase: Phase): Step {
    this.phase = phase;
    switch (phase) {
      case phases.normal:
        return steps.resolved;
      case phases.pending:
        return steps.pending;
      case phases.active:
        return steps.active;
    }
  }
}
