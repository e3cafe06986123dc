import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BoundedRing } from './bounded-ring.ts';

describe('bounded ring', () => {
  it('holds the newest items, newest first, whatever is pushed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.array(fc.integer(), { maxLength: 50 }), (capacity, items) => {
        const ring = new BoundedRing<number>(capacity);
        for (const [index, item] of items.entries()) {
          ring.push(item);
          const expected = items.slice(Math.max(0, index + 1 - capacity), index + 1).toReversed();
          assert.deepEqual(ring.newestFirst(), expected);
          assert.equal(ring.size, expected.length);
        }
      }),
    );
  });

  it('gives a list of its own, which later items do not change', () => {
    const ring = new BoundedRing<string>(2);
    ring.push('one');
    const list = ring.newestFirst();
    ring.push('two');
    ring.push('three');
    assert.deepEqual(list, ['one']);
  });

  it('cannot be made without room', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => new BoundedRing(capacity), { name: 'BrokenInvariant' });
    }
  });
});
