/** What its caller says of a job, beside what is to be asked; 0 and empty stand for what is usual. */
export interface JobTerms {
  readonly idempotencyKey: string;
  /** 0 to 9, which is begun first. */
  readonly priority: number;
  /** Milliseconds from now. */
  readonly deadlineMs: number;
  readonly delayMs: number;
  readonly ttlMs: number;
  readonly attemptsMax: number;
  readonly callbackUrl: string;
}

/** Of a call that is to be queued and not answered. Filled as it goes. */
export interface Submission {
  /** Once its message is read. */
  terms?: JobTerms;
  /** What its caller is told of the job, once there is one: for who writes it onto the wire. */
  operation?: unknown;
}
