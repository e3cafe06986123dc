// Follows /live for as long as the page lives. It says truthfully whether what is on the page is live: the state is
// `live` only while a connection stands and the server has been heard within `quietMillisMax`.
import type { Answer, Failure } from './fetch.ts';
import type { Clock } from './clock.ts';
import { createSseParser, type SseEvent } from './sse.ts';

export type LiveStatus =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Not connected since `since`; the next try is at `retryAt`. Milliseconds since 1970. */
  | { readonly kind: 'reconnecting' | 'offline'; readonly since: number; readonly retryAt: number };

interface LiveParts {
  readonly open: (signal: AbortSignal) => Promise<Answer<ReadableStream<Uint8Array>>>;
  readonly clock: Clock;
  /** A number in [0, 1), to spread the reconnections of many consoles. */
  readonly random: () => number;
  readonly onEvent: (event: SseEvent) => void;
  readonly onStatus: (status: LiveStatus) => void;
}

export interface LiveFollower {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Tries again now instead of at `retryAt`. */
  retry(): void;
}

const quietMillisMax = 25_000;
/** How long a connection may take to say its first word. */
const openMillisMax = 10_000;
const backOffMillisMin = 1_000;
const backOffMillisMax = 30_000;
/** After this long without a connection, a page says "offline" and no longer "reconnecting". */
export const offlineAfterMillis = 15_000;

interface ConnectionEnd {
  /** It brought at least one piece. */
  readonly heard: boolean;
  /** It ended because nothing was heard for too long. */
  readonly fellQuiet: boolean;
  readonly failure: Failure | null;
}

export function createLiveFollower({ open, clock, random, onEvent, onStatus }: LiveParts): LiveFollower {
  let wake = new AbortController();

  /** Reads one connection to its end. */
  async function connection(signal: AbortSignal): Promise<ConnectionEnd> {
    const quiet = createQuietTimer(clock, signal);
    let failure: Failure | null = null;
    try {
      const answer = await open(quiet.signal);
      if (answer.kind === 'failed') failure = answer.failure;
      else {
        for await (const events of decode(answer.value, quiet.signal)) {
          if (!quiet.heard()) onStatus({ kind: 'live' });
          quiet.reset();
          for (const event of events) onEvent(event);
        }
      }
    } catch {
      // The network broke the stream; what to do is the same as after its orderly end.
    } finally {
      quiet.stop();
    }
    return { heard: quiet.heard(), fellQuiet: quiet.fellQuiet(), failure };
  }

  return {
    retry: () => wake.abort(),
    async run(signal) {
      let since: number | null = null;
      let attempt = 0;
      while (!signal.aborted) {
        const { heard, fellQuiet, failure } = await connection(signal);
        if (signal.aborted || failure?.kind === 'signed-out') return;
        if (heard) {
          since = null;
          attempt = 0;
          // Silence may be just a quiet town: ask anew at once, and say so only if that fails.
          if (fellQuiet) continue;
        }
        since ??= clock.now();
        const wait = backOffMillis(attempt, random());
        attempt += 1;
        const offline = clock.now() + wait - since > offlineAfterMillis;
        onStatus({ kind: offline ? 'offline' : 'reconnecting', since, retryAt: clock.now() + wait });
        wake = new AbortController();
        await clock.sleep(wait, AbortSignal.any([signal, wake.signal]));
      }
    },
  };
}

/** Milliseconds to wait before try number `attempt` (from 0): doubling, with a spread of a quarter either way. */
export function backOffMillis(attempt: number, random: number): number {
  const base = Math.min(backOffMillisMax, backOffMillisMin * 2 ** Math.min(attempt, 10));
  return Math.round(base * (0.75 + random / 2));
}

async function* decode(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<readonly SseEvent[], void, undefined> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const parser = createSseParser();
  const cancel = (): void => {
    reader.cancel().catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

interface QuietTimer {
  /** Aborts when the outer signal does, or when nothing was heard for `quietMillisMax`. */
  readonly signal: AbortSignal;
  reset(): void;
  heard(): boolean;
  fellQuiet(): boolean;
  stop(): void;
}

/** A half-open connection (a pulled cable, a sleeping laptop) gives no error: silence is the only sign of it. */
function createQuietTimer(clock: Clock, outer: AbortSignal): QuietTimer {
  const quiet = new AbortController();
  const stopped = new AbortController();
  let last = clock.now();
  let heard = false;
  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted && !outer.aborted) {
      const left = last + (heard ? quietMillisMax : openMillisMax) - clock.now();
      if (left <= 0) return quiet.abort();
      await clock.sleep(left, AbortSignal.any([stopped.signal, outer]));
    }
  };
  watch().catch(() => quiet.abort());
  return {
    signal: AbortSignal.any([quiet.signal, outer]),
    reset: () => {
      last = clock.now();
      heard = true;
    },
    heard: () => heard,
    fellQuiet: () => quiet.signal.aborted,
    stop: () => stopped.abort(),
  };
}
