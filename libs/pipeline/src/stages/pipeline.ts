import { name, required, type ValuesOf } from '@sheaf/document';
import { createAskPipeline } from '../engine/ask-target.ts';
import type { PipelineTarget } from '../language/target.ts';
import type { CheckedPipeline } from '../types/checked-pipeline.ts';
import type { StageKind } from './stage-kind.ts';
import { asksOne, type CheckedTarget, checkTarget, type TargetStep, version } from './target.ts';

interface CheckedCall extends CheckedTarget<PipelineTarget> {
  /** What is asked; undefined where only its signature is known. */
  readonly pipeline: CheckedPipeline | undefined;
}

declare module '../language/spec.ts' {
  interface StepKinds {
    readonly pipeline: { readonly step: TargetStep<PipelineTarget>; readonly checked: CheckedCall };
  }
}

const fields = { pipeline: required(name, 'Runs another pipeline.'), version };

export const pipeline: StageKind<'pipeline'> = {
  ...asksOne,
  fields: () => fields,
  read: (values: ValuesOf<typeof fields>, base) => ({
    ...base,
    kind: 'pipeline',
    target: { kind: 'pipeline', name: values.pipeline, version: values.version },
  }),
  check(step, given, place, types) {
    const checked = checkTarget(step, given, place, types);
    return checked && { ...checked, pipeline: types.pipeline(step.target) };
  },
  compile: ({ step, takes }, where, { targets }) =>
    createAskPipeline(step.target.name, where, takes, targets.pipeline(step.target)),
  reference: {
    example: `
read: { pipeline: read-digits, inputs: { pixels: crop.digits } }`,
  },
};
