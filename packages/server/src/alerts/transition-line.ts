import { AlertState, RuleDraft } from '@belfry/contract';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TransitionRecord } from '../domain/mod.ts';

const schema = Compile(
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

/** One line of a frame of kind `transitions`; undefined for what is none. */
export function parseTransitionLine(line: string): TransitionRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return schema.Check(value) ? value : undefined;
}
