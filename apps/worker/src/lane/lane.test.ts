import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import type { JobRecord, JobStore, Lease, Outcome, Renewal } from '@sheaf/jobs';
import { createLane, type Perform } from './lane.ts';

/** Hands out some leases, and keeps what was committed. */
function queueOf(count: number, renewal: () => Renewal = () => 'held') {
  const waiting: Lease[] = Array.from({ length: count }, (_, index) => {
    const job = { id: `job-${index}`, kind: 'infer', attempt: 1, attemptsMax: 5 } as JobRecord;
    return { jobId: job.id, token: 't', job, payload: new Uint8Array(), endsAt: 0 };
  });
  const committed: [string, Outcome][] = [];
  const waits = new Set<() => void>();
  const jobs = {
    claim: async ({ count: wanted }) => waiting.splice(0, wanted),
    renew: async () => renewal(),
    complete: async ({ jobId }, outcome) => {
      committed.push([jobId, outcome]);
      for (const wait of waits) wait();
      return true;
    },
  } as Partial<JobStore> as JobStore;
  const until = (jobsCount: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (committed.length >= jobsCount && resolve());
      waits.add(look);
      look();
    });
  return { jobs, committed, until, kindsOf: () => committed.map(([, { kind }]) => kind) };
}

const laneOf = (jobs: JobStore, infer: Perform, { slots = 2, leaseMs = 30_000, isReady = true } = {}) =>
  createLane({ jobs, worker: 'w', kinds: { infer }, slots: () => slots, isReady: () => isReady, leaseMs });

/** Ends when it is aborted, as a call does. */
const untilAborted: Perform = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('a lane of work', () => {
  it('does all that there is, and no more at once than it may', async () => {
    const { jobs, until, kindsOf } = queueOf(5);
    let [now, most] = [0, 0];
    const lane = laneOf(jobs, async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return { kind: 'succeeded' };
    });
    lane.wake();
    await until(5);
    assert.deepEqual([most, kindsOf()], [2, Array(5).fill('succeeded')]);
    await lane.drain(0);
  });

  it('takes nothing while there is nobody to ask', async () => {
    const { jobs, committed } = queueOf(1);
    const lane = laneOf(jobs, async () => ({ kind: 'succeeded' }), { isReady: false });
    lane.wake();
    await lane.drain(0);
    assert.deepEqual(committed, []);
  });

  it('commits nothing for a lease that was lost', async () => {
    const { jobs, committed } = queueOf(1, () => 'lost');
    const ended = Promise.withResolvers<void>();
    const lane = laneOf(jobs, (held) => untilAborted(held).finally(ended.resolve), { leaseMs: 3 });
    lane.wake();
    await ended.promise;
    await lane.drain(0);
    assert.deepEqual(committed, []);
  });

  it('ends the work of a job that somebody cancels', async () => {
    const { jobs, until, kindsOf } = queueOf(1, () => 'cancel');
    laneOf(jobs, untilAborted, { leaseMs: 3 }).wake();
    await until(1);
    assert.deepEqual(kindsOf(), ['cancelled']);
  });

  it('promotes nothing for a batch that somebody cancels, though it has looked at it to the end', async () => {
    const { jobs, until, kindsOf } = queueOf(1, () => 'cancel');
    const outcome: Outcome = { kind: 'finish', commit: { kind: 'promote', expectedEpoch: 0, report: '' } };
    const look: Perform = (held) => untilAborted(held).catch(() => outcome);
    laneOf(jobs, look, { leaseMs: 3 }).wake();
    await until(1);
    assert.deepEqual(kindsOf(), ['cancelled']);
  });

  it('gives back what is not done when it ends, and the result of what is', async () => {
    const { jobs, kindsOf } = queueOf(2);
    const begun = Promise.withResolvers<void>();
    const slow = Promise.withResolvers<Outcome>();
    let count = 0;
    const lane = laneOf(jobs, async (held) => {
      if (count++ === 0) return slow.promise;
      begun.resolve();
      return untilAborted(held);
    });
    lane.wake();
    await begun.promise;
    slow.resolve({ kind: 'succeeded' });
    await lane.drain(1);
    assert.deepEqual(kindsOf(), ['succeeded', 'released']);
  });

  it('fails a try whose commit cannot be', async () => {
    const { jobs, committed, until } = queueOf(1);
    const complete: JobStore['complete'] = async (lease, outcome) => {
      if (outcome.kind === 'chunk') throw new InferError('INVALID_ARGUMENT', 'want each row once');
      return jobs.complete(lease, outcome);
    };
    laneOf({ ...jobs, complete }, async () => ({ kind: 'chunk', commit: { rows: [], errors: [] } })).wake();
    await until(1);
    const [[, outcome] = []] = committed;
    assert.equal(outcome?.kind === 'failed' && outcome.error.message, 'want each row once');
  });
});
