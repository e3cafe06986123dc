import type { Admission, Outcome, Source } from '../src/admission/mod.ts';
import { type Refusal, refuse, Signal } from '../src/kernel/mod.ts';

export interface Submission {
  readonly source: Source;
  /** Undefined when the body named its Datastream itself. */
  readonly datastreamId: number | undefined;
  readonly body: unknown;
}

export interface MemoryAdmissionOptions {
  /** Sequences become durable by `makeDurable` only; otherwise soon after they were given, as with group commit. */
  readonly byHand?: boolean;
  /** Ids of the Datastreams that exist; all by default. */
  readonly datastreams?: ReadonlySet<number>;
  /** Decides in place of the default, which accepts all; undefined: goes on with the default. */
  readonly judge?: (submission: Submission) => Outcome | Promise<Outcome> | undefined;
}

/** An Admission that keeps what it takes in memory, for tests of listeners. */
export class MemoryAdmission implements Admission {
  /** In the order they came, accepted or not. */
  readonly submissions: Submission[] = [];
  /** What listeners reported. */
  readonly refusals: { readonly source: Source; readonly refusal: Refusal; readonly datastreamId: number | null }[] =
    [];
  pressed = false;
  durableSequence = 0;
  readonly #options: MemoryAdmissionOptions;
  readonly #durable = new Signal<number>();
  readonly #pressure = new Signal<boolean>();
  #next = 0;
  #scheduled = false;

  constructor(options: MemoryAdmissionOptions = {}) {
    this.#options = options;
  }

  submit(source: Source, datastreamId: number, body: unknown): Outcome | Promise<Outcome> {
    return this.#take({ source, datastreamId, body });
  }

  submitNamed(source: Source, body: unknown): Outcome | Promise<Outcome> {
    return this.#take({ source, datastreamId: undefined, body });
  }

  recordRefusal(source: Source, refusal: Refusal, datastreamId: number | null): void {
    this.refusals.push({ source, refusal, datastreamId });
  }

  onPressure(listener: (pressed: boolean) => void): () => void {
    return this.#pressure.subscribe(listener);
  }

  onDurable(listener: (durableSequence: number) => void): () => void {
    return this.#durable.subscribe(listener);
  }

  whenAcknowledged(): Promise<void> {
    return Promise.resolve();
  }

  /** Gives the next sequence, for a `judge` that decides later. */
  nextSequence(): number {
    return this.#next++;
  }

  /** Makes everything below `sequence` durable; all by default. */
  makeDurable(sequence: number = this.#next): void {
    this.durableSequence = sequence;
    this.#durable.emit(sequence);
  }

  /** The log fails: nothing more becomes durable. */
  fail(): void {
    this.durableSequence = 0;
    this.#durable.emit(0);
  }

  press(pressed: boolean): void {
    this.pressed = pressed;
    this.#pressure.emit(pressed);
  }

  #take(submission: Submission): Outcome | Promise<Outcome> {
    this.submissions.push(submission);
    const judged = this.#options.judge?.(submission);
    if (judged !== undefined) return judged;
    if (!submission.source.mayWrite) return refuse('not-allowed', 'the token has no scope to write');
    const { datastreamId } = submission;
    const { datastreams } = this.#options;
    if (datastreamId !== undefined && datastreams !== undefined && !datastreams.has(datastreamId)) {
      return refuse('unknown-datastream', `there is no Datastream ${datastreamId}`);
    }
    if (this.#options.byHand !== true && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.makeDurable();
      });
    }
    return this.nextSequence();
  }
}
