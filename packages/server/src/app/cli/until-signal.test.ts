import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { aborted, listenForStop, type StopSignals } from './until-signal.ts';

// SIGHUP stands for all: the test runner itself listens for the others.
function listen(context: TestContext): { clock: { now: number }; stop: StopSignals; impatient: number[] } {
  const clock = { now: 100 };
  const impatient: number[] = [];
  const stop = listenForStop(
    () => clock.now,
    () => impatient.push(clock.now),
  );
  context.after(() => stop.release());
  return { clock, stop, impatient };
}

test('the first signal aborts, once', async (context) => {
  const { stop, impatient } = listen(context);
  assert.equal(stop.signal.aborted, false);
  process.emit('SIGHUP', 'SIGHUP');
  assert.equal(stop.signal.aborted, true);
  await aborted(stop.signal);
  assert.deepEqual(impatient, []);
});

test('signals within a second are one wish, a later one is impatience', (context) => {
  const { clock, impatient } = listen(context);
  process.emit('SIGHUP', 'SIGHUP');
  clock.now += 1_000;
  process.emit('SIGHUP', 'SIGHUP');
  assert.deepEqual(impatient, []);
  clock.now += 1;
  process.emit('SIGHUP', 'SIGHUP');
  assert.deepEqual(impatient, [1_101]);
});

test('after release the signals have their usual effect again', (context) => {
  const before = process.listenerCount('SIGHUP');
  const { stop } = listen(context);
  assert.equal(process.listenerCount('SIGHUP'), before + 1);
  stop.release();
  assert.equal(process.listenerCount('SIGHUP'), before);
});
