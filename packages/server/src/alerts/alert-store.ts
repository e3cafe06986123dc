import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Alert, AlertState, Severity, Transition } from '@belfry/contract';
import { formatInstant, type TransitionRecord } from '../domain/mod.ts';
import { alertOf, capRowOf, transitionOf, type AlertRow, type CapRow } from './alert-rows.ts';
import { numberAt, textAt, type Row } from './columns.ts';

/** Which alerts a list holds. Empty arrays mean: all. Pages run by id, newest first. */
export interface AlertFilter {
  readonly states: readonly AlertState[];
  readonly severities: readonly Severity[];
  readonly thingIds: readonly number[];
  /** Only those with a smaller id: the last id of the page before. */
  readonly before?: number;
  readonly limit: number;
}

const schema = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS alerts (
    id INTEGER PRIMARY KEY, state TEXT NOT NULL, rule_id INTEGER NOT NULL, rule_name TEXT NOT NULL, event TEXT NOT NULL,
    severity TEXT NOT NULL, category TEXT NOT NULL, direction TEXT NOT NULL, description TEXT, instruction TEXT,
    datastream_id INTEGER NOT NULL, datastream_name TEXT NOT NULL, thing_id INTEGER NOT NULL, thing_name TEXT NOT NULL,
    unit_symbol TEXT NOT NULL, value REAL NOT NULL, threshold REAL NOT NULL, pending_since REAL NOT NULL,
    active_since REAL, resolved_at REAL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS open_alerts ON alerts (rule_id, datastream_id) WHERE state <> 'resolved';
  CREATE INDEX IF NOT EXISTS alerts_by_state ON alerts (state, id);
  CREATE INDEX IF NOT EXISTS alerts_by_thing ON alerts (thing_id, id);
  CREATE TABLE IF NOT EXISTS transitions (
    rule_id INTEGER NOT NULL, datastream_id INTEGER NOT NULL, observation_id INTEGER NOT NULL, to_state TEXT NOT NULL,
    alert_id INTEGER NOT NULL, time REAL NOT NULL, value REAL NOT NULL, threshold REAL NOT NULL,
    rule_version INTEGER NOT NULL, sequence INTEGER NOT NULL,
    PRIMARY KEY (rule_id, datastream_id, observation_id, to_state)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS transitions_by_alert ON transitions (alert_id, sequence);
  CREATE TABLE IF NOT EXISTS cap_messages (
    number INTEGER PRIMARY KEY, alert_id INTEGER NOT NULL, identifier TEXT NOT NULL UNIQUE, sender TEXT NOT NULL,
    sent REAL NOT NULL, expires REAL NOT NULL, status TEXT NOT NULL, msg_type TEXT NOT NULL, all_clear INTEGER NOT NULL,
    headline TEXT NOT NULL, event TEXT NOT NULL, category TEXT NOT NULL, severity TEXT NOT NULL, urgency TEXT NOT NULL,
    area_desc TEXT NOT NULL, polygon TEXT, xml TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS cap_by_alert ON cap_messages (alert_id, number);
  CREATE INDEX IF NOT EXISTS cap_by_sent ON cap_messages (status, sent);
`;

const alertColumns = `a.*, (SELECT json_group_array(identifier) FROM
  (SELECT identifier FROM cap_messages WHERE alert_id = a.id ORDER BY number)) AS cap_identifiers`;

/** Alerts, their transitions and CAP messages in one SQLite file. What `transaction` does is durable when it returns. */
export class AlertStore {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  /** When this file was made, milliseconds since 1970: part of CAP identifiers, so that a new file never reuses one. */
  readonly created: number;

  constructor(path: string, now: number) {
    const database = new DatabaseSync(path);
    this.#database = database;
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
    database.exec(schema);
    this.#run("INSERT OR IGNORE INTO meta VALUES ('created', ?), ('position', 0)", now);
    this.created = this.#meta('created');
  }

  /** Everything below it is applied and durable; 0 in a new file. */
  position(): number {
    return this.#meta('position');
  }

  setPosition(position: number): void {
    this.#run("UPDATE meta SET value = ? WHERE key = 'position'", position);
  }

  /** Runs `work` as one transaction: all of it is durable afterwards, or it throws and nothing happened. */
  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  hasTransition({ ruleId, datastreamId, observationId, to }: TransitionRecord): boolean {
    const sql =
      'SELECT 1 FROM transitions WHERE rule_id = ? AND datastream_id = ? AND observation_id = ? AND to_state = ?';
    return this.#row(sql, ruleId, datastreamId, observationId, to) !== undefined;
  }

  addTransition(alertId: number, sequence: number, record: TransitionRecord): void {
    const { ruleId, datastreamId, observationId, to, time, value, threshold, ruleVersion } = record;
    const key = [ruleId, datastreamId, observationId, to];
    const rest = [alertId, time, value, threshold, ruleVersion, sequence];
    this.#run('INSERT INTO transitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', ...key, ...rest);
  }

  transitions(alertId: number): Transition[] {
    return this.#rows('SELECT * FROM transitions WHERE alert_id = ? ORDER BY sequence', alertId).map(transitionOf);
  }

  openAlert(ruleId: number, datastreamId: number): AlertRow | undefined {
    const where = "WHERE a.rule_id = ? AND a.datastream_id = ? AND a.state <> 'resolved'";
    const row = this.#row(`SELECT ${alertColumns} FROM alerts a ${where}`, ruleId, datastreamId);
    return row === undefined ? undefined : alertOf(row);
  }

  alert(id: number): AlertRow | undefined {
    const row = this.#row(`SELECT ${alertColumns} FROM alerts a WHERE a.id = ?`, id);
    return row === undefined ? undefined : alertOf(row);
  }

  putAlert(alert: AlertRow): void {
    this.#run(
      `INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      alert.id,
      alert.state,
      alert.ruleId,
      alert.rule.name,
      alert.rule.event,
      alert.rule.severity,
      alert.rule.category,
      alert.rule.direction,
      alert.rule.description ?? null,
      alert.rule.instruction ?? null,
      alert.datastreamId,
      alert.datastreamName,
      alert.thingId,
      alert.thingName,
      alert.unitSymbol,
      alert.value,
      alert.threshold,
      alert.pendingSince,
      alert.activeSince,
      alert.resolvedAt,
    );
  }

  list({ before, limit, ...filter }: AlertFilter): { readonly count: number; readonly alerts: readonly AlertRow[] } {
    const conditions = [
      among('a.state', filter.states),
      among('a.severity', filter.severities),
      among('a.thing_id', filter.thingIds),
    ];
    const values = [...filter.states, ...filter.severities, ...filter.thingIds];
    const where = conditions.filter((condition) => condition !== '').join(' AND ') || 'TRUE';
    const count = this.#row(`SELECT count(*) AS count FROM alerts a WHERE ${where}`, ...values);
    const page = `SELECT ${alertColumns} FROM alerts a WHERE ${where} AND a.id < ? ORDER BY a.id DESC LIMIT ?`;
    const rows = this.#rows(page, ...values, before ?? Number.MAX_SAFE_INTEGER, limit);
    return { count: count === undefined ? 0 : numberAt(count, 'count'), alerts: rows.map(alertOf) };
  }

  /** Datastream, severity and id of every active alert. */
  active(): { readonly id: number; readonly datastreamId: number; readonly severity: Alert['severity'] }[] {
    return this.#rows(`SELECT ${alertColumns} FROM alerts a WHERE a.state = 'active'`).map((row) => {
      const { id, datastreamId, rule } = alertOf(row);
      return { id, datastreamId, severity: rule.severity };
    });
  }

  addCap(message: CapRow, xml: string): void {
    this.#run(
      'INSERT INTO cap_messages VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      message.alertId,
      message.identifier,
      message.sender,
      message.sent,
      message.expires,
      message.status,
      message.msgType,
      message.allClear ? 1 : 0,
      message.headline,
      message.event,
      message.category,
      message.severity,
      message.urgency,
      message.areaDesc,
      message.polygon ?? null,
      xml,
    );
  }

  /** The messages of an alert, oldest first. */
  capOf(alertId: number): CapRow[] {
    return this.#rows('SELECT * FROM cap_messages WHERE alert_id = ? ORDER BY number', alertId).map(capRowOf);
  }

  capXml(identifier: string): { readonly xml: string; readonly message: CapRow } | undefined {
    const row = this.#row('SELECT * FROM cap_messages WHERE identifier = ?', identifier);
    return row === undefined ? undefined : { xml: textAt(row, 'xml'), message: capRowOf(row) };
  }

  /** The newest messages sent since, then those in force at `now` of active alerts that are not among them; each bounded. */
  capSince(status: string, since: number, now: number, limit: number): CapRow[] {
    const recent = 'SELECT * FROM cap_messages WHERE status = ? AND sent >= ? ORDER BY number DESC LIMIT ?';
    const standing = `SELECT c.* FROM alerts a JOIN cap_messages c ON c.alert_id = a.id
      WHERE a.state = 'active' AND c.status = ? AND c.expires > ? ORDER BY c.number DESC LIMIT ?`;
    const rows = this.#rows(recent, status, since, limit).map(capRowOf);
    const known = new Set(rows.map(({ identifier }) => identifier));
    const others = this.#rows(standing, status, now, limit).map(capRowOf);
    return [...rows, ...others.filter(({ identifier }) => !known.has(identifier))];
  }

  /** Active alerts whose newest message is no longer in force at `until`. */
  capExpiring(until: number, limit: number): AlertRow[] {
    const newest = 'SELECT max(c.expires) FROM cap_messages c WHERE c.alert_id = a.id';
    const sql = `SELECT ${alertColumns} FROM alerts a WHERE a.state = 'active' AND (${newest}) < ? LIMIT ?`;
    return this.#rows(sql, until, limit).map(alertOf);
  }

  close(): void {
    this.#database.close();
  }

  #meta(key: string): number {
    const row = this.#row('SELECT value FROM meta WHERE key = ?', key);
    return row === undefined ? 0 : numberAt(row, 'value');
  }

  #statement(sql: string): ReturnType<DatabaseSync['prepare']> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    // Filters make texts of many lengths; only so many are kept ready.
    if (this.#statements.size < 100) this.#statements.set(sql, statement);
    return statement;
  }

  #run(sql: string, ...values: readonly SQLInputValue[]): void {
    this.#statement(sql).run(...values);
  }

  #row(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  #rows(sql: string, ...values: readonly SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }
}

function among(column: string, values: readonly unknown[]): string {
  return values.length === 0 ? '' : `${column} IN (${values.map(() => '?').join(', ')})`;
}

/** An alert as the contract gives it. */
export function publicAlert(row: AlertRow): Alert {
  return {
    id: row.id,
    state: row.state,
    ruleId: row.ruleId,
    ruleName: row.rule.name,
    event: row.rule.event,
    severity: row.rule.severity,
    datastreamId: row.datastreamId,
    datastreamName: row.datastreamName,
    thingId: row.thingId,
    thingName: row.thingName,
    unitSymbol: row.unitSymbol,
    value: row.value,
    threshold: row.threshold,
    pendingSince: formatInstant(row.pendingSince),
    activeSince: row.activeSince === null ? null : formatInstant(row.activeSince),
    resolvedAt: row.resolvedAt === null ? null : formatInstant(row.resolvedAt),
    capIdentifiers: [...row.capIdentifiers],
  };
}
