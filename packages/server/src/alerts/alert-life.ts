import type { DatastreamFacts, TransitionRecord } from '../domain/mod.ts';
import type { AlertRow } from './alert-rows.ts';

/** What a transition does to the alert of its rule and Datastream. `ignored`: nothing is open that it could change. */
export type Change =
  | { readonly kind: 'changed'; readonly alert: AlertRow; readonly publish: 'alert' | 'all-clear' | 'nothing' }
  | { readonly kind: 'ignored' };

/**
 * The life of an alert: pending or active at first, active, resolved. Pure. A pending alert that is resolved was never active,
 * and nothing is published for it.
 * @param open the alert of the same rule and Datastream that is not resolved
 * @param facts of the Datastream now, for a new alert's names
 */
export function applyTransition(
  open: AlertRow | undefined,
  record: TransitionRecord,
  sequence: number,
  facts: DatastreamFacts | undefined,
): Change {
  const { value, threshold, time } = record;
  if (open === undefined) {
    if (record.to === 'resolved') return { kind: 'ignored' };
    const alert = newAlert(record, sequence, facts);
    return { kind: 'changed', alert, publish: record.to === 'active' ? 'alert' : 'nothing' };
  }
  switch (record.to) {
    case 'pending':
      return { kind: 'ignored' };
    case 'active': {
      if (open.state === 'active') return { kind: 'ignored' };
      const alert = { ...open, state: 'active', value, threshold, rule: record.rule, activeSince: time } as const;
      return { kind: 'changed', alert, publish: 'alert' };
    }
    case 'resolved': {
      const alert = { ...open, state: 'resolved', value, threshold, resolvedAt: time } as const;
      return { kind: 'changed', alert, publish: open.state === 'active' ? 'all-clear' : 'nothing' };
    }
  }
}

function newAlert(record: TransitionRecord, sequence: number, facts: DatastreamFacts | undefined): AlertRow {
  const { ruleId, rule, datastreamId, to, time, value, threshold } = record;
  return {
    id: sequence,
    state: to,
    ruleId,
    rule,
    datastreamId,
    // The Datastream may be gone by the time an old transition is read.
    datastreamName: facts?.name ?? `Datastream ${datastreamId}`,
    thingId: facts?.thingId ?? 0,
    thingName: facts?.thingName ?? '',
    unitSymbol: facts?.unitSymbol ?? '',
    value,
    threshold,
    pendingSince: time,
    activeSince: to === 'active' ? time : null,
    resolvedAt: null,
    capIdentifiers: [],
  };
}
