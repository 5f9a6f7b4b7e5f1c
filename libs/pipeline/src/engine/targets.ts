import type { CallContext, InferResponse, RequestContent, Tensor } from '@sheaf/inference';
import type { ModelTarget, PipelineTarget } from '../language/target.ts';
import type { DryRun } from './dry-run-report.ts';
import { noProvenance, type Provenance } from './provenance.ts';

/** What a pipeline answers to another. */
export interface PipelineAnswer {
  readonly model: string;
  /** The version that really answered. */
  readonly version: string;
  readonly outputs: readonly Tensor[];
  readonly provenance: Provenance;
  /** Of a request that asks what would happen; then there are no outputs. */
  readonly dryRun?: DryRun;
}

export type AskModel = (request: RequestContent, context: CallContext) => Promise<InferResponse>;
export type AskPipeline = (request: RequestContent, context: CallContext) => Promise<PipelineAnswer>;

/** Whom the steps and the rules of a pipeline ask. Both are called once for each target, when the pipeline is compiled. */
export interface Targets {
  model(target: ModelTarget): AskModel;
  pipeline(target: PipelineTarget): AskPipeline;
}

/** A stand-in for a pipeline, which tells nothing of how its answer came to be. */
export const asPipeline =
  (ask: AskModel): AskPipeline =>
  async (request, context) => {
    const { model, version, outputs } = await ask(request, context);
    return { model, version, outputs, provenance: noProvenance };
  };
