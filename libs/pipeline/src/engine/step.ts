import type { CallContext, FanOut, RequestContent, Tensor } from '@sheaf/inference';
import type { Expression } from '@sheaf/rules';
import type { ContextValues } from './context-values.ts';

/** Something about how an answer came to be that its caller is told. */
export type Note =
  /** Which members made it, with which weights, and the codes of those that did not. */
  | {
      readonly kind: 'ensemble';
      readonly stage: string;
      readonly used: Readonly<Record<string, number>>;
      readonly missing: Readonly<Record<string, string>>;
    }
  /** So many steps failed before one answered; the codes of those. */
  | { readonly kind: 'fallback'; readonly stage: string; readonly failed: readonly string[] }
  /** An optional stage failed. */
  | { readonly kind: 'failed'; readonly stage: string; readonly code: string }
  /** A rule of a pipeline inside acted, or would have. */
  | { readonly kind: 'rule'; readonly rule: string; readonly outcome: 'acted' | 'would-act' }
  /** An expression could not be evaluated; what its place says for that case was done. */
  | { readonly kind: 'unevaluated'; readonly place: string; readonly why?: string };

/** What a step gave; an output that was not computed is not among them. */
export interface StepResult {
  readonly outputs: readonly Tensor[];
  /** The versions that made it, e.g. `read.cnn=digits-cnn/3`. */
  readonly versions: readonly string[];
  readonly notes: readonly Note[];
}

export const nothing: StepResult = { outputs: [], versions: [], notes: [] };

/** What all steps of one call share. */
export interface Call {
  readonly request: RequestContent;
  /** What the pipeline's expressions read as `context`. */
  readonly values: ContextValues;
  readonly fanOut: FanOut;
  /** That the caller wants in every ensemble, at least. */
  readonly membersMin: number;
  /** It finds out how long stages take, so none is cut off for what is known of the others. */
  readonly isTrial: boolean;
  /** By stage, of those that have ended. */
  readonly results: ReadonlyMap<string, StepResult>;
  /** Throws ExpressionError. */
  evaluate(expression: Expression): unknown;
}

/** Runs a compiled step over its inputs; `wanted` are the outputs that anybody reads. */
export type RunStep = (
  inputs: readonly Tensor[],
  wanted: readonly string[],
  call: Call,
  context: CallContext,
) => Promise<StepResult>;
