import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import { blameOf } from './blame.ts';

const stay = (isIsolated: boolean, wasOnly: boolean) => ({ isIsolated, wasOnly, end: () => {} });
const lost = new InferError('UNAVAILABLE', 'gone', { progress: 'lost' });
const pastLimit = (calls: number | undefined) =>
  new InferError('INTERNAL', 'too long', { endedRun: { run: 'r', calls } });

describe('who is to blame', () => {
  it('is said by a process that ends for a run: surely of one call, of several it is shared', () => {
    assert.deepEqual(blameOf(pastLimit(1), stay(false, false)), { request: 'sure', caller: 'sure' });
    assert.deepEqual(blameOf(pastLimit(2), stay(true, true)), { request: 'shared', caller: 'shared' });
    assert.deepEqual(blameOf(pastLimit(undefined), stay(true, true)), { request: 'shared', caller: 'shared' });
  });

  it('is sure of a process that is lost without a word only where an isolated try was there by itself', () => {
    assert.deepEqual(blameOf(lost, stay(true, true)), { request: 'sure', caller: 'sure' });
    assert.deepEqual(blameOf(lost, stay(true, false)), { request: 'shared' });
    assert.deepEqual(blameOf(lost, stay(false, true)), { caller: 'shared' });
    assert.deepEqual(blameOf(lost, stay(false, false)), {});
  });

  it('is nobody for any other error', () => {
    assert.deepEqual(blameOf(new InferError('INTERNAL', 'failed'), stay(true, true)), {});
    assert.deepEqual(blameOf(new InferError('UNAVAILABLE', 'no', { progress: 'not-begun' }), stay(true, true)), {});
  });
});
