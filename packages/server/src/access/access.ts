// Tokens in a SQLite file of their own. Several processes may have it open at once (a server and the command line): what one of
// them changes counts in the others with their next verify, and ends open connections within a second (`onWithdrawn`).
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { assert, messageOf, OutsideError, quote, refuse, Signal, type Clock, type Refusal } from '../kernel/mod.ts';
import {
  hashOf,
  isScopeName,
  judgeNewToken,
  looksLikeToken,
  newSecret,
  type Grant,
  type NewToken,
  type TokenRecord,
} from './token.ts';

export interface AccessOptions {
  /** SQLite file; it and its folder are made when absent. */
  readonly path: string;
  readonly clock: Clock;
  /** How often withdrawn tokens are looked for, in milliseconds. */
  readonly pollMillis?: number;
}

/** Who may get in. When the file fails after it was opened, the error of SQLite is thrown. */
export interface Access {
  /** The grant of a token that is known, neither expired nor revoked. Costs one indexed look-up. */
  verify(token: string): Grant | undefined;
  /**
   * Tells of tokens that were good when they were verified and no longer are, within about a second, each once:
   * their open connections must end. Returns the function that ends the subscription.
   */
  onWithdrawn(listener: (tokenId: number) => void): () => void;
  /** Makes a token. The answer holds its text, which is kept nowhere. */
  create(wanted: NewToken): { readonly token: string; readonly record: TokenRecord } | Refusal;
  /** All tokens, revoked and expired ones too, oldest first. */
  list(): readonly TokenRecord[];
  /** Revokes by id or by name of a good token. */
  revoke(idOrName: string): TokenRecord | Refusal;
  close(): void;
}

const busyMillis = 5_000;
const defaultPollMillis = 500;
/** The last use of a token is written at most this often, so that reading costs no disk. */
const lastUseMillis = 60_000;

const schemaSql = `
CREATE TABLE IF NOT EXISTS tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  hint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS tokens_name ON tokens (name);
PRAGMA user_version = 1;
`;

/** Opens the file, for a server or for one command. Throws OutsideError where it cannot be opened. */
export function openAccess(options: AccessOptions): Access {
  try {
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    return new SqliteAccess(openDatabase(options.path), options);
  } catch (error) {
    throw new OutsideError('internal', `cannot open the tokens in ${options.path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyMillis });
  // FULL: a revocation that was confirmed must not come undone by a loss of power.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > 1) {
    database.close();
    throw new Error(`its format ${version} is of a newer Belfry; this one knows 1`);
  }
  if (version === 0) database.exec(`BEGIN IMMEDIATE; ${schemaSql} COMMIT;`);
  return database;
}

class SqliteAccess implements Access {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #byHash;
  readonly #timer: NodeJS.Timeout;
  readonly #withdrawn = new Signal<number>();
  /** Tokens that verify found good and that may have connections open. */
  readonly #granted = new Set<number>();
  /** Last uses that are not written yet: token id to milliseconds since 1970. */
  readonly #used = new Map<number, number>();
  #usesWrittenAt: number;

  constructor(database: DatabaseSync, options: AccessOptions) {
    this.#database = database;
    this.#clock = options.clock;
    this.#byHash = database.prepare('SELECT * FROM tokens WHERE hash = ?');
    this.#usesWrittenAt = options.clock.monotonic();
    this.#timer = setInterval(() => this.#poll(), options.pollMillis ?? defaultPollMillis);
    this.#timer.unref();
  }

  verify(token: string): Grant | undefined {
    if (!looksLikeToken(token)) return undefined;
    const row = this.#byHash.get(hashOf(token));
    if (row === undefined) return undefined;
    const record = recordOf(row);
    const now = this.#clock.now();
    if (!isGood(record, now)) return undefined;
    this.#granted.add(record.id);
    this.#used.set(record.id, now);
    return { tokenId: record.id, name: record.name, scopes: record.scopes };
  }

  onWithdrawn(listener: (tokenId: number) => void): () => void {
    return this.#withdrawn.subscribe(listener);
  }

  create(wanted: NewToken): { readonly token: string; readonly record: TokenRecord } | Refusal {
    const now = this.#clock.now();
    const fault = judgeNewToken(wanted, now);
    if (fault !== undefined) return fault;
    const { token, hash, hint } = newSecret();
    return this.#transaction(() => {
      if (this.list().some((record) => record.name === wanted.name && isGood(record, now))) {
        return refuse(
          'conflict',
          `there is a token named ${quote(wanted.name)} already; revoke it or take another name`,
          'name',
        );
      }
      const row = this.#database
        .prepare(
          'INSERT INTO tokens (name, scopes, hash, hint, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING *',
        )
        .get(wanted.name, wanted.scopes.join(','), hash, hint, now, wanted.expiresAt);
      assert(row !== undefined, 'an inserted token must be returned');
      return { token, record: recordOf(row) };
    });
  }

  list(): readonly TokenRecord[] {
    return this.#database.prepare('SELECT * FROM tokens ORDER BY id').all().map(recordOf);
  }

  revoke(idOrName: string): TokenRecord | Refusal {
    const now = this.#clock.now();
    return this.#transaction(() => {
      const found = this.list().findLast(
        (record) => String(record.id) === idOrName || (record.name === idOrName && record.revokedAt === null),
      );
      if (found === undefined)
        return refuse('unknown-entity', `there is no token with the id or name ${quote(idOrName)}`);
      if (found.revokedAt !== null) return found;
      this.#database.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ?').run(now, found.id);
      return { ...found, revokedAt: now };
    });
  }

  close(): void {
    if (!this.#database.isOpen) return;
    clearInterval(this.#timer);
    this.#writeUses();
    this.#database.close();
  }

  #poll(): void {
    try {
      this.#findWithdrawn();
      if (this.#clock.monotonic() - this.#usesWrittenAt >= lastUseMillis) this.#writeUses();
    } catch {
      // The file is busy or out of reach for the moment; the next turn tries again, and verify reports a lasting failure.
    }
  }

  #findWithdrawn(): void {
    if (this.#granted.size === 0) return;
    const now = this.#clock.now();
    const rows = this.#database
      .prepare('SELECT * FROM tokens WHERE id IN (SELECT value FROM json_each(?))')
      .all(JSON.stringify([...this.#granted]));
    for (const record of rows.map(recordOf)) {
      if (isGood(record, now)) continue;
      this.#granted.delete(record.id);
      this.#withdrawn.emit(record.id);
    }
  }

  #writeUses(): void {
    this.#usesWrittenAt = this.#clock.monotonic();
    if (this.#used.size === 0) return;
    this.#transaction(() => {
      const update = this.#database.prepare(
        'UPDATE tokens SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?',
      );
      for (const [id, time] of this.#used) update.run(time, id);
    });
    this.#used.clear();
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function isGood(record: TokenRecord, now: number): boolean {
  return record.revokedAt === null && (record.expiresAt === null || record.expiresAt > now);
}

function recordOf(row: Record<string, SQLOutputValue>): TokenRecord {
  return {
    id: Number(row['id']),
    name: String(row['name']),
    scopes: String(row['scopes']).split(',').filter(isScopeName),
    hint: String(row['hint']),
    createdAt: Number(row['created_at']),
    expiresAt: numberOrNull(row['expires_at']),
    lastUsedAt: numberOrNull(row['last_used_at']),
    revokedAt: numberOrNull(row['revoked_at']),
  };
}

function numberOrNull(value: SQLOutputValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
