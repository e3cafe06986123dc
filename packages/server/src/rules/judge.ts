import type { Rule } from '@belfry/contract';
import { recordKinds, resultKinds, RowCursor, type RuleChange, type TransitionRecord } from '../domain/mod.ts';
import type { Frame } from '../log/mod.ts';
import type { Registry } from '../registry/mod.ts';
import { phases, steps, type Evaluator, type Step } from './evaluator.ts';
import { linesOf, parseRuleChange, parseTransition, ruleOf } from './records.ts';
import type { RuleSave } from './rule-store.ts';
import { isOpen, RuleTable } from './rule-table.ts';

/**
 * Applies frames of the log to the rules, in order and without waiting. What comes of it stands in `outbox` until the caller has
 * appended it, and in `unsaved` until the caller has saved it.
 */
export class Judge {
  readonly table: RuleTable;
  /** Transitions that are to be appended to the log, in order. */
  readonly outbox: TransitionRecord[] = [];
  /** Readings that were judged, and those that came too late to be, since the start. */
  judged = 0;
  late = 0;
  readonly #dirty: Evaluator[] = [];
  readonly #changedRules = new Map<number, Rule | null>();
  readonly #dropped: Evaluator[] = [];

  constructor(registry: Pick<Registry, 'datastream' | 'revision'>) {
    this.table = new RuleTable(registry);
  }

  /** Handles the records of a frame from sequence `from` on; those before it were handled earlier. */
  frame(frame: Frame, from: number): void {
    this.table.refresh();
    switch (frame.kind) {
      case recordKinds.observations:
        if (this.table.size > 0) this.#observations(frame, from);
        return;
      case recordKinds.rules:
        for (const line of linesOf(frame.payload).slice(Math.max(0, from - frame.sequence))) {
          this.#rule(parseRuleChange(line));
        }
        return;
      case recordKinds.transitions:
        for (const line of linesOf(frame.payload)) this.#ownTransition(parseTransition(line));
        return;
    }
  }

  /** Resolves alerts whose Datastream is gone or observes something else now. */
  sweep(): void {
    this.table.refresh();
    for (const evaluator of this.table.unbound()) this.#close(evaluator, evaluator.openedBy);
  }

  get hasUnsaved(): boolean {
    return this.#dirty.length > 0 || this.#changedRules.size > 0 || this.#dropped.length > 0;
  }

  /** What differs from the last save. */
  unsaved(position: number): RuleSave {
    const changed = [...this.#changedRules];
    return {
      position,
      putRules: changed.flatMap(([, rule]) => (rule === null ? [] : [rule])),
      deletedRules: changed.flatMap(([id, rule]) => (rule === null ? [id] : [])),
      deletedStates: this.#dropped,
      states: this.#dirty.filter((one) => this.table.get(one.ruleId)?.evaluators.get(one.datastreamId) === one),
    };
  }

  saved(): void {
    for (const evaluator of this.#dirty) evaluator.dirty = false;
    this.#dirty.length = 0;
    this.#changedRules.clear();
    this.#dropped.length = 0;
  }

  /** The hot path: no object a row. Corrections and deletes are not judged, nor is what is not a number. */
  #observations(frame: Frame, from: number): void {
    const cursor = new RowCursor(frame.payload);
    for (let sequence = frame.sequence; cursor.advance(); sequence += 1) {
      const evaluators = this.table.evaluatorsOf(cursor.datastreamId);
      if (evaluators.length === 0 || sequence < from) continue;
      if (cursor.resultKind !== resultKinds.number || cursor.version !== 0 || cursor.deleted) continue;
      const id = cursor.id;
      const time = cursor.phenomenonStart;
      const value = cursor.resultNumber;
      for (let index = 0; index < evaluators.length; index += 1) {
        const evaluator = evaluators[index];
        if (evaluator === undefined) continue;
        const step = evaluator.judge(id, time, value);
        if (step === steps.late) {
          this.late += 1;
          continue;
        }
        this.judged += 1;
        if (!evaluator.dirty) {
          evaluator.dirty = true;
          this.#dirty.push(evaluator);
        }
        if (step !== steps.none) this.#step(evaluator, step, id);
      }
    }
  }

  #step(evaluator: Evaluator, step: Step, observationId: number): void {
    const held = this.table.get(evaluator.ruleId);
    if (held === undefined) return;
    const { rule } = held;
    const to = step === steps.pending ? 'pending' : step === steps.active ? 'active' : 'resolved';
    this.outbox.push({
      ruleId: rule.id,
      ruleVersion: rule.version,
      datastreamId: evaluator.datastreamId,
      observationId,
      to,
      time: evaluator.newest,
      value: evaluator.value,
      threshold: to === 'resolved' ? rule.clear : rule.raise,
      rule: told(rule),
    });
  }

  #rule(change: RuleChange): void {
    const held = this.table.get(change.id);
    if (change.kind === 'delete') {
      if (held === undefined) return;
      for (const evaluator of held.evaluators.values()) this.#close(evaluator, change.version);
      this.table.delete(change.id);
      this.#changedRules.set(change.id, null);
      return;
    }
    // A change of a rule that was deleted before the change came is none.
    if (held === undefined && change.version !== change.id) return;
    const { rule } = this.table.put(ruleOf(change));
    this.#changedRules.set(rule.id, rule);
    for (const evaluator of this.table.unbound(rule.id)) this.#close(evaluator, change.version);
  }

  /** Forgets an evaluator; where its alert is open, that is resolved at the event time of the newest judged reading. */
  #close(evaluator: Evaluator, cause: number): void {
    if (isOpen(evaluator)) this.#step(evaluator, steps.resolved, cause);
    evaluator.phase = phases.normal;
    this.table.drop(evaluator);
    this.#dropped.push(evaluator);
  }

  /**
   * Our own transition, read again. After a crash its alert may be open although the Datastream has gone since, so that the
   * evaluation that would resolve it is not run again: then it is resolved here. Where the alert is not open any more, the
   * record changes nothing.
   */
  #ownTransition(record: TransitionRecord): void {
    if (record.to === 'resolved' || this.table.isBound(record.ruleId, record.datastreamId)) return;
    this.outbox.push({ ...record, to: 'resolved' });
  }
}

function told({
  name,
  event,
  severity,
  category,
  description,
  instruction,
  direction,
}: Rule): TransitionRecord['rule'] {
  return {
    name,
    event,
    severity,
    category,
    direction,
    ...(description === undefined ? {} : { description }),
    ...(instruction === undefined ? {} : { instruction }),
  };
}
