import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StopList } from './stop-list.ts';

describe('stop list', () => {
  it('stops in the reverse order, one after the other', async () => {
    const steps: string[] = [];
    const list = new StopList();
    for (const name of ['log', 'store', 'listener']) {
      list.add(name, async () => {
        steps.push(`${name} begins`);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        steps.push(`${name} ends`);
      });
    }
    const named: string[] = [];
    await list.stop((name) => named.push(name));
    assert.deepEqual(steps, [
      'listener begins',
      'listener ends',
      'store begins',
      'store ends',
      'log begins',
      'log ends',
    ]);
    assert.deepEqual(named, ['listener', 'store', 'log']);
  });

  it('stops the rest where one fails, and then names all that failed with their causes', async () => {
    const stopped: string[] = [];
    const list = new StopList();
    const cause = new Error('disk gone');
    list.add('log', () => Promise.reject(cause));
    list.add('store', () => {
      stopped.push('store');
    });
    list.add('listener', () => {
      throw new Error('socket gone');
    });
    await assert.rejects(list.stop(), (error) => {
      assert.ok(error instanceof AggregateError);
      assert.equal(error.message, 'stopping listener failed; stopping log failed');
      assert.equal(error.errors[1].cause, cause);
      return true;
    });
    assert.deepEqual(stopped, ['store']);
  });

  it('stops everything once, and also what is added while it stops', async () => {
    const stopped: string[] = [];
    const list = new StopList();
    list.add('first', () => {
      stopped.push('first');
    });
    list.add('second', () => {
      list.add('late', () => {
        stopped.push('late');
      });
    });
    await Promise.all([list.stop(), list.stop()]);
    await list.stop();
    assert.deepEqual(stopped, ['late', 'first']);
  });
});
