import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { RuleDraft, type Rule } from '@belfry/contract';
import { Compile } from 'typebox/compile';
import { assert } from '../kernel/mod.ts';
import { phases, type EvaluatorState, type Phase } from './evaluator.ts';

/** One row of what was saved for a rule on a Datastream. */
export interface SavedState extends EvaluatorState {
  readonly ruleId: number;
  readonly datastreamId: number;
}

/** What one save writes, all or nothing. */
export interface RuleSave {
  readonly position: number;
  readonly putRules: Iterable<Rule>;
  /** Their states go with them. */
  readonly deletedRules: Iterable<number>;
  /** Removed before `states` are written. */
  readonly deletedStates: Iterable<{ readonly ruleId: number; readonly datastreamId: number }>;
  readonly states: Iterable<SavedState>;
}

const schema = `
  CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS rules (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, draft TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS states (
    rule_id INTEGER NOT NULL, datastream_id INTEGER NOT NULL, phase INTEGER NOT NULL, since REAL NOT NULL,
    opened_by INTEGER NOT NULL, newest REAL NOT NULL, value REAL NOT NULL, PRIMARY KEY (rule_id, datastream_id)
  ) STRICT, WITHOUT ROWID;
`;

const draftSchema = Compile(RuleDraft);

/** Position, rules and states of the rules consumer in one SQLite file. Every save is one durable transaction. */
export class RuleStore {
  readonly #database: DatabaseSync;
  readonly #setPosition: StatementSync;
  readonly #putRule: StatementSync;
  readonly #deleteRule: StatementSync;
  readonly #deleteRuleStates: StatementSync;
  readonly #deleteState: StatementSync;
  readonly #putState: StatementSync;

  constructor(path: string) {
    const database = new DatabaseSync(path);
    this.#database = database;
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
    database.exec(schema);
    this.#setPosition = database.prepare('INSERT OR REPLACE INTO position VALUES (1, ?)');
    this.#putRule = database.prepare('INSERT OR REPLACE INTO rules VALUES (?, ?, ?)');
    this.#deleteRule = database.prepare('DELETE FROM rules WHERE id = ?');
    this.#deleteRuleStates = database.prepare('DELETE FROM states WHERE rule_id = ?');
    this.#deleteState = database.prepare('DELETE FROM states WHERE rule_id = ? AND datastream_id = ?');
    this.#putState = database.prepare('INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?, ?, ?)');
  }

  /** Everything below it is judged and durable; 0 in a new file. */
  position(): number {
    return numberOf(this.#database.prepare('SELECT sequence FROM position').get()?.['sequence'] ?? 0);
  }

  rules(): Rule[] {
    return this.#database
      .prepare('SELECT * FROM rules ORDER BY id')
      .all()
      .map((row) => {
        const draft: unknown = JSON.parse(String(row['draft']));
        assert(draftSchema.Check(draft), `rules.sqlite holds a rule that is none: id ${String(row['id'])}`);
        return {
          ...draft,
          enabled: draft.enabled !== false,
          id: numberOf(row['id']),
          version: numberOf(row['version']),
        };
      });
  }

  states(): SavedState[] {
    return this.#database
      .prepare('SELECT * FROM states')
      .all()
      .map((row) => ({
        ruleId: numberOf(row['rule_id']),
        datastreamId: numberOf(row['datastream_id']),
        phase: phaseOf(row['phase']),
        since: numberOf(row['since']),
        openedBy: numberOf(row['opened_by']),
        newest: numberOf(row['newest']),
        value: numberOf(row['value']),
      }));
  }

  /** Throws SQLite's error where the file cannot be written; nothing of the save is then there. */
  save({ position, putRules, deletedRules, deletedStates, states }: RuleSave): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const { id, version, ...draft } of putRules) this.#putRule.run(id, version, JSON.stringify(draft));
      for (const id of deletedRules) {
        this.#deleteRule.run(id);
        this.#deleteRuleStates.run(id);
      }
      for (const { ruleId, datastreamId } of deletedStates) this.#deleteState.run(ruleId, datastreamId);
      for (const state of states) {
        const { ruleId, datastreamId, phase, since, openedBy, newest, value } = state;
        this.#putState.run(ruleId, datastreamId, phase, since, openedBy, newest, value);
      }
      this.#setPosition.run(position);
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}

function numberOf(value: unknown): number {
  assert(typeof value === 'number', 'a column of rules.sqlite holds no number');
  return value;
}

function phaseOf(value: unknown): Phase {
  switch (value) {
    case phases.pending:
      return phases.pending;
    case phases.active:
      return phases.active;
    default:
      return phases.normal;
  }
}
