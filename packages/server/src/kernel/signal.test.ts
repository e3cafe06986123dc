import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Signal } from './signal.ts';

describe('signal', () => {
  it('tells listeners in the order they came, until they leave', () => {
    const heard: string[] = [];
    const signal = new Signal<number>();
    const leave = signal.subscribe((value) => heard.push(`first ${value}`));
    signal.subscribe((value) => heard.push(`second ${value}`));
    signal.emit(1);
    leave();
    leave();
    signal.emit(2);
    assert.deepEqual(heard, ['first 1', 'second 1', 'second 2']);
  });

  it('lets a listener leave while it is told, without passing over the next', () => {
    const heard: string[] = [];
    const signal = new Signal<number>();
    const leave = signal.subscribe(() => {
      heard.push('once');
      leave();
    });
    signal.subscribe(() => heard.push('always'));
    signal.emit(1);
    signal.emit(2);
    assert.deepEqual(heard, ['once', 'always', 'always']);
  });
});
