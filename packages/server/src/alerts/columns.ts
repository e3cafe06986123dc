import { AlertState, Category, Severity } from '@belfry/contract';
import { Value } from 'typebox/value';
import { assert } from '../kernel/mod.ts';

/** A row as node:sqlite gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Readers of columns: they give the type that the schema promises, or stop where the file holds something else. */
export function numberAt(row: Row, column: string): number {
  const value = row[column];
  assert(typeof value === 'number', `alerts.sqlite: ${column} holds no number`);
  return value;
}

export function textAt(row: Row, column: string): string {
  const value = row[column];
  assert(typeof value === 'string', `alerts.sqlite: ${column} holds no text`);
  return value;
}

export function optionalNumberAt(row: Row, column: string): number | null {
  return row[column] === null ? null : numberAt(row, column);
}

export function optionalTextAt(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textAt(row, column);
}

export function stateAt(row: Row, column: string): AlertState {
  const value = row[column];
  assert(Value.Check(AlertState, value), `alerts.sqlite: ${column} holds no state`);
  return value;
}

export function severityAt(row: Row, column: string): Severity {
  const value = row[column];
  assert(Value.Check(Severity, value), `alerts.sqlite: ${column} holds no severity`);
  return value;
}

export function categoryAt(row: Row, column: string): Category {
  const value = row[column];
  assert(Value.Check(Category, value), `alerts.sqlite: ${column} holds no category`);
  return value;
}
