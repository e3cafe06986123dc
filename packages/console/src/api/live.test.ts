import { expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import type { Answer } from './fetch.ts';
import { backOffMillis, createLiveFollower, offlineAfterMillis, type LiveStatus } from './live.ts';

/** A clock that jumps to the end of each sleep. */
function jumpingClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (millis, signal) => {
      await Promise.resolve();
      if (!signal.aborted) now += millis;
    },
  };
}

const unreachable: Answer<never> = {
  kind: 'failed',
  failure: { kind: 'unreachable', title: '', detail: '', remedy: '', status: null, requestId: null },
};

test('a stream is live once it was heard, and no longer when it ends', async () => {
  const stop = new AbortController();
  const statuses: LiveStatus['kind'][] = [];
  const events: string[] = [];
  let opened = 0;
  const follower = createLiveFollower({
    open: async () => {
      opened += 1;
      return opened === 1 ? { kind: 'ok', value: new Blob(['event: hello\ndata: {}\n\n']).stream() } : unreachable;
    },
    clock: {
      now: () => 0,
      sleep: (_millis, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve());
        }),
    },
    random: () => 0.5,
    onEvent: (event) => events.push(event.event),
    onStatus: (status) => {
      statuses.push(status.kind);
      if (status.kind !== 'live') stop.abort();
    },
  });
  await follower.run(stop.signal);
  expect(events).toEqual(['hello']);
  expect(statuses).toEqual(['live', 'reconnecting']);
});

test('a page without connection says reconnecting first and offline after a while, always since the same time', async () => {
  const stop = new AbortController();
  const statuses: LiveStatus[] = [];
  const follower = createLiveFollower({
    open: async () => unreachable,
    clock: jumpingClock(),
    random: () => 0.5,
    onEvent: () => undefined,
    onStatus: (status) => {
      statuses.push(status);
      if (status.kind === 'offline') stop.abort();
    },
  });
  await follower.run(stop.signal);
  expect(statuses[0]?.kind).toBe('reconnecting');
  const last = statuses.at(-1);
  expect(last?.kind).toBe('offline');
  const since = statuses.map((status) => ('since' in status ? status.since : null));
  expect(new Set(since).size).toBe(1);
  if (last?.kind === 'offline') expect(last.retryAt - last.since).toBeGreaterThan(offlineAfterMillis);
});

test('a follower that is signed out does not try again', async () => {
  let opened = 0;
  const follower = createLiveFollower({
    open: async () => {
      opened += 1;
      return { kind: 'failed', failure: { ...unreachable.failure, kind: 'signed-out' } };
    },
    clock: jumpingClock(),
    random: () => 0,
    onEvent: () => undefined,
    onStatus: () => undefined,
  });
  await follower.run(new AbortController().signal);
  expect(opened).toBe(1);
});

test('waiting doubles from one second to half a minute, spread by a quarter', () => {
  expect(backOffMillis(0, 0.5)).toBe(1_000);
  expect(backOffMillis(3, 0.5)).toBe(8_000);
  expect(backOffMillis(100, 0)).toBe(22_500);
  expect(backOffMillis(100, 1)).toBe(37_500);
});
