import { name, required, type ValuesOf } from '@sheaf/document';
import { createAskModel } from '../engine/ask-target.ts';
import type { ModelTarget } from '../language/target.ts';
import type { StageKind } from './stage-kind.ts';
import { asksOne, type CheckedTarget, checkTarget, type TargetStep, version } from './target.ts';

type Model = Extract<ModelTarget, { kind: 'model' }>;

declare module '../language/spec.ts' {
  interface StepKinds {
    readonly model: { readonly step: TargetStep<Model>; readonly checked: CheckedTarget<Model> };
  }
}

const fields = { model: required(name, 'Asks this model.'), version };

export const model: StageKind<'model'> = {
  ...asksOne,
  fields: () => fields,
  read: (values: ValuesOf<typeof fields>, base) => ({
    ...base,
    kind: 'model',
    target: { kind: 'model', name: values.model, version: values.version },
  }),
  check: checkTarget,
  compile: ({ step, takes }, where, { targets }) => createAskModel(where, takes, targets.model(step.target)),
};
