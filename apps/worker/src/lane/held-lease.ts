/** A lease, renewed for as long as its work goes on. */
import { CallCanceller, type Clock, InferError, monotonicClock } from '@sheaf/inference';
import type { JobProgress, JobStore, Lease } from '@sheaf/jobs';

/** Why work is ended before it is done. */
export type Why = 'lost' | 'cancelled' | 'draining';

export interface HeldLease {
  readonly lease: Lease;
  /** Aborted when the work is in vain. */
  readonly signal: CallCanceller;
  /** Why it was; undefined while it is not. */
  readonly why: Why | undefined;
  /** Tells how far the work has come, with the next renewal. */
  tell(progress: JobProgress): void;
  /** Aborts the work. */
  abort(why: Why): void;
  /** It is not renewed any more. */
  end(): void;
}

/** Renewed three times while it lasts: twice the database may be away. */
const renewalsPerLease = 3;

const sentences: Readonly<Record<Why, string>> = {
  lost: 'another worker has taken the job over',
  cancelled: 'the job was cancelled',
  draining: 'the worker ends',
};

/** `leaseMs`: how long each renewal lasts. */
export function holdLease(
  jobs: Pick<JobStore, 'renew'>,
  lease: Lease,
  leaseMs: number,
  clock: Clock = monotonicClock,
): HeldLease {
  const signal = new CallCanceller();
  let why: Why | undefined;
  let progress: JobProgress | undefined;
  let isOver = false;
  let heldUntil = clock.now() + leaseMs;
  const abort = (reason: Why): void => {
    why ??= reason;
    signal.abort(new InferError('CANCELLED', sentences[why], { reason: 'JOB_ENDED' }));
  };
  const renew = async (): Promise<void> => {
    const askedAt = clock.now();
    try {
      const renewal = await jobs.renew(lease, { leaseMs, progress });
      if (isOver) return;
      if (renewal === 'lost') return abort('lost');
      if (renewal === 'cancel') abort('cancelled');
      heldUntil = askedAt + leaseMs;
    } catch {
      // The database is away: somebody else may have the job once the lease has ended.
      if (!isOver && clock.now() >= heldUntil) return abort('lost');
    }
    if (!isOver) cancel = clock.after(leaseMs / renewalsPerLease, () => void renew());
  };
  let cancel = clock.after(leaseMs / renewalsPerLease, () => void renew());
  return {
    lease,
    signal,
    get why() {
      return why;
    },
    tell: (now) => {
      progress = now;
    },
    abort,
    end: () => {
      isOver = true;
      cancel();
    },
  };
}
