/** What happened in a run, as the clients, the stages and the gateway saw it. All times are milliseconds on the monotonic clock of the machine. */

/** The same in every process of the machine, whatever somebody does to its wall clock. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** `unknown`: the time was up, so it may have been done or not. `fail`: it was told that it failed, or was refused. */
export type Outcome = 'ok' | 'fail' | 'unknown' | 'cancelled';

/** One call of a client; what has no `outcome` was never ended. */
export interface Operation {
  readonly id: number;
  /** Whether it may be asked twice. */
  readonly isPure: boolean;
  readonly timeoutMs: number;
  readonly invokedAt: number;
  cancelledAt?: number;
  endedAt?: number;
  outcome?: Outcome;
  /** How often it ended: more than once is a fault. */
  ends: number;
  /** The gRPC code, and the reason of the refusal. */
  code: string;
  reason: string;
  decision: string;
  /** Stages that it goes through, each of which is a call to a service. */
  stages: number;
  /** Tries that the gateway told of; 1 where it told nothing. */
  attempts: number;
  /** Whether the log of the stages has it. */
  readonly isLogged: boolean;
  /** The address that answered the gateway, as the answer tells. */
  endpoint?: string;
  /** Which versions made the answer, as the answer shows. */
  versions?: string;
}

/** A stage began with a call. */
export interface StageRun {
  readonly id: number;
  readonly startedAt: number;
}

export interface BreakerTransition {
  readonly breaker: string;
  readonly from: string;
  readonly to: string;
  /** For so long nothing is let through. */
  readonly delayMs: number;
  /** When it was read, which is a little later. */
  readonly at: number;
}

/** A set of versions that was served. */
export interface Published {
  readonly versions: string;
  readonly from: number;
  /** Until the change to the next was acknowledged. */
  readonly to: number;
}

/** How a process was at one moment. */
export interface Sample {
  readonly process: string;
  readonly at: number;
  readonly memoryBytes: number;
  readonly handles: number;
}

/** The recorder itself did not get to run for so long, until `at`. */
export interface Stall {
  readonly at: number;
  readonly ms: number;
}

/** Processes of the stages stood still, by a signal. */
export interface Standstill {
  readonly from: number;
  readonly to: number;
}

export interface RunRecord {
  readonly operations: readonly Operation[];
  /** Undefined where the stages keep no log. */
  readonly runs?: readonly StageRun[] | undefined;
  readonly transitions: readonly BreakerTransition[];
  readonly published: readonly Published[];
  readonly samples: readonly Sample[];
  readonly stalls: readonly Stall[];
  readonly standstills: readonly Standstill[];
}

export const newOperation = (id: number, timeoutMs: number, isPure: boolean, isLogged: boolean): Operation => ({
  isLogged,
  id,
  isPure,
  timeoutMs,
  invokedAt: monotonicMs(),
  ends: 0,
  code: '',
  reason: '',
  decision: '',
  stages: 1,
  attempts: 1,
});
