import type { Expression } from '@sheaf/rules';
import type { Classes } from '../combiners/classes.ts';
import type { CombinerSpec } from '../combiners/index.ts';
import type { Step, StepBase } from '../language/spec.ts';
import type { Given, TensorType } from '../types/tensor-type.ts';
import type { Checked } from './stage-kind.ts';

export interface Member {
  readonly name: string;
  readonly step: Step;
  /** A number of 0 or more, or an expression that gives one. */
  readonly weight: number | Expression;
  readonly optional: boolean;
  /** From then on the member is waited for only while the quorum needs it. */
  readonly softTimeoutMs: number | undefined;
  /** The combined output -> what the member calls it. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Its classes in its own order; undefined when it is the ensemble's. */
  readonly labels: readonly string[] | undefined;
}

export interface EnsembleStep extends StepBase {
  readonly kind: 'ensemble';
  /** Sorted by name, so that the order they are written in changes nothing. */
  readonly members: readonly Member[];
  readonly combine: CombinerSpec;
  /** So many members, or members of so much weight together. Undefined: all that are not optional. */
  readonly quorum: number | { readonly weight: number } | undefined;
}

export interface CheckedEnsemble extends Checked<EnsembleStep> {
  /** What is read of each member, in their order. */
  readonly answers: readonly TensorType[];
  /** What they are given. */
  readonly given: Given;
  readonly classes: Classes;
  /** Of a combiner that asks a model: which of its inputs reads the members' answers. */
  readonly metaInput: string | undefined;
}

declare module '../language/spec.ts' {
  interface StepKinds {
    readonly ensemble: { readonly step: EnsembleStep; readonly checked: CheckedEnsemble };
  }
}
