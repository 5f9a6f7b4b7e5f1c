import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type InferErrorCode, inferErrorCodes } from '@sheaf/inference';
import { type EndedTry, outcomeOf } from './outcome.ts';

const ended = (more: Partial<EndedTry>): EndedTry => ({
  error: undefined,
  tookMs: 1,
  givenMs: 5_000,
  expectedMs: 1,
  isBehindOthers: false,
  slowMs: undefined,
  ...more,
});
const failing = (code: InferErrorCode, reason: string = code, more: Partial<EndedTry> = {}) =>
  outcomeOf(ended({ error: new InferError(code, 'x', { reason }), ...more }));

describe('the outcome of a try', () => {
  it('is a failure by the code', () => {
    const failures = inferErrorCodes.filter((code) => failing(code) === 'failure');
    assert.deepEqual(failures.sort(), ['DATA_LOSS', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE', 'UNKNOWN']);
  });

  it('is ignored when the reason says that the endpoint is well', () => {
    for (const reason of ['OVERLOADED', 'DRAINING', 'MODEL_LOADING'])
      assert.equal(failing('UNAVAILABLE', reason), 'ignored');
  });

  it('is ignored when the deadline left less than the floor', () => {
    const late = (givenMs: number, expectedMs?: number) =>
      failing('DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', { givenMs, expectedMs });
    assert.deepEqual([late(49, 1), late(50, 1)], ['ignored', 'failure']);
    assert.deepEqual([late(199, 100), late(200, 100)], ['ignored', 'failure']);
  });

  it('is ignored when the deadline passed, and nobody knows whether it left enough', () => {
    const late = (more: Partial<EndedTry>) => failing('DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', more);
    assert.equal(late({ expectedMs: undefined, givenMs: 60_000 }), 'ignored');
    assert.equal(late({ isBehindOthers: true }), 'ignored');
  });

  it('is ignored when code of a user failed on what was sent', () => {
    for (const reason of ['RUN_FAILED', 'OUTPUT_MISMATCH']) assert.equal(failing('INTERNAL', reason), 'ignored');
  });

  it('is slow above ten times what was expected, and never below 100 ms', () => {
    const took = (tookMs: number, expectedMs?: number) => outcomeOf(ended({ tookMs, expectedMs }));
    assert.deepEqual([took(100, 1), took(101, 1)], ['success', 'slow']);
    assert.deepEqual([took(500, 50), took(501, 50)], ['success', 'slow']);
    assert.equal(outcomeOf(ended({ tookMs: 60_000, expectedMs: undefined })), 'success');
  });

  it('is slow above a bound that is configured, whatever was learned', () => {
    assert.equal(outcomeOf(ended({ tookMs: 21, expectedMs: 50, slowMs: 20 })), 'slow');
    assert.equal(outcomeOf(ended({ tookMs: 5_000, expectedMs: 1, slowMs: 10_000 })), 'success');
  });
});
