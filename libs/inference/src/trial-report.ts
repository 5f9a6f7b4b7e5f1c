/** What a candidate was found to be when it was tried in a process that is thrown away: plain JSON, so that it can be stored, sent and shown as it is. */
import type { InferErrorCode } from './error.ts';
import type { Signature } from './signature.ts';

/** What is looked at; each finding is of one of these, and the policy of a trial says how much it matters. */
export const trialChecks = [
  /** A file that is missing, too large, no model, or leads out of the folder. */
  'file',
  /** model.yaml, or the file of the golden set. */
  'settings',
  /** It cannot be loaded, or does not run. */
  'load',
  /** It needs more memory than a trial may take. */
  'memory',
  /** It takes longer than a trial, or one of its runs, may take. */
  'time',
  /** Its process ended. */
  'process',
  /** What it gives is not what its file declares. */
  'declared',
  /** None of the inputs that were made up for it was accepted. */
  'inputs',
  /** An answer to its golden set is another one than is wanted. */
  'golden',
  /** It answers NaN or infinity to an input without any. */
  'not-a-number',
  /** The same input twice has two answers. */
  'determinism',
  /** Whoever asks the current version could not ask this one alike. */
  'signature',
  /** It is much larger than the current version. */
  'size',
  /** It is much slower than the current version. */
  'speed',
  /** It answers otherwise than the current version. */
  'answers',
] as const;
export type TrialCheck = (typeof trialChecks)[number];

/** From what is only told to what keeps a version from being served. */
export type TrialLevel = 'note' | 'warn' | 'fail';
export type TrialVerdict = 'pass' | 'warn' | 'fail';

export interface TrialFinding {
  readonly check: TrialCheck;
  readonly level: TrialLevel;
  /** A sentence for whoever brought the version. */
  readonly text: string;
  /** How a call that brings such a version is refused; only where `level` is fail. */
  readonly code?: InferErrorCode;
}

/** How one output differs between two versions over the same inputs. */
export interface OutputComparison {
  readonly output: string;
  /** Inputs that both have answered. */
  readonly compared: number;
  /** The share of them that had the same answer but for rounding, from 0 to 1. */
  readonly agreement: number;
  /** The share of them of which the largest value stood in the same place, as a classifier's class; only where there are several floating-point values. */
  readonly sameLargest?: number;
  /** The largest difference between two elements; absent where they are no numbers, or the shapes are never the same. */
  readonly differenceMax?: number;
  /** The mean of the largest difference of each input; absent alike. */
  readonly differenceMean?: number;
}

/** A candidate beside the version that is current. */
export interface TrialComparison {
  readonly name: string;
  readonly version: string;
  /** Time of a run as a share of the current version's: the median of pairs that ran one after the other in one process. Absent where they do not take the same inputs. */
  readonly timeRatio?: number;
  /** Milliseconds, the median. */
  readonly runMs?: number;
  readonly currentRunMs?: number;
  /** Pairs of runs. */
  readonly pairs: number;
  /** Bytes of all files as a share of the current version's. */
  readonly sizeRatio: number;
  /** By output of both. */
  readonly outputs: readonly OutputComparison[];
  /** What whoever asks the current version would find broken; empty where the candidate can stand in for it. */
  readonly breaking: readonly string[];
}

export interface TrialReport {
  readonly schema: 1;
  readonly name: string;
  readonly version: string;
  /** The worst level of the findings; what is only noted passes. */
  readonly verdict: TrialVerdict;
  /** The worst first. */
  readonly findings: readonly TrialFinding[];
  /** When it began, milliseconds since 1970. */
  readonly atMs: number;
  /** Milliseconds that all of it took. */
  readonly tookMs: number;
  /** Of all its files. */
  readonly sizeBytes: number;
  /** As its file declares it, where that could be read. */
  readonly declared?: Signature;
  /** As its runs show it; callers are told this one. */
  readonly signature?: Signature;
  readonly batching?: {
    readonly batched: boolean;
    /** Most rows of a run that were tried. */
    readonly rowsMax?: number;
    /** Whether it is the word of its author alone. */
    readonly byWord?: boolean;
    /** `batched: ...` or `not batched: ...`, with what was tried. */
    readonly text: string;
  };
  /** Milliseconds until it was loaded and its rows were tried. */
  readonly loadMs?: number;
  /** The most that the process has taken, all of Node and of the current version in it. */
  readonly memoryBytes?: number;
  readonly golden?: { readonly tests: number; readonly failed: number };
  readonly against?: TrialComparison;
}
