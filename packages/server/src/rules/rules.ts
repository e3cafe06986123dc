import { setTimeout as sleep } from 'node:timers/promises';
import type { Rule } from '@belfry/contract';
import { recordKinds, type RuleChange } from '../domain/mod.ts';
import { assert, isRefusal, messageOf, refuse, type Clock, type Refusal } from '../kernel/mod.ts';
import type { Log } from '../log/mod.ts';
import type { Registry } from '../registry/mod.ts';
import { FrameInbox } from './frame-inbox.ts';
import { Judge } from './judge.ts';
import { encodeLine, ruleOf } from './records.ts';
import { parseRuleDraft } from './rule-draft.ts';
import { RuleStore } from './rule-store.ts';

/** pino's shape, as far as it is used. */
export interface RulesLogger {
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface RulesOptions {
  /** Of the SQLite file. */
  readonly path: string;
  readonly log: Log;
  readonly registry: Pick<Registry, 'datastream' | 'get' | 'revision'>;
  readonly clock: Clock;
  readonly logger?: RulesLogger;
  /** State is saved at most this often; at least that much is judged again after a crash. */
  readonly saveMillis?: number;
}

/**
 * The rules and their evaluation: a consumer of the log that appends transitions to it.
 *
 * Order: readings are judged in the order of the log. Durability: position and state are saved together, and only once the
 * transitions before them are durable; after a crash the same readings give transitions with the same keys.
 * Failure: where log or disk fails, `trouble` says so, nothing is skipped, and it tries again.
 */
export interface Rules {
  /** In order of id. */
  list(): readonly Rule[];
  get(id: number): Rule | undefined;
  /** Creates a rule from a RuleDraft, or changes rule `id`. Resolves when the change is durable and applied. */
  put(body: unknown, id?: number): Promise<Rule | Refusal>;
  /** Resolves when the rule is gone and its open alerts are on their way to be resolved. */
  remove(id: number): Promise<true | Refusal>;
  /** Everything below it is judged. */
  readonly position: number;
  readonly trouble: string | null;
  /** Since the start: readings judged, and readings that came after a later one of their Datastream and were not judged. */
  readonly counts: { readonly judged: number; readonly late: number };
  /** Resolves when everything below `sequence` is judged. */
  caughtUp(sequence: number, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const rulesMax = 10_000;
const retryMillis = 200;
const applyMillisMax = 30_000;
const closeMillisMax = 5_000;
/** A save may take this part of the time at most; with very many Datastreams it then comes less often, up to the bound. */
const saveShare = 20;
const saveMillisMax = 3_000;

export function openRules(options: RulesOptions): Rules {
  return new RulesConsumer(options);
}

class RulesConsumer implements Rules {
  readonly #log: Log;
  readonly #registry: RulesOptions['registry'];
  readonly #clock: Clock;
  readonly #logger: RulesLogger | undefined;
  readonly #store: RuleStore;
  readonly #judge: Judge;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<{ readonly sequence: number; readonly resolve: () => void }>();
  readonly #keep: (position: number) => void;
  readonly #running: Promise<void>;
  readonly #saveMillis: number;
  #position: number;
  #savedPosition: number;
  #appended = 0;
  #nextSave: number;
  #sweptRevision = -1;
  #trouble: string | null = null;
  #saveTrouble: string | null = null;

  constructor({ path, log, registry, clock, logger, saveMillis = 1_000 }: RulesOptions) {
    this.#log = log;
    this.#registry = registry;
    this.#clock = clock;
    this.#logger = logger;
    this.#saveMillis = saveMillis;
    this.#store = new RuleStore(path);
    this.#judge = new Judge(registry);
    for (const rule of this.#store.rules()) this.#judge.table.put(rule);
    for (const state of this.#store.states()) this.#judge.table.restore(state.ruleId, state.datastreamId, state);
    this.#savedPosition = this.#store.position();
    this.#position = Math.max(this.#savedPosition, log.firstSequence);
    this.#keep = log.keep('rules', this.#position);
    this.#nextSave = clock.monotonic() + saveMillis;
    this.#running = this.#run();
  }

  list(): readonly Rule[] {
    return [...this.#judge.table.rules()].map(({ rule }) => rule).sort((one, other) => one.id - other.id);
  }

  get(id: number): Rule | undefined {
    return this.#judge.table.get(id)?.rule;
  }

  async put(body: unknown, id?: number): Promise<Rule | Refusal> {
    const draft = await parseRuleDraft(body, this.#registry);
    if (isRefusal(draft)) return draft;
    if (id !== undefined && this.get(id) === undefined) return unknownRule(id);
    if (id === undefined && this.#judge.table.size >= rulesMax) {
      return refuse('too-many', `there are ${rulesMax} rules, which is the most that this server takes`);
    }
    const version = this.#log.nextSequence;
    const change = { kind: 'put', id: id ?? version, version, draft, time: this.#clock.now() } as const;
    const refusal = await this.#record(change);
    return refusal ?? ruleOf(change);
  }

  async remove(id: number): Promise<true | Refusal> {
    if (this.get(id) === undefined) return unknownRule(id);
    const version = this.#log.nextSequence;
    const refusal = await this.#record({ kind: 'delete', id, version, time: this.#clock.now() });
    return refusal ?? true;
  }

  get position(): number {
    return this.#position;
  }

  get trouble(): string | null {
    return this.#trouble ?? this.#saveTrouble;
  }

  get counts(): { readonly judged: number; readonly late: number } {
    return { judged: this.#judge.judged, late: this.#judge.late };
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
      // What could not be appended is judged again after the next start, so the position must not pass it.
      if (this.#judge.outbox.length === 0) await this.#save(AbortSignal.timeout(closeMillisMax));
    } catch (error) {
      this.#logger?.warn({ error: messageOf(error) }, 'rules: state was not saved at the end; it is judged again');
    }
    this.#store.close();
  }

  /** Appends a change whose version is the sequence that it must get, and waits until it is durable and applied. */
  async #record(change: RuleChange): Promise<Refusal | undefined> {
    const line = encodeLine(change);
    const sequence = this.#log.append(recordKinds.rules, line, 0, line.length);
    if (sequence === 0) {
      return this.#log.trouble === null
        ? refuse('busy', 'the log is full for the moment')
        : refuse('log-failed', this.#log.trouble);
    }
    assert(sequence === change.version, 'the log gave another sequence than nextSequence promised');
    try {
      await this.#log.whenDurable(sequence + 1);
    } catch (error) {
      return refuse('log-failed', messageOf(error));
    }
    // The change is durable. An evaluation that is far behind must not make the asker wait for ever.
    await this.caughtUp(sequence + 1, AbortSignal.timeout(applyMillisMax)).catch(() => undefined);
    return undefined;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const inbox = new FrameInbox(this.#log, this.#position, this.#stop.signal);
      try {
        while (!this.#stop.signal.aborted) await this.#turn(inbox);
      } catch (error) {
        if (!this.#stop.signal.aborted) await this.#standStill(error);
      } finally {
        await inbox.close();
      }
    }
  }

  async #turn(inbox: FrameInbox): Promise<void> {
    await this.#flush();
    const due = this.#nextSave - this.#clock.monotonic();
    for (const frame of await inbox.next(Math.max(1, Math.min(due, 1_000)))) {
      this.#judge.frame(frame, this.#position);
      await this.#flush();
      this.#position = frame.sequence + frame.count;
    }
    this.#trouble = null;
    for (const waiter of this.#waiters) if (waiter.sequence <= this.#position) waiter.resolve();
    if (this.#clock.monotonic() < this.#nextSave) return;
    if (this.#sweptRevision !== this.#registry.revision) {
      this.#sweptRevision = this.#registry.revision;
      this.#judge.sweep();
      await this.#flush();
    }
    await this.#trySave();
  }

  /** Appends what waits, in order; where the log takes nothing now, it waits and tries again. */
  async #flush(): Promise<void> {
    const { outbox } = this.#judge;
    if (outbox.length === 0) return;
    let done = 0;
    try {
      for (const record of outbox) {
        const line = encodeLine(record);
        let sequence = this.#log.append(recordKinds.transitions, line, 0, line.length);
        while (sequence === 0) {
          this.#trouble = this.#log.trouble ?? 'the log is full for the moment: transitions wait';
          await sleep(retryMillis, undefined, { signal: this.#stop.signal });
          sequence = this.#log.append(recordKinds.transitions, line, 0, line.length);
        }
        this.#appended = sequence;
        done += 1;
      }
    } finally {
      outbox.splice(0, done);
    }
  }

  /** Evaluation goes on while the state cannot be saved; only the way back after a crash grows longer. */
  async #trySave(): Promise<void> {
    try {
      await this.#save(this.#stop.signal);
      this.#saveTrouble = null;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#saveTrouble = `the state of the rules is not saved: ${messageOf(error)}`;
      this.#logger?.error({ error: messageOf(error) }, 'rules: the state is not saved');
      this.#nextSave = this.#clock.monotonic() + saveMillisMax;
    }
  }

  async #save(signal: AbortSignal): Promise<void> {
    const begin = this.#clock.monotonic();
    if (this.#judge.hasUnsaved || this.#savedPosition !== this.#position) {
      await this.#log.whenDurable(this.#appended + 1, signal);
      this.#store.save(this.#judge.unsaved(this.#position));
      this.#judge.saved();
      this.#savedPosition = this.#position;
      this.#keep(this.#position);
    }
    const end = this.#clock.monotonic();
    const pause = Math.min((end - begin) * saveShare, saveMillisMax);
    this.#nextSave = end + Math.max(this.#saveMillis, pause);
  }

  async #standStill(cause: unknown): Promise<void> {
    this.#trouble = messageOf(cause);
    this.#logger?.error({ error: this.#trouble, position: this.#position }, 'rules: evaluation stands still');
    await sleep(retryMillis, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

function unknownRule(id: number): Refusal {
  return refuse('unknown-entity', `there is no rule ${id}`);
}
