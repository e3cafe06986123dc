import type { AlertState, Category, Severity, Transition } from '@belfry/contract';
import { formatInstant, type TransitionRecord } from '../domain/mod.ts';
import { assert } from '../kernel/mod.ts';
import {
  categoryAt,
  numberAt,
  optionalNumberAt,
  optionalTextAt,
  severityAt,
  stateAt,
  textAt,
  type Row,
} from './columns.ts';
import type { CapMessage, CapStatus } from './cap-message.ts';

/** An alert as it is stored. Times in milliseconds since 1970. Names are as they were when it began. */
export interface AlertRow {
  readonly id: number;
  readonly state: AlertState;
  readonly ruleId: number;
  readonly rule: TransitionRecord['rule'];
  readonly datastreamId: number;
  readonly datastreamName: string;
  readonly thingId: number;
  readonly thingName: string;
  readonly unitSymbol: string;
  /** Of the newest transition. */
  readonly value: number;
  readonly threshold: number;
  readonly pendingSince: number;
  readonly activeSince: number | null;
  readonly resolvedAt: number | null;
  readonly capIdentifiers: readonly string[];
}

/** What is kept of a CAP message beside its XML, for references and the feed. */
export interface CapRow {
  readonly alertId: number;
  readonly identifier: string;
  readonly sender: string;
  readonly sent: number;
  readonly expires: number;
  readonly status: CapStatus;
  readonly msgType: CapMessage['msgType'];
  readonly allClear: boolean;
  readonly headline: string;
  readonly event: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly urgency: CapMessage['urgency'];
  readonly areaDesc: string;
  readonly polygon?: string;
}

export function alertOf(row: Row): AlertRow {
  const description = optionalTextAt(row, 'description');
  const instruction = optionalTextAt(row, 'instruction');
  return {
    id: numberAt(row, 'id'),
    state: stateAt(row, 'state'),
    ruleId: numberAt(row, 'rule_id'),
    rule: {
      name: textAt(row, 'rule_name'),
      event: textAt(row, 'event'),
      severity: severityAt(row, 'severity'),
      category: categoryAt(row, 'category'),
      direction: textAt(row, 'direction') === 'below' ? 'below' : 'above',
      ...(description === undefined ? {} : { description }),
      ...(instruction === undefined ? {} : { instruction }),
    },
    datastreamId: numberAt(row, 'datastream_id'),
    datastreamName: textAt(row, 'datastream_name'),
    thingId: numberAt(row, 'thing_id'),
    thingName: textAt(row, 'thing_name'),
    unitSymbol: textAt(row, 'unit_symbol'),
    value: numberAt(row, 'value'),
    threshold: numberAt(row, 'threshold'),
    pendingSince: numberAt(row, 'pending_since'),
    activeSince: optionalNumberAt(row, 'active_since'),
    resolvedAt: optionalNumberAt(row, 'resolved_at'),
    capIdentifiers: textsOf(textAt(row, 'cap_identifiers')),
  };
}

export function transitionOf(row: Row): Transition {
  return {
    to: stateAt(row, 'to_state'),
    time: formatInstant(numberAt(row, 'time')),
    observationId: numberAt(row, 'observation_id'),
    value: numberAt(row, 'value'),
    threshold: numberAt(row, 'threshold'),
    ruleVersion: numberAt(row, 'rule_version'),
    sequence: numberAt(row, 'sequence'),
  };
}

export function capRowOf(row: Row): CapRow {
  const status = textAt(row, 'status');
  const polygon = optionalTextAt(row, 'polygon');
  return {
    alertId: numberAt(row, 'alert_id'),
    identifier: textAt(row, 'identifier'),
    sender: textAt(row, 'sender'),
    sent: numberAt(row, 'sent'),
    expires: numberAt(row, 'expires'),
    status: status === 'Actual' || status === 'Exercise' ? status : 'Test',
    msgType: textAt(row, 'msg_type') === 'Alert' ? 'Alert' : 'Update',
    allClear: numberAt(row, 'all_clear') === 1,
    headline: textAt(row, 'headline'),
    event: textAt(row, 'event'),
    category: categoryAt(row, 'category'),
    severity: severityAt(row, 'severity'),
    urgency: textAt(row, 'urgency') === 'Past' ? 'Past' : 'Immediate',
    areaDesc: textAt(row, 'area_desc'),
    ...(polygon === undefined ? {} : { polygon }),
  };
}

function textsOf(json: string): string[] {
  const values: unknown = JSON.parse(json);
  assert(Array.isArray(values), 'alerts.sqlite: a list of identifiers is none');
  return values.filter((value) => typeof value === 'string');
}
