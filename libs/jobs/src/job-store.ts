/** The port of the queue. SQLite and Postgres fill it; `testing/work-contract.ts` says what both promise. */
import type { JobContent, JobKind, JobProgress, JobRecord, JobState, NewJob } from './job.ts';
import type { Lease, LeaseId, Outcome } from './lease.ts';

export interface SubmitLimits {
  /** The most jobs of kind `infer` of one tenant that wait; a submission that would make more is refused as a whole (RESOURCE_EXHAUSTED, JOBS_QUOTA). Default: no limit. */
  readonly queuedPerTenantMax?: number | undefined;
}

export interface Submitted {
  readonly record: JobRecord;
  /** False: there was one with this idempotency key already, and this is it. */
  readonly added: boolean;
}

export interface ClaimRequest {
  /** Who asks, for people who look: a host and a process. */
  readonly worker: string;
  /** Default: all. */
  readonly kinds?: readonly JobKind[] | undefined;
  /** From 1 to 100. */
  readonly count: number;
  /** From 1 to 3,600,000. */
  readonly leaseMs: number;
}

export interface RenewRequest {
  readonly leaseMs: number;
  readonly progress?: JobProgress | undefined;
}

/** `cancel`: it is still held, and somebody wants it cancelled. `lost`: somebody else has it, or it has ended; whatever is done for it is in vain. */
export type Renewal = 'held' | 'cancel' | 'lost';

export interface JobFilter {
  readonly tenant?: string | undefined;
  readonly states?: readonly JobState[] | undefined;
  readonly kinds?: readonly JobKind[] | undefined;
  readonly subject?: string | undefined;
  readonly batch?: string | undefined;
}

/** The newest first. */
export interface Page {
  /** From 1 to 1,000. Default 100. */
  readonly limit?: number | undefined;
  /** What is older than this id. */
  readonly before?: string | undefined;
}

export interface JobCount {
  readonly tenant: string;
  readonly kind: JobKind;
  readonly state: JobState;
  readonly count: number;
}

export interface JobCounts {
  /** Of tenants with the most jobs, at most `tenantsMax`; those of the others are summed up under the tenant ``. */
  readonly counts: readonly JobCount[];
  /** When the job was submitted that waits for the longest time of all that may begin now; undefined where none waits. */
  readonly oldestQueuedAt?: number | undefined;
}

export interface JobChange {
  readonly id: string;
  readonly kind: JobKind;
  readonly state: JobState;
  readonly tenant: string;
  readonly batch?: string | undefined;
}

export interface SweepReport {
  /** Leases that ended: their jobs wait again, or have failed (WORKER_LOST). */
  readonly lost: number;
  readonly expired: number;
  /** Jobs, batches and rows of dropped generations that are no longer kept. */
  readonly removed: number;
  /** More is left to do than one sweep does: sweep again. */
  readonly more: boolean;
}

export interface JobStore {
  /** Adds jobs of kinds `infer` and `callback`, all or none, 1,000 at most. When it resolves they are on the disk. The others come with a batch. */
  submit(jobs: readonly NewJob[], limits?: SubmitLimits): Promise<readonly Submitted[]>;
  /**
   * Takes jobs that may begin, for a lease. First those of the highest priority; among them of the tenant that has the fewest running, and of several such of the one
   * that was served longest ago; of one tenant the oldest. Each claim counts as an attempt. Jobs whose lease has ended can be claimed again.
   */
  claim(request: ClaimRequest): Promise<readonly Lease[]>;
  renew(lease: LeaseId, request: RenewRequest): Promise<Renewal>;
  /**
   * Commits what came of it. False: the lease was lost, and nothing was written. Said again by the same lease, it is true and changes nothing. A commit that
   * cannot be, such as a chunk without all of its rows, is refused (INVALID_ARGUMENT), and the lease is still held. What somebody has given up meanwhile, a chunk of
   * a generation that was dropped or the last look of a batch that has ended, is not written, and the job is CANCELLED. `cancelled` of a job that nobody wants
   * cancelled (any more) gives it back.
   */
  complete(lease: LeaseId, outcome: Outcome): Promise<boolean>;
  get(id: string): Promise<JobRecord | undefined>;
  payload(id: string): Promise<JobContent | undefined>;
  /** Undefined where there is none (yet). */
  result(id: string): Promise<JobContent | undefined>;
  list(filter: JobFilter, page?: Page): Promise<readonly JobRecord[]>;
  /** What waits is CANCELLED at once; whoever runs it is told. Of an end nothing is changed. Answers the record; undefined where there is no such job. */
  cancel(id: string): Promise<JobRecord | undefined>;
  /** Queues an end that did not succeed once more, with all attempts and without its deadline. Refused: of another state (JOB_STATE), of a job of a batch (JOB_OF_BATCH), which is resumed as a whole, and where too many would wait (JOBS_QUOTA). */
  retry(id: string, limits?: SubmitLimits): Promise<JobRecord | undefined>;
  /** Forgets an end, with its result. Refused: of another state (JOB_STATE), of a job of a batch (JOB_OF_BATCH). False where there is no such job. */
  remove(id: string): Promise<boolean>;
  counts(tenantsMax?: number): Promise<JobCounts>;
  /** Which of these files a job still refers to: what is not in use may be swept. At most 1,000. */
  blobsInUse(sha256s: readonly string[]): Promise<readonly string[]>;
  /** Tells soon of jobs that changed, by this process or another one. What was removed is not told. Whoever waits for a job listens first and reads it then, so as to miss nothing. Answers how to end it. */
  onChange(listener: (changes: readonly JobChange[]) => void): () => void;
  /** Does what time alone asks for: ends of leases, deadlines, and what is kept no longer. Anybody may, at any time; each does a bounded piece of it. */
  sweep(): Promise<SweepReport>;
}
