import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, notFound } from '@sheaf/inference';
import { ofPinned } from '../kinds/infer.ts';
import { backOffMs, outcomeOf } from './retry.ts';

const ports = { now: () => 1_000_000, random: () => 1 };
const isTriedAgain = (error: unknown): boolean => {
  const outcome = outcomeOf(error, 1, ports);
  return outcome.kind === 'failed' && outcome.retryAt !== undefined;
};

describe('what follows a try that failed', () => {
  it('is another one where the mesh had no room, no time or nobody there', () => {
    for (const code of ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNKNOWN'] as const)
      assert.ok(isTriedAgain(new InferError(code, 'no')), code);
    assert.ok(isTriedAgain(new Error('what nobody foresaw')));
  });

  it('is the end where it would fail again', () => {
    for (const code of ['INVALID_ARGUMENT', 'NOT_FOUND', 'FAILED_PRECONDITION', 'PERMISSION_DENIED'] as const)
      assert.ok(!isTriedAgain(new InferError(code, 'no')), code);
    for (const reason of ['REQUEST_QUARANTINED', 'MODEL_BROKEN', 'RESULT_TOO_LARGE'])
      assert.ok(!isTriedAgain(new InferError('RESOURCE_EXHAUSTED', 'no', { reason })), reason);
    assert.ok(!isTriedAgain(new InferError('UNAVAILABLE', 'no', { decision: 'rule:closed' })));
  });

  it('comes later each time, up to 5 minutes, and not before it was asked for', () => {
    const error = new InferError('UNAVAILABLE', 'no');
    assert.deepEqual(
      [1, 2, 3, 20].map((attempt) => backOffMs(attempt, error, () => 1)),
      [1_000, 2_000, 4_000, 300_000],
    );
    assert.equal(
      backOffMs(1, error, () => 0),
      500,
    );
    assert.equal(
      backOffMs(1, new InferError('UNAVAILABLE', 'no', { retryAfterMs: 9_000 }), () => 1),
      9_000,
    );
    assert.equal(
      backOffMs(1, new InferError('RESOURCE_EXHAUSTED', 'no', { retryDelayMs: 8_000 }), () => 1),
      8_000,
    );
  });

  it('says of a version that is not served any more that it was there', () => {
    const { code, reason, message } = ofPinned(notFound('"x" has no version 1', 'x/1'), { subject: 'x', version: '1' });
    assert.deepEqual([code, reason], ['FAILED_PRECONDITION', 'VERSION_NOT_SERVED']);
    assert.match(message, /^version 1 of "x" was there when this was submitted/);
  });
});
