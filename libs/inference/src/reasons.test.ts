import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type InferErrorCode, type InferErrorDetails, inferErrorCodes } from './error.ts';
import { parseDecision } from './reasons.ts';

const unavailable = (details: InferErrorDetails = {}) => new InferError('UNAVAILABLE', 'no', details);

describe('what an error means', () => {
  const codesThat = (holds: (error: InferError) => boolean): InferErrorCode[] =>
    inferErrorCodes.filter((code) => holds(new InferError(code, 'no')));

  it('is said by its code', () => {
    assert.deepEqual(
      codesThat(({ retryable }) => retryable),
      ['UNAVAILABLE'],
    );
    assert.deepEqual(
      codesThat(({ failsOver }) => failsOver),
      ['UNAVAILABLE'],
    );
    assert.deepEqual(
      codesThat(({ countsAgainstBreaker }) => countsAgainstBreaker),
      ['UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'],
    );
    assert.deepEqual(
      codesThat(({ isCharged }) => isCharged),
      ['CANCELLED', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'DATA_LOSS'],
    );
  });

  it('is said otherwise by reasons of endpoints that are well, of which only what has no room is an overload', () => {
    for (const reason of ['OVERLOADED', 'OVERLOADED_ALL', 'DRAINING', 'MODEL_LOADING']) {
      const { countsAgainstBreaker, retryable, isOverload } = unavailable({ reason });
      assert.deepEqual(
        [countsAgainstBreaker, retryable, isOverload],
        [false, true, reason.startsWith('OVERLOADED')],
        reason,
      );
    }
  });

  it('is what a route falls back from, unless a policy decided it', () => {
    for (const decision of ['load:m', 'throttle:s', 'breaker:m', 'bytes-in-flight', 'supervisor:s'] as const)
      assert.equal(unavailable({ decision }).failsOver, true, decision);
    for (const decision of ['limit:at-once', 'rule:closed', 'identity'] as const)
      assert.equal(unavailable({ decision }).failsOver, false, decision);
  });

  it('is handed on as it was told, and is a policy where nobody here knows who decided', () => {
    for (const [told, failsOver] of [
      ['breaker:m', true],
      ['limit:at-once', false],
      ['quota of the week', false],
      ['constructor', false],
    ] as const) {
      const error = unavailable({ decision: parseDecision(told) });
      assert.deepEqual([error.decision, error.failsOver], [told, failsOver]);
    }
    for (const nothing of ['', undefined]) assert.equal(parseDecision(nothing), undefined);
  });

  it('is for the caller where a rule refuses, or what the caller asks for is kept from it', () => {
    assert.equal(new InferError('INVALID_ARGUMENT', 'no', { decision: 'rule:r' }).isForCaller, true);
    assert.equal(new InferError('FAILED_PRECONDITION', 'no', { reason: 'MODEL_BROKEN' }).isForCaller, true);
    assert.equal(new InferError('INVALID_ARGUMENT', 'no').isForCaller, false);
  });
});

describe('an error with changes', () => {
  it('keeps what is not changed', () => {
    const cause = new Error('why');
    const error = unavailable({
      reason: 'R',
      metadata: { a: '1' },
      violations: [{ field: 'f', description: 'd' }],
      about: { kind: 'resource', type: 'model', name: 'm' },
      decision: 'load:m',
      progress: 'lost',
      endedRun: { run: 'r', calls: 1 },
      retryAfterMs: 5,
      retryDelayMs: 6,
      cause,
    });
    const changed = error.with({ message: 'other', metadata: { b: '2' } });
    const { stack: _, ...others } = error;
    assert.deepEqual({ ...changed, cause: changed.cause }, { ...others, cause, metadata: { b: '2' } });
    assert.deepEqual([changed.message, changed.code], ['other', 'UNAVAILABLE']);
  });

  it('says nothing of when to come back once its code is another', () => {
    assert.equal(unavailable({ retryAfterMs: 5 }).with({ code: 'INTERNAL' }).retryAfterMs, -1);
  });
});
