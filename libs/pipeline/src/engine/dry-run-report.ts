import type { Decision, Expression } from '@sheaf/rules';

/** A step as a dry run tells it. */
export interface DryRunStep {
  readonly name: string;
  /** `model "digits-cnn"`, `ensemble, soft-vote`, ... */
  readonly asks: string;
  readonly timeoutMs?: number;
  /** Of an ensemble: so many members, or members of so much weight. */
  readonly quorum?: number | { readonly weight: number };
  /** Of a member: from then on it is waited for only while the quorum needs it. */
  readonly softTimeoutMs?: number;
  /** Of a member or a stage: others answer without it. */
  readonly optional?: true;
  /** Of a member; absent where only a run can tell. */
  readonly weight?: number;
  /** Of a branch: whether it is taken; absent where only a run can tell. */
  readonly taken?: boolean;
  /** Members, branches, substitutes; of a pipeline its stages. */
  readonly steps?: readonly DryRunStep[];
}

export interface DryRunStage extends DryRunStep {
  readonly after: readonly string[];
  /** The median of its last runs; absent with too few of the last ten minutes. */
  readonly usualMs?: number;
}

/** What a request would set off. */
export interface DryRun {
  readonly pipeline: string;
  readonly version: number;
  readonly deadlineMs: number;
  readonly rules: readonly Decision[];
  /** When rules hand the call over: from which pipeline to which. */
  readonly rerouted?: string;
  readonly stages: readonly DryRunStage[];
  /** Along the longest path of the stages whose latencies are known; absent when none is. */
  readonly estimatedMs?: number;
}

export type DryRunTerms = Omit<DryRunStep, 'name' | 'asks' | 'timeoutMs' | 'steps'>;

/** Evaluates an expression before anything runs; undefined where only a run can tell. */
export type TryEvaluate = (expression: Expression) => unknown;

/** The key with its value, or nothing. */
export const defined = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
