/** What a pipeline document may hold: one definition for the parser, the JSON Schema and the reference page. */

import {
  boolean,
  duration,
  type Fields,
  integer,
  mapOf,
  name,
  named,
  optional,
  type Path,
  type Reader,
  record,
  required,
  type ValuesOf,
  variants,
} from '@sheaf/document';
import { ruleSet } from '@sheaf/rules';
import { stageKinds } from '../stages/index.ts';
import type { StageKind, StepReaders } from '../stages/stage-kind.ts';
import { limits, type Step, type StepKind } from './spec.ts';
import { contextValue, input, reference, tensorName, wires } from './tensors.ts';

/** What any step may have, wherever it stands. */
export const stepFields = {
  inputs: optional(
    wires,
    "Input of what is asked: where its tensor comes from. A step inside another takes that one's inputs unless it has its own.",
  ),
  timeout: optional(duration, "At most this long, inside the call's deadline. Default: what the deadline leaves."),
};

/** The steps around one: stages.<name> is the outermost, and a kind holds its step under one key, or its steps under a key and a name or a number. */
function stepsAbove(path: Path): number {
  let steps = 0;
  for (let at = 2; at < path.length; at += holdsOneStep(path[at]) ? 1 : 2) steps++;
  return steps;
}

const holdsOneStep = (key: string | number | undefined): boolean =>
  Object.entries<StageKind>(stageKinds).some(([kind, { holdsOneStep: one }]) => kind === key && one);

/** A step with some keys more, of which `make` makes what the place needs. */
function stepWith<F extends Fields, T>(
  noun: string,
  fields: F,
  make: (step: Step, values: ValuesOf<F>) => T,
): Reader<T> {
  const reader = variants({ noun, kinds: stepKinds, shared: { ...stepFields, ...fields } });
  return {
    ...reader,
    read(value, path, problems) {
      // Looked at first: a document may be deeper than the stack.
      if (stepsAbove(path) > limits.depthMax)
        return problems.add(path, `steps stand in steps at most ${limits.depthMax} deep`);
      const read = reader.read(value, path, problems);
      if (!read) return undefined;
      const { kind, inputs, timeout, ...values } = read as { readonly kind: StepKind } & ValuesOf<typeof stepFields> &
        ValuesOf<F>;
      const made = stageKinds[kind].read(values, { inputs, timeoutMs: timeout });
      return make(made, values as unknown as ValuesOf<F>);
    },
  };
}

/** A part that is read by its definition of this name, made when it is first needed: steps hold steps. */
function inner<F extends Fields, T>(noun: string, fields: F, make: (step: Step, values: ValuesOf<F>) => T): Reader<T> {
  let reader: Reader<T> | undefined;
  return named(noun, () => {
    reader ??= stepWith(noun, fields, make);
    return reader;
  });
}

const readers: StepReaders = { step: inner('step', {}, (step) => step), under: inner };

/** The keys of each kind of step. */
export const stepKinds: Readonly<Record<string, Fields>> = Object.fromEntries(
  Object.entries<StageKind>(stageKinds).map(([kind, { fields }]) => [kind, fields(readers)]),
);

export const stageFields = {
  optional: optional(boolean, 'When it fails its outputs are absent, and the answer says so. Default false.'),
};
const stage = stepWith('stage', stageFields, (made, values) => ({ step: made, optional: values.optional ?? false }));

export const pipelineFields = {
  pipeline: required(name, 'How callers address it.'),
  version: optional(integer(1), 'Default 1.'),
  inputs: required(mapOf(input, { min: 1, max: 256, noun: 'input' }), 'Tensors that callers send, by name.'),
  context: optional(
    mapOf(contextValue, { min: 1, max: 32, noun: 'value' }),
    'Values that expressions read as context.<name>.',
  ),
  stages: required(
    mapOf(stage, { min: 1, max: limits.stagesMax, noun: 'stage', keepsOthers: true }),
    'Steps by name; each starts as soon as what it reads is there.',
  ),
  outputs: required(
    mapOf(reference, { min: 1, max: 256, noun: 'output', key: tensorName }),
    'Tensors that callers get: where each comes from.',
  ),
  rules: optional(ruleSet, 'Decide about requests (`before`) and answers (`after`).'),
};

export const pipelineDocument = record(pipelineFields);
