import { required, text, type ValuesOf } from '@sheaf/document';
import { createAskModel } from '../engine/ask-target.ts';
import type { ModelTarget } from '../language/target.ts';
import type { StageKind } from './stage-kind.ts';
import { asksOne, type CheckedTarget, checkTarget, type TargetStep } from './target.ts';

type Transform = Extract<ModelTarget, { kind: 'transform' }>;

declare module '../language/spec.ts' {
  interface StepKinds {
    readonly transform: { readonly step: TargetStep<Transform>; readonly checked: CheckedTarget<Transform> };
  }
}

const fields = {
  transform: required(text('a path such as ./crop.ts'), 'Calls this TypeScript function, in a service of its own.'),
};

const reference = `The path is from the mesh folder. The file exports what it takes and gives, and a function between them; tensors are flat typed arrays with a shape. It runs in a process of its own, with a time limit of 5 s. That may read the mesh folder and the packages that are found from there; the network, native add-ons and all else it may use where \`mesh.yaml\` says \`network\`, \`addons\` or \`trusted: true\` of its service: [what a transform may do](../../libs/runtime/README.md#what-a-transform-may-do). With \`uses\` it may itself ask models and pipelines of the mesh, under the deadline, the trace and the configuration of its own call:

\`\`\`ts
import { defineTransform } from '@sheaf/inference';

export default defineTransform(
  {
    inputs: { measures: { datatype: 'FP32', shape: ['rows', 4] } },
    outputs: { sure: { datatype: 'BOOL', shape: ['rows'] } },
    uses: ['iris'],
  },
  async ({ measures }, context) => {
    const { probabilities } = await context.infer('iris', { measures: { datatype: 'FP32', ...measures } });
    if (probabilities?.datatype !== 'FP32') throw new Error('iris gave no probabilities');
    const [rows = 0, classes = 0] = probabilities.shape;
    const best = (row: number) => Math.max(...probabilities.data.subarray(row * classes, (row + 1) * classes));
    return { sure: { shape: [rows], data: Uint8Array.from({ length: rows }, (_, row) => Number(best(row) > 0.9)) } };
  },
);
\`\`\``;

export const transform: StageKind<'transform'> = {
  ...asksOne,
  fields: () => fields,
  read: (values: ValuesOf<typeof fields>, base) => ({
    ...base,
    kind: 'transform',
    target: { kind: 'transform', path: values.transform },
  }),
  check: checkTarget,
  compile: ({ step, takes }, where, { targets }) => createAskModel(where, takes, targets.model(step.target)),
  reference: { texts: [reference] },
};
