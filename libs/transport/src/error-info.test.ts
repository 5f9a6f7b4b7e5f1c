import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type InferErrorDetails } from '@sheaf/inference';
import { fromErrorInfoMetadata, toErrorInfoMetadata } from './error-info.ts';

const written = (details: InferErrorDetails) => toErrorInfoMetadata(new InferError('UNAVAILABLE', 'no', details));

describe('the metadata of ErrorInfo', () => {
  it('says how far a call got, and what its process ends for', () => {
    const metadata = { service: 's' };
    assert.deepEqual(written({ metadata, progress: 'not-begun' }), { service: 's', may_have_begun: 'false' });
    assert.deepEqual(written({ metadata, progress: 'lost' }), { service: 's', may_have_begun: 'true' });
    assert.deepEqual(written({ endedRun: { run: 'r', calls: 2 } }), {
      process_ends: 'true',
      run: 'r',
      batch_calls: '2',
    });
    assert.deepEqual(written({ metadata }), { service: 's' });
  });

  it('is read as it was written', () => {
    const all: InferErrorDetails[] = [
      { metadata: { service: 's' }, progress: 'not-begun' },
      { metadata: {}, progress: 'lost', endedRun: { run: undefined, calls: undefined } },
      { metadata: { run: 'mine' }, progress: 'unknown' },
      { metadata: { stage: 'x' }, progress: 'unknown', endedRun: { run: 'r', calls: 3 } },
    ];
    for (const details of all) assert.deepEqual(fromErrorInfoMetadata(written(details)), details);
  });

  it('that says what nobody understands says nothing', () => {
    assert.deepEqual(fromErrorInfoMetadata({ may_have_begun: 'perhaps', process_ends: 'no' }), {
      metadata: {},
      progress: 'unknown',
    });
    for (const calls of ['0', '-1', 'x', '1.5'])
      assert.deepEqual(fromErrorInfoMetadata({ process_ends: 'true', batch_calls: calls }).endedRun, {
        run: undefined,
        calls: undefined,
      });
  });
});
