import type { Clock } from '../../kernel/mod.ts';
import type { MqttLogger } from './options.ts';

const WINDOW_MILLIS = 1_000;
/** Kinds are names in this folder's code; the bound only guards against one that is made of a client's words. */
const KINDS_MAX = 100;

interface Kind {
  lastLoggedAt: number;
  suppressed: number;
}

/** At most one line a second for each kind of event, with the number of those that were left out since the last. */
export class SampledLog {
  readonly #logger: MqttLogger;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();

  constructor(logger: MqttLogger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  warn(kind: string, fields: object, message: string): void {
    const now = this.#clock.monotonic();
    const known = this.#kinds.get(kind);
    if (known !== undefined && now - known.lastLoggedAt < WINDOW_MILLIS) {
      known.suppressed++;
      return;
    }
    this.#logger.warn({ ...fields, kind, suppressed: known?.suppressed ?? 0 }, message);
    if (known !== undefined) {
      known.lastLoggedAt = now;
      known.suppressed = 0;
    } else if (this.#kinds.size < KINDS_MAX) {
      this.#kinds.set(kind, { lastLoggedAt: now, suppressed: 0 });
    }
  }

  /** Logs the counts of kinds that have been quiet since; called from time to time. */
  flush(): void {
    const now = this.#clock.monotonic();
    for (const [kind, known] of this.#kinds) {
      if (known.suppressed === 0 || now - known.lastLoggedAt < WINDOW_MILLIS) continue;
      this.#logger.warn({ kind, suppressed: known.suppressed }, 'more of the same were left out');
      known.lastLoggedAt = now;
      known.suppressed = 0;
    }
  }
}
