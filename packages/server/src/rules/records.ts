import { AlertState, RuleDraft, type Rule } from '@belfry/contract';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { RuleChange, TransitionRecord } from '../domain/mod.ts';
import { BrokenInvariant, quote } from '../kernel/mod.ts';

const versions = { id: Type.Integer(), version: Type.Integer(), time: Type.Number() };
const ruleChange = Compile(
  Type.Union([
    Type.Object({ kind: Type.Literal('put'), ...versions, draft: RuleDraft }),
    Type.Object({ kind: Type.Literal('delete'), ...versions }),
  ]),
);

const transition = Compile(
  Type.Object({
    ruleId: Type.Integer(),
    ruleVersion: Type.Integer(),
    datastreamId: Type.Integer(),
    observationId: Type.Integer(),
    to: AlertState,
    time: Type.Number(),
    value: Type.Number(),
    threshold: Type.Number(),
    rule: Type.Pick(RuleDraft, ['name', 'event', 'severity', 'category', 'description', 'instruction', 'direction']),
  }),
);

/** One line of a `rules` frame. Throws BrokenInvariant: the log holds only what Belfry wrote. */
export function parseRuleChange(line: string): RuleChange {
  const value: unknown = JSON.parse(line);
  if (!ruleChange.Check(value)) throw new BrokenInvariant(`a record of kind rules is none: ${quote(value)}`);
  return value;
}

/** One line of a `transitions` frame. Throws BrokenInvariant as above. */
export function parseTransition(line: string): TransitionRecord {
  const value: unknown = JSON.parse(line);
  if (!transition.Check(value)) throw new BrokenInvariant(`a record of kind transitions is none: ${quote(value)}`);
  return value;
}

/** The bytes of a record: one line of JSON. */
export function encodeLine(record: RuleChange | TransitionRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

/** The lines of a frame, one a record. */
export function linesOf(payload: Buffer): string[] {
  const lines = payload.toString('utf8').split('\n');
  lines.pop();
  return lines;
}

export function ruleOf({ id, version, draft }: Extract<RuleChange, { kind: 'put' }>): Rule {
  return { ...draft, enabled: draft.enabled !== false, id, version };
}
