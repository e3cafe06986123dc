import type { Rule } from '@belfry/contract';
import type { DatastreamFacts } from '../domain/mod.ts';
import type { Registry } from '../registry/mod.ts';
import { Evaluator, phases, type EvaluatorState } from './evaluator.ts';

/** A rule with the evaluators that its binding has called for so far. */
export interface HeldRule {
  readonly rule: Rule;
  readonly evaluators: Map<number, Evaluator>;
}

interface BoundDatastream {
  epoch: number;
  evaluators: readonly Evaluator[];
}

const none: readonly Evaluator[] = [];

/**
 * Which rules judge which Datastream. A Datastream is matched with the rules when its first reading after a change comes, so a
 * new Datastream binds by itself and a change of the registry costs only the Datastreams that send.
 */
export class RuleTable {
  readonly #registry: Pick<Registry, 'datastream' | 'revision'>;
  readonly #rules = new Map<number, HeldRule>();
  readonly #byDatastream = new Map<number, BoundDatastream>();
  readonly #byDatastreamId = new Map<number, HeldRule[]>();
  readonly #byPropertyId = new Map<number, HeldRule[]>();
  readonly #byDefinition = new Map<string, HeldRule[]>();
  #revision = -1;
  #epoch = 0;

  constructor(registry: Pick<Registry, 'datastream' | 'revision'>) {
    this.#registry = registry;
  }

  get size(): number {
    return this.#rules.size;
  }

  get(ruleId: number): HeldRule | undefined {
    return this.#rules.get(ruleId);
  }

  rules(): Iterable<HeldRule> {
    return this.#rules.values();
  }

  /** Adds or replaces a rule. Evaluators stay; the caller removes those that are no longer bound. */
  put(rule: Rule): HeldRule {
    const evaluators = this.#rules.get(rule.id)?.evaluators ?? new Map<number, Evaluator>();
    const held = { rule, evaluators };
    this.#rules.set(rule.id, held);
    for (const evaluator of evaluators.values()) evaluator.setThresholds(rule);
    this.#reindex();
    return held;
  }

  delete(ruleId: number): void {
    this.#rules.delete(ruleId);
    this.#reindex();
  }

  restore(ruleId: number, datastreamId: number, state: EvaluatorState): void {
    const held = this.#rules.get(ruleId);
    if (held === undefined) return;
    const evaluator = new Evaluator(ruleId, datastreamId, held.rule);
    evaluator.restore(state);
    held.evaluators.set(datastreamId, evaluator);
  }

  /** Looks whether the registry changed since the last call; true where bindings may have changed. */
  refresh(): boolean {
    const revision = this.#registry.revision;
    if (revision === this.#revision) return false;
    this.#revision = revision;
    this.#epoch += 1;
    return true;
  }

  /** The evaluators of a Datastream, in the order of their rules. Hot: one look-up while nothing changed. */
  evaluatorsOf(datastreamId: number): readonly Evaluator[] {
    const bound = this.#byDatastream.get(datastreamId);
    if (bound === undefined) {
      const evaluators = this.#resolve(datastreamId);
      this.#byDatastream.set(datastreamId, { epoch: this.#epoch, evaluators });
      return evaluators;
    }
    if (bound.epoch !== this.#epoch) {
      bound.evaluators = this.#resolve(datastreamId);
      bound.epoch = this.#epoch;
    }
    return bound.evaluators;
  }

  /** True while the rule judges that Datastream. */
  isBound(ruleId: number, datastreamId: number): boolean {
    const held = this.#rules.get(ruleId);
    const facts = this.#registry.datastream(datastreamId);
    return held !== undefined && facts !== undefined && this.#heldFor(facts).includes(held);
  }

  /** Evaluators that no binding calls for any more, of one rule or of all. */
  unbound(ruleId?: number): Evaluator[] {
    const found: Evaluator[] = [];
    for (const held of this.#rules.values()) {
      if (ruleId !== undefined && held.rule.id !== ruleId) continue;
      for (const evaluator of held.evaluators.values()) {
        if (!this.isBound(evaluator.ruleId, evaluator.datastreamId)) found.push(evaluator);
      }
    }
    return found;
  }

  drop(evaluator: Evaluator): void {
    this.#rules.get(evaluator.ruleId)?.evaluators.delete(evaluator.datastreamId);
    this.#byDatastream.delete(evaluator.datastreamId);
  }

  #resolve(datastreamId: number): readonly Evaluator[] {
    const facts = this.#registry.datastream(datastreamId);
    if (facts === undefined) return none;
    const rules = this.#heldFor(facts);
    if (rules.length === 0) return none;
    return rules.map(({ rule, evaluators }) => {
      const existing = evaluators.get(datastreamId);
      if (existing !== undefined) return existing;
      const evaluator = new Evaluator(rule.id, datastreamId, rule);
      evaluators.set(datastreamId, evaluator);
      return evaluator;
    });
  }

  #heldFor(facts: DatastreamFacts): readonly HeldRule[] {
    const byId = this.#byDatastreamId.get(facts.id) ?? [];
    const byProperty = this.#byPropertyId.get(facts.observedPropertyId) ?? [];
    const byDefinition = this.#byDefinition.get(facts.observedPropertyDefinition) ?? [];
    if (byProperty.length === 0 && byDefinition.length === 0) return byId;
    return [...byId, ...byProperty, ...byDefinition].sort((one, other) => one.rule.id - other.rule.id);
  }

  #reindex(): void {
    this.#epoch += 1;
    this.#byDatastreamId.clear();
    this.#byPropertyId.clear();
    this.#byDefinition.clear();
    for (const held of this.#rules.values()) {
      if (!held.rule.enabled) continue;
      const { datastreamIds, observedPropertyId, observedPropertyDefinition } = held.rule.binding;
      for (const id of new Set(datastreamIds)) push(this.#byDatastreamId, id, held);
      if (observedPropertyId !== undefined) push(this.#byPropertyId, observedPropertyId, held);
      if (observedPropertyDefinition !== undefined) push(this.#byDefinition, observedPropertyDefinition, held);
    }
  }
}

/** True while an alert stands open for it. */
export function isOpen(evaluator: Evaluator): boolean {
  return evaluator.phase !== phases.normal;
}

function push<K>(map: Map<K, HeldRule[]>, key: K, held: HeldRule): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [held]);
  else list.push(held);
}
