import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallCanceller } from '@sheaf/inference';
import type { BatchRecord, Lease, Outcome, Work } from '@sheaf/jobs';
import { finishJobs } from './finish.ts';

/** What is decided of the generation of this number, while another one is served. */
async function decided(own: number, current: number | undefined): Promise<Outcome> {
  const mapping = { key: 'id', inputs: {} };
  const batch = {
    collection: 'digits',
    generation: own,
    spec: JSON.stringify({ input: { path: '/in.csv' }, mapping, subject: 'digits', version: '3' }),
    progress: { rowsDone: 1, rowsFailed: 0 },
  } as unknown as BatchRecord;
  const predictions = {
    current: async () => current && { collection: 'digits', number: current, epoch: 7 },
    scan: async () => [],
    getOf: async () => [],
  } as unknown as Work['predictions'];
  const lease = { job: { id: 'j' }, batch } as Lease;
  const perform = finishJobs({ work: { predictions } as Work });
  return perform({
    lease,
    signal: new CallCanceller(),
    why: undefined,
    tell: () => {},
    abort: () => {},
    end: () => {},
  });
}

describe('the last look of a batch', () => {
  it('has its generation served where none is, or an older one', async () => {
    for (const [current, epoch] of [
      [undefined, 0],
      [2, 7],
    ] as const) {
      const outcome = await decided(3, current);
      assert.ok(outcome.kind === 'finish' && outcome.commit.kind === 'promote', JSON.stringify(outcome));
      assert.equal(outcome.commit.expectedEpoch, epoch);
    }
  });

  it('holds a generation while a newer one is served', async () => {
    const outcome = await decided(3, 4);
    assert.ok(outcome.kind === 'finish' && outcome.commit.kind === 'hold', JSON.stringify(outcome));
    assert.equal(outcome.commit.why, 'generation 4, which was begun later, is served already');
  });
});
