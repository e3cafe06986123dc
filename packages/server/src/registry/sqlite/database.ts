/**
 * One SQLite file behind Kysely. Queries are built by Kysely and run here: no text is glued into SQL. Every commit is synced
 * (WAL, synchronous=FULL), so a transaction that returned survives the loss of power. Failures of the engine are OutsideErrors.
 */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
} from 'kysely';
import { isRefusal, messageOf, OutsideError, type Refusal } from '../../kernel/mod.ts';
import { migrations } from './migrations.ts';

export type Row = Record<string, SQLOutputValue>;

/** Tables and columns follow from the entity model at run time, so their names are not types here. */
export type Tables = Record<string, Record<string, unknown>>;

interface Compilable {
  compile(): CompiledQuery;
}

const busyMillisMax = 5_000;
/** Prepared statements that are kept; the shapes of queries follow from the model and are fewer. */
const statementsMax = 400;

export class Database {
  /** Builds queries; runs none. */
  readonly build: Kysely<Tables> = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  readonly #path: string;
  readonly #file: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  /** Opens or makes the file and brings its schema up to date. */
  constructor(path: string) {
    this.#path = path;
    this.#file = this.#attempt('open', () => new DatabaseSync(path, { timeout: busyMillisMax }));
    try {
      this.#attempt('open', () => this.#prepareFile());
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  all(query: Compilable): Row[] {
    const { sql, parameters } = query.compile();
    return this.#attempt('read', () => this.#statement(sql).all(...inputs(parameters)));
  }

  first(query: Compilable): Row | undefined {
    return this.firstOf(query.compile());
  }

  /** The same for a query that was compiled before, with other parameters if any are given: for the hot path. */
  firstOf({ sql, parameters }: CompiledQuery, others?: readonly number[]): Row | undefined {
    const given = others ?? inputs(parameters);
    return this.#attempt('read', () => this.#statement(sql).get(...given));
  }

  /** Runs a change; the id of the row that an INSERT made. */
  run(query: Compilable): number {
    const { sql, parameters } = query.compile();
    return Number(this.#attempt('write', () => this.#statement(sql).run(...inputs(parameters))).lastInsertRowid);
  }

  /** All or nothing: what throws or gives a refusal leaves no trace. */
  transaction<T>(work: () => T | Refusal): T | Refusal {
    if (this.#depth > 0) throw new OutsideError('internal', 'a transaction inside of a transaction');
    this.#attempt('begin', () => this.#file.exec('BEGIN IMMEDIATE'));
    this.#depth = 1;
    try {
      const result = work();
      this.#attempt('commit', () => this.#file.exec(isRefusal(result) ? 'ROLLBACK' : 'COMMIT'));
      return result;
    } catch (error) {
      // SQLite has rolled back already where the disk failed.
      if (this.#file.isTransaction) this.#file.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth = 0;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#file.close();
  }

  #prepareFile(): void {
    this.#file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    const row = this.#file.prepare('PRAGMA user_version').get();
    const version = Number(row?.['user_version'] ?? 0);
    if (version > migrations.length) {
      const known = `this one knows ${migrations.length}`;
      throw new OutsideError('internal', `a newer Belfry made it (schema ${version}, ${known}): run that one`);
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      this.#file.exec(`BEGIN IMMEDIATE; ${migration}; PRAGMA user_version = ${index + 1}; COMMIT;`);
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= statementsMax) this.#statements.clear();
    const statement = this.#file.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #attempt<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const detail = `the registry ${this.#path} failed to ${what}: ${messageOf(error)}`;
      throw new OutsideError('internal', detail, { cause: error });
    }
  }
}

function inputs(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (value === null || typeof value === 'number' || typeof value === 'string') return value;
    throw new OutsideError('internal', `a ${typeof value} cannot be given to SQLite`);
  });
}
