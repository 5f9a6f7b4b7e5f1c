import { name, optional, required, text, type ValuesOf } from '@sheaf/document';
import { versionText } from '../language/version.ts';
import type { CombinerBase, StackingCombiner } from './combiner.ts';

const fields = {
  model: required(name, 'The meta-model.'),
  version: optional(versionText, 'Its version, or an alias of one. Default: its champion, or else the newest.'),
  input: optional(text("an input's name"), 'Its input. Default: the only one it has.'),
};

export const stack = {
  doc: "A meta-model reads the members' outputs, joined along the last dimension in the order of the members' names.",
  fields,
  example: `
risk:
  ensemble:
    linear: { model: risk-linear }
    forest: { model: risk-forest, labels: [malignant, benign] }
  combine: { stack: probabilities, model: risk-stack, labels: [benign, malignant] }
  inputs: { features: features }`,
  weighs: false,
  members: 'joined',
  meta: ({ model, version, input }: CombinerBase & ValuesOf<typeof fields>) => ({
    target: { kind: 'model', name: model, version },
    input,
  }),
} as const satisfies StackingCombiner;
