import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assert as assertInvariant,
  BrokenInvariant,
  CallerError,
  isRefusal,
  messageOf,
  quote,
  refuse,
} from './errors.ts';

describe('refusals', () => {
  it('are plain values with a code, a detail and, where there is one, a field', () => {
    assert.deepEqual(refuse('bad-time', 'no'), { kind: 'refusal', code: 'bad-time', detail: 'no' });
    assert.equal(refuse('bad-time', 'no', '/phenomenonTime').field, '/phenomenonTime');
    assert.ok(isRefusal(refuse('bad-time', 'no')));
    for (const other of [null, undefined, 'refusal', {}, { kind: 'other' }]) assert.equal(isRefusal(other), false);
  });

  it('travel through callbacks inside a CallerError', () => {
    const refusal = refuse('too-large', 'two megabytes');
    const error = new CallerError(refusal);
    assert.deepEqual([error.name, error.code, error.message], ['CallerError', 'too-large', 'two megabytes']);
    assert.equal(error.refusal, refusal);
  });
});

describe('assert', () => {
  it('throws a BrokenInvariant for anything but true', () => {
    assertInvariant(true, 'holds');
    for (const value of [false, 1, 'true', null]) {
      assert.throws(() => assertInvariant(value, 'does not hold'), BrokenInvariant);
    }
  });
});

describe('texts of errors', () => {
  it('take the message of an Error and the text of anything else', () => {
    assert.equal(messageOf(new TypeError('wrong')), 'wrong');
    assert.equal(messageOf('text'), 'text');
    assert.equal(messageOf(null), 'null');
  });

  it('quote any value as JSON, cut to 80 characters', () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    assert.equal(quote('a"b'), '"a\\"b"');
    assert.equal(quote(undefined), 'undefined');
    assert.equal(quote(Number.NaN), 'null');
    assert.equal(quote(circular), '[object Object]');
    assert.equal(quote(10n), '10');
    const long = quote('x'.repeat(1000));
    assert.equal(long.length, 80);
    assert.ok(long.endsWith('...'));
  });
});
