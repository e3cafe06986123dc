import { Type, type Static } from 'typebox';

/** CAP 1.2 alert/info/severity, without `Unknown`: a rule's author must say. */
export const Severity = Type.Union([
  Type.Literal('Minor'),
  Type.Literal('Moderate'),
  Type.Literal('Severe'),
  Type.Literal('Extreme'),
]);
export type Severity = Static<typeof Severity>;

export const AlertState = Type.Union([Type.Literal('pending'), Type.Literal('active'), Type.Literal('resolved')]);
export type AlertState = Static<typeof AlertState>;

/** CAP 1.2 alert/info/category. */
export const Category = Type.Union([
  Type.Literal('Geo'),
  Type.Literal('Met'),
  Type.Literal('Safety'),
  Type.Literal('Security'),
  Type.Literal('Rescue'),
  Type.Literal('Fire'),
  Type.Literal('Health'),
  Type.Literal('Env'),
  Type.Literal('Transport'),
  Type.Literal('Infra'),
  Type.Literal('CBRNE'),
  Type.Literal('Other'),
]);
export type Category = Static<typeof Category>;

/**
 * What a rule binds to: all Datastreams of an ObservedProperty, by its `definition` or `@iot.id`, or the named Datastreams.
 * Exactly one of the members is given.
 */
export const RuleBinding = Type.Object(
  {
    observedPropertyDefinition: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
    observedPropertyId: Type.Optional(Type.Integer({ minimum: 1 })),
    datastreamIds: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 10_000 })),
  },
  { additionalProperties: false },
);
export type RuleBinding = Static<typeof RuleBinding>;

/**
 * A threshold rule. With direction `above` a value >= `raise` begins the condition and a value < `clear` ends it;
 * with `below`, <= `raise` and > `clear`. Between the two the state stays as it is (hysteresis).
 */
export const RuleDraft = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    /** Text for people; becomes the CAP description. */
    description: Type.Optional(Type.String({ maxLength: 4000 })),
    /** What to do; becomes the CAP instruction. */
    instruction: Type.Optional(Type.String({ maxLength: 4000 })),
    /** CAP event, for example `Air pollution`. */
    event: Type.String({ minLength: 1, maxLength: 200 }),
    category: Category,
    severity: Severity,
    binding: RuleBinding,
    direction: Type.Union([Type.Literal('above'), Type.Literal('below')]),
    /** In the unit of the Datastream. */
    raise: Type.Number(),
    /** In the unit of the Datastream; not beyond `raise`. */
    clear: Type.Number(),
    /** How long the condition must hold, in event time, before the alert becomes active. 0: at once. */
    forSeconds: Type.Integer({ minimum: 0, maximum: 31_536_000 }),
    enabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type RuleDraft = Static<typeof RuleDraft>;

export const Rule = Type.Object({
  /** Sequence of the log record that created the rule. */
  id: Type.Integer(),
  /** Sequence of the log record with this version of it. */
  version: Type.Integer(),
  ...RuleDraft.properties,
  enabled: Type.Boolean(),
});
export type Rule = Static<typeof Rule>;

export const RuleList = Type.Object({ value: Type.Array(Rule) });
export type RuleList = Static<typeof RuleList>;

/** One step of an alert's life, with the Observation that caused it. */
export const Transition = Type.Object({
  to: AlertState,
  /** Event time (phenomenonTime of the cause), ISO 8601. */
  time: Type.String(),
  /** Sequence (`@iot.id`) of the Observation that caused it. */
  observationId: Type.Integer(),
  /** Its result, in the unit of the Datastream. */
  value: Type.Number(),
  /** The threshold that it was held against. */
  threshold: Type.Number(),
  ruleVersion: Type.Integer(),
  /** Sequence of the transition's record in the log. */
  sequence: Type.Integer(),
});
export type Transition = Static<typeof Transition>;

export const Alert = Type.Object({
  /** Stable id. */
  id: Type.Integer(),
  state: AlertState,
  ruleId: Type.Integer(),
  ruleName: Type.String(),
  event: Type.String(),
  severity: Severity,
  datastreamId: Type.Integer(),
  datastreamName: Type.String(),
  thingId: Type.Integer(),
  thingName: Type.String(),
  /** UCUM symbol for people, for example `ug/m3`. Empty where there is none. */
  unitSymbol: Type.String(),
  /** Value and threshold of the newest transition. */
  value: Type.Number(),
  threshold: Type.Number(),
  /** Event times, ISO 8601; null until it came to that. */
  pendingSince: Type.String(),
  activeSince: Type.Union([Type.String(), Type.Null()]),
  resolvedAt: Type.Union([Type.String(), Type.Null()]),
  /** Identifiers of the CAP messages published for it, oldest first; each is at /cap/<identifier>.xml. */
  capIdentifiers: Type.Array(Type.String()),
});
export type Alert = Static<typeof Alert>;

export const AlertWithTransitions = Type.Object({ ...Alert.properties, transitions: Type.Array(Transition) });
export type AlertWithTransitions = Static<typeof AlertWithTransitions>;

/** Answer of GET /alerts: newest first. `next` is the address of the next page. */
export const AlertList = Type.Object({
  count: Type.Integer(),
  value: Type.Array(Alert),
  next: Type.Optional(Type.String()),
});
export type AlertList = Static<typeof AlertList>;
