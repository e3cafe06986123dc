/**
 * Kinds of records in the log. The numbers stand in the frames and never change.
 * - observations: rows of row.ts, one after the other.
 * - rules, transitions, removals: lines of JSON (RuleChange, TransitionRecord, Removal), one a record.
 */
export const recordKinds = { observations: 1, rules: 2, transitions: 3, removals: 4 } as const;
export type RecordKind = (typeof recordKinds)[keyof typeof recordKinds];

/** Observations that go because an entity went. Applied by the store to what stands before it in the log. */
export interface Removal {
  readonly datastreamIds: readonly number[];
  readonly featureOfInterestIds: readonly number[];
}
