import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert, AlertWithTransitions, Severity } from '@belfry/contract';
import { recordKinds, type TransitionRecord } from '../domain/mod.ts';
import { assert, messageOf, Signal, type Clock } from '../kernel/mod.ts';
import type { Frame, Log } from '../log/mod.ts';
import type { Registry } from '../registry/mod.ts';
import { ActiveSeverities } from './active-severities.ts';
import { applyTransition } from './alert-life.ts';
import { AlertStore, publicAlert, type AlertFilter } from './alert-store.ts';
import type { AlertRow, CapRow } from './alert-rows.ts';
import { composeCap, isCapSender, type CapOccasion, type CapOptions, type Place } from './cap-publisher.ts';
import { parseTransitionLine } from './transition-line.ts';

/** pino's shape, as far as it is used. */
export interface AlertsLogger {
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface AlertsOptions {
  /** Of the SQLite file. */
  readonly path: string;
  readonly log: Log;
  readonly registry: Pick<Registry, 'datastream'>;
  readonly clock: Clock;
  readonly cap: CapOptions;
  /** GeoJSON of where a Thing is, for the area of a CAP message; a message goes out without it where that fails. */
  readonly positionOf: (thingId: number) => Promise<Place | undefined>;
  readonly logger?: AlertsLogger;
  /** Between two looks for CAP messages that run out while their alert is active; default 60 s. */
  readonly renewEveryMillis?: number;
}

/**
 * The alerts: a consumer of the log that turns transitions into alerts and CAP messages.
 *
 * A transition, what it does to its alert, the CAP message and the position are one durable transaction, and a transition's
 * key counts once: nothing is doubled or lost by a crash. CAP messages never change. Failure: `trouble` says so, and it tries again.
 */
export interface Alerts {
  /** Newest first. `next` is the id to give as `before` for the next page. */
  list(filter: AlertFilter): { readonly count: number; readonly alerts: readonly Alert[]; readonly next?: number };
  get(id: number): AlertWithTransitions | undefined;
  /** Highest severity of an active alert on a Datastream; in memory. */
  activeSeverity(datastreamId: number): Severity | null;
  /** Tells of each alert after each of its transitions, once that is durable. */
  onChange(listener: (alert: Alert) => void): () => void;
  capMessage(identifier: string): { readonly xml: string; readonly message: CapRow } | undefined;
  /** Messages of a status sent at `since` or later, and older ones of alerts that are active; newest first, bounded. */
  capMessages(status: string, since: number): readonly CapRow[];
  readonly capStatus: CapOptions['status'];
  /** When the first message could have been sent: milliseconds since 1970. */
  readonly created: number;
  /** Everything below it is applied. */
  readonly position: number;
  readonly trouble: string | null;
  /** Resolves when everything below `sequence` is applied. */
  caughtUp(sequence: number, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

interface Incoming {
  readonly sequence: number;
  readonly record: TransitionRecord;
}

const batchMax = 500;
const capListMax = 500;
const retryMillis = 500;
const saveMillis = 1_000;
const placeMillisMax = 5_000;

/** @throws RangeError where the CAP sender has characters that CAP does not take. */
export function openAlerts(options: AlertsOptions): Alerts {
  if (!isCapSender(options.cap.sender)) {
    throw new RangeError(`CAP sender ${JSON.stringify(options.cap.sender)} must be of letters, digits and .@:_-`);
  }
  return new AlertsConsumer(options);
}

class AlertsConsumer implements Alerts {
  readonly #options: AlertsOptions;
  readonly #store: AlertStore;
  readonly #severities = new ActiveSeverities();
  readonly #changes = new Signal<Alert>();
  readonly #stop = new AbortController();
  readonly #waiters = new Set<{ readonly sequence: number; readonly resolve: () => void }>();
  readonly #keep: (position: number) => void;
  readonly #running: Promise<void>;
  #position: number;
  #savedPosition: number;
  #nextSave: number;
  #trouble: string | null = null;

  constructor(options: AlertsOptions) {
    this.#options = options;
    this.#store = new AlertStore(options.path, options.clock.now());
    for (const { id, datastreamId, severity } of this.#store.active()) this.#severities.add(datastreamId, id, severity);
    this.#savedPosition = this.#store.position();
    this.#position = Math.max(this.#savedPosition, options.log.firstSequence);
    this.#keep = options.log.keep('alerts', this.#position);
    this.#nextSave = options.clock.monotonic() + saveMillis;
    this.#running = Promise.all([this.#run(), this.#renewals()]).then(() => undefined);
  }

  list(filter: AlertFilter): { readonly count: number; readonly alerts: readonly Alert[]; readonly next?: number } {
    const { count, alerts } = this.#store.list({ ...filter, limit: filter.limit + 1 });
    const page = alerts.slice(0, filter.limit).map(publicAlert);
    const last = page.at(-1);
    return alerts.length > filter.limit && last !== undefined
      ? { count, alerts: page, next: last.id }
      : { count, alerts: page };
  }

  get(id: number): AlertWithTransitions | undefined {
    const row = this.#store.alert(id);
    return row === undefined ? undefined : { ...publicAlert(row), transitions: this.#store.transitions(id) };
  }

  activeSeverity(datastreamId: number): Severity | null {
    return this.#severities.highest(datastreamId);
  }

  onChange(listener: (alert: Alert) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  capMessage(identifier: string): { readonly xml: string; readonly message: CapRow } | undefined {
    return this.#store.capXml(identifier);
  }

  capMessages(status: string, since: number): readonly CapRow[] {
    return this.#store.capSince(status, since, this.#options.clock.now(), capListMax);
  }

  get capStatus(): CapOptions['status'] {
    return this.#options.cap.status;
  }

  get created(): number {
    return this.#store.created;
  }

  get position(): number {
    return this.#position;
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  async caughtUp(sequence: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#position >= sequence) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { sequence, resolve };
    const onAbort = (): void => reject(new Error('aborted', { cause: signal?.reason }));
    this.#waiters.add(waiter);
    signal?.addEventListener('abort', onAbort);
    try {
      await promise;
    } finally {
      this.#waiters.delete(waiter);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    try {
      this.#savePosition(this.#position);
    } finally {
      this.#store.close();
    }
  }

  async #run(): Promise<void> {
    const { log, logger } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const reader = log.reader(this.#position);
      try {
        while (!signal.aborted) {
          for (const frame of await reader.read(signal)) await this.#frame(frame);
          this.#trouble = null;
        }
      } catch (error) {
        if (!signal.aborted) {
          this.#trouble = messageOf(error);
          logger?.error({ error: this.#trouble, position: this.#position }, 'alerts: transitions are not applied');
          await pause(retryMillis, signal);
        }
      } finally {
        await reader.close();
      }
    }
  }

  async #frame(frame: Frame): Promise<void> {
    const end = frame.sequence + frame.count;
    if (frame.kind === recordKinds.transitions) {
      const incoming = this.#parse(frame);
      for (let start = 0; start < incoming.length; start += batchMax) {
        await this.#batch(incoming.slice(start, start + batchMax));
      }
    }
    this.#position = end;
    // What is not for us is only counted: reading it again after a crash costs nothing but time.
    if (this.#options.clock.monotonic() >= this.#nextSave) this.#savePosition(end);
    for (const waiter of this.#waiters) if (waiter.sequence <= end) waiter.resolve();
  }

  #parse(frame: Frame): Incoming[] {
    const lines = frame.payload.toString('utf8').split('\n');
    return lines.slice(0, -1).flatMap((line, index) => {
      const sequence = frame.sequence + index;
      if (sequence < this.#position) return [];
      const record = parseTransitionLine(line);
      if (record !== undefined) return [{ sequence, record }];
      this.#options.logger?.error(
        { sequence, line: line.slice(0, 200) },
        'alerts: a transition that is none was left out',
      );
      return [];
    });
  }

  /** Applies transitions in order, as one transaction. */
  async #batch(incoming: readonly Incoming[]): Promise<void> {
    const last = incoming.at(-1);
    if (last === undefined) return;
    const places = await this.#placesOf(incoming);
    const position = last.sequence + 1;
    const changed = this.#store.transaction(() => {
      const alerts = incoming.flatMap((one) => this.#apply(one, places));
      this.#store.setPosition(position);
      return alerts;
    });
    this.#position = position;
    this.#savedPosition = position;
    this.#keep(position);
    for (const alert of changed) this.#tell(alert);
  }

  #apply({ sequence, record }: Incoming, places: ReadonlyMap<number, Place>): readonly AlertRow[] {
    // Run again after a crash, the rules append what they appended before: its key says so.
    if (this.#store.hasTransition(record)) return [];
    const open = this.#store.openAlert(record.ruleId, record.datastreamId);
    const change = applyTransition(open, record, sequence, this.#options.registry.datastream(record.datastreamId));
    if (change.kind === 'ignored') return [];
    const { alert, publish } = change;
    this.#store.putAlert(alert);
    this.#store.addTransition(alert.id, sequence, record);
    if (publish !== 'nothing') this.#publish(alert, publish, places.get(alert.thingId));
    const stored = this.#store.alert(alert.id);
    assert(stored !== undefined, 'an alert that was just written is there');
    return [stored];
  }

  #publish(alert: AlertRow, occasion: CapOccasion, place: Place | undefined): void {
    const { cap, clock } = this.#options;
    const chain = this.#store.capOf(alert.id);
    const { row, xml } = composeCap(cap, this.#store.created, alert, occasion, chain, place, clock.now());
    this.#store.addCap(row, xml);
  }

  #tell(row: AlertRow): void {
    if (row.state === 'active') this.#severities.add(row.datastreamId, row.id, row.rule.severity);
    else this.#severities.remove(row.datastreamId, row.id);
    this.#changes.emit(publicAlert(row));
  }

  async #placesOf(incoming: readonly Incoming[]): Promise<ReadonlyMap<number, Place>> {
    const places = new Map<number, Place>();
    for (const { record } of incoming) {
      if (record.to === 'pending') continue;
      const open = this.#store.openAlert(record.ruleId, record.datastreamId);
      const thingId = open?.thingId ?? this.#options.registry.datastream(record.datastreamId)?.thingId;
      if (thingId === undefined || places.has(thingId)) continue;
      const place = await this.#placeOf(thingId);
      if (place !== undefined) places.set(thingId, place);
    }
    return places;
  }

  /** A warning without its area is better than none: failure and slowness end in undefined. */
  async #placeOf(thingId: number): Promise<Place | undefined> {
    const late = new AbortController();
    try {
      return await Promise.race([this.#options.positionOf(thingId), pause(placeMillisMax, late.signal)]);
    } catch (error) {
      this.#options.logger?.warn({ thingId, error: messageOf(error) }, 'alerts: no place for a CAP message');
      return undefined;
    } finally {
      late.abort();
    }
  }

  /** A message that runs out while its alert is active would tell receivers that the danger is over. */
  async #renewals(): Promise<void> {
    const { signal } = this.#stop;
    const { renewEveryMillis = 60_000 } = this.#options;
    for (;;) {
      await pause(renewEveryMillis, signal);
      if (signal.aborted) return;
      await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    const { cap, clock, logger } = this.#options;
    const lead = (cap.expiresMillis ?? 86_400_000) / 12;
    try {
      for (const alert of this.#store.capExpiring(clock.now() + lead, batchMax)) {
        const place = await this.#placeOf(alert.thingId);
        // It may have been resolved meanwhile.
        if (this.#store.alert(alert.id)?.state !== 'active') continue;
        this.#store.transaction(() => this.#publish(alert, 'renewal', place));
      }
    } catch (error) {
      logger?.error({ error: messageOf(error) }, 'alerts: CAP messages were not renewed');
    }
  }

  #savePosition(position: number): void {
    if (position !== this.#savedPosition) {
      this.#store.transaction(() => this.#store.setPosition(position));
      this.#savedPosition = position;
      this.#keep(position);
    }
    this.#nextSave = this.#options.clock.monotonic() + saveMillis;
  }
}

/** Ends without a value when the time is up or the signal says so. */
async function pause(millis: number, signal: AbortSignal): Promise<undefined> {
  try {
    await sleep(millis, undefined, { signal });
  } catch {
    // Aborted: there is nothing to wait for any more.
  }
  return undefined;
}
