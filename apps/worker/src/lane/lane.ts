/** Takes jobs of some kinds, has them done, and commits what came of them. */
import { type Clock, InferError, log, monotonicClock } from '@sheaf/inference';
import type { JobKind, JobStore, Lease, Outcome } from '@sheaf/jobs';
import { type HeldLease, holdLease } from './held-lease.ts';
import { outcomeOf } from './retry.ts';

/** Does a job; what it throws fails this try. */
export type Perform = (held: HeldLease) => Promise<Outcome>;

export interface LaneOptions {
  readonly jobs: JobStore;
  /** Who this is, for people who look. */
  readonly worker: string;
  readonly kinds: Readonly<Partial<Record<JobKind, Perform>>>;
  /** How many jobs may be under way now. */
  readonly slots: () => number;
  /** Whether there is anybody to ask. */
  readonly isReady: () => boolean;
  /** Default 10,000, in milliseconds. */
  readonly leaseMs?: number;
  /** Told of each try that has ended. */
  readonly onEnded?: (lease: Lease, outcome: Outcome | 'lost', tookMs: number) => void;
  readonly clock?: Clock;
}

export interface Lane {
  /** Looks whether there is something to do. */
  wake(): void;
  /** Jobs that are under way. */
  readonly underWay: number;
  /** Takes no more; what is not done within this time is given back. Resolves when nothing is under way. */
  drain(graceMs: number): Promise<void>;
}

const leaseDefaultMs = 10_000;
/** A claim takes so many at most. */
const claimMax = 100;
/** The database is asked again after so long, when it could not be. Milliseconds. */
const awayMs = 1_000;

export function createLane(options: LaneOptions): Lane {
  const { jobs, worker, kinds, slots, isReady, leaseMs = leaseDefaultMs, clock = monotonicClock } = options;
  const wanted = Object.keys(kinds) as JobKind[];
  const held = new Set<HeldLease>();
  let [isClaiming, isWanted, isDraining] = [false, false, false];
  let onIdle = (): void => {};
  const run = async (lease: Lease): Promise<void> => {
    const one = holdLease(jobs, lease, leaseMs, clock);
    held.add(one);
    // It was on its way when the worker was told to end.
    if (isDraining) one.abort('draining');
    const beganAt = clock.now();
    const ended = await perform(one, kinds[lease.job.kind], options);
    one.end();
    held.delete(one);
    options.onEnded?.(lease, ended, clock.now() - beganAt);
    if (held.size === 0) onIdle();
    wake();
  };
  const claim = async (): Promise<void> => {
    const freeNow = (): number => (isDraining || !isReady() ? 0 : slots() - held.size);
    for (let free = freeNow(); isWanted && free > 0; free = freeNow()) {
      isWanted = false;
      const count = Math.min(free, claimMax);
      const leases = await jobs.claim({ worker, kinds: wanted, count, leaseMs });
      for (const lease of leases) void run(lease);
      // There may be more.
      if (leases.length === count) isWanted = true;
    }
  };
  const wake = (): void => {
    isWanted = true;
    if (isClaiming || isDraining) return;
    isClaiming = true;
    void claim()
      .catch((error: Error) => {
        log('jobs.no-queue', `the jobs cannot be read at the moment (${error.message})`);
        clock.after(awayMs, wake);
      })
      .finally(() => {
        isClaiming = false;
        if (isDraining && held.size === 0) onIdle();
      });
  };
  return {
    wake,
    get underWay() {
      return held.size;
    },
    drain: async (graceMs) => {
      isDraining = true;
      if (held.size === 0 && !isClaiming) return;
      const cancel = clock.after(graceMs, () => [...held].map((one) => one.abort('draining')));
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
      cancel();
    },
  };
}

/** Does a job and commits what came of it; answers what did. */
async function perform(
  held: HeldLease,
  how: Perform | undefined,
  { jobs, clock = monotonicClock }: LaneOptions,
): Promise<Outcome | 'lost'> {
  const { lease } = held;
  let outcome: Outcome;
  try {
    if (!how) throw new InferError('UNIMPLEMENTED', `this worker does no jobs of the kind ${lease.job.kind}`);
    outcome = await how(held);
  } catch (error) {
    outcome = outcomeOf(error, lease.job.attempt);
  }
  if (held.why === 'lost') return 'lost';
  // What it has computed is kept, but nothing is promoted that nobody wants any more.
  if (held.why === 'cancelled' && (outcome.kind === 'failed' || outcome.kind === 'finish'))
    outcome = { kind: 'cancelled' };
  // Whatever it failed with: it was not given the time.
  if (held.why === 'draining' && outcome.kind === 'failed') outcome = { kind: 'released' };
  return commit(held, outcome, jobs, clock);
}

/** What cannot be written for the moment is tried again for as long as the lease is held. */
async function commit(
  held: HeldLease,
  outcome: Outcome,
  jobs: Pick<JobStore, 'complete'>,
  clock: Clock,
): Promise<Outcome | 'lost'> {
  for (let wanted = outcome; ; ) {
    try {
      return (await jobs.complete(held.lease, wanted)) ? wanted : 'lost';
    } catch (error) {
      const isRefused =
        error instanceof InferError && error.code !== 'UNAVAILABLE' && error.code !== 'RESOURCE_EXHAUSTED';
      // A commit that cannot be will not be the next time.
      if (isRefused && wanted.kind !== 'failed') wanted = outcomeOf(error, held.lease.job.attempt);
      else if (isRefused || held.why === 'lost') return 'lost';
      else await new Promise<void>((resolve) => void clock.after(awayMs, resolve));
    }
  }
}
