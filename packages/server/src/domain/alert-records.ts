import type { AlertState, RuleDraft } from '@belfry/contract';

/**
 * A record of kind `rules`: a rule came, changed or went. The rule's id is the sequence of the record that created it, and
 * each record's sequence is the version. Rules stand in the log, so that an evaluation that is run again after a crash sees the same
 * rules at the same readings.
 */
export type RuleChange =
  | {
      readonly kind: 'put';
      readonly id: number;
      readonly version: number;
      readonly draft: RuleDraft;
      readonly time: number;
    }
  | { readonly kind: 'delete'; readonly id: number; readonly version: number; readonly time: number };

/**
 * A record of kind `transitions`: one step of an alert's life. Its key (ruleId, datastreamId, observationId, to) is the same when
 * an evaluation is run again, so a record that is there twice counts once.
 */
export interface TransitionRecord {
  readonly ruleId: number;
  readonly ruleVersion: number;
  readonly datastreamId: number;
  /** The Observation (or rule version) that caused it. */
  readonly observationId: number;
  readonly to: AlertState;
  /** Event time, milliseconds since 1970. */
  readonly time: number;
  readonly value: number;
  readonly threshold: number;
  /** The rule as it was, so that an alert can be told without looking elsewhere. */
  readonly rule: Pick<
    RuleDraft,
    'name' | 'event' | 'severity' | 'category' | 'description' | 'instruction' | 'direction'
  >;
}
