/** What a pipeline document may hold: one definition for the parser, the JSON Schema and the reference page. */

import {
  boolean,
  duration,
  either,
  integer,
  list,
  mapOf,
  mapped,
  name,
  named,
  number,
  optional,
  type Path,
  type Reader,
  record,
  required,
  text,
  type ValuesOf,
  variants,
} from '@sheaf/document';
import { expression, ruleSet } from '@sheaf/rules';
import { combiner } from '../combiners/spec.ts';
import { type Branch, limits, type Member, type Step, type Target } from './spec.ts';
import { contextValue, input, reference, tensorName, wires } from './tensors.ts';
import { versionText } from './version.ts';
import { weightMax } from './weights.ts';

/** What any step may have, wherever it stands. */
export const stepFields = {
  inputs: optional(
    wires,
    "Input of what is asked: where its tensor comes from. A step inside another takes that one's inputs unless it has its own.",
  ),
  timeout: optional(duration, "At most this long, inside the call's deadline. Default: what the deadline leaves."),
};

const version = optional(versionText, 'Default: the newest.');
const over = mapped(
  either((value) => typeof value === 'string', tensorName, list(tensorName, 'a list of inputs', 16)),
  (read) => (typeof read === 'string' ? [read] : read),
);

export const stepKinds = {
  model: { model: required(name, 'Asks this model.'), version },
  transform: {
    transform: required(text('a path such as ./crop.ts'), 'Calls this TypeScript function, in a service of its own.'),
  },
  pipeline: { pipeline: required(name, 'Runs another pipeline.'), version },
  ensemble: {
    ensemble: required(
      mapOf(
        named('member', () => member),
        { min: 1, max: limits.membersMax, noun: 'member' },
      ),
      'Asks all members at the same time, by name.',
    ),
    combine: required(combiner, "How the members' answers become one."),
    quorum: optional(
      either<number, { weight: number }>(
        (value) => typeof value !== 'object',
        integer(1),
        record({ weight: required(number(0), 'Weight of the members that must answer, together.') }),
      ),
      'So many members must answer, or {weight: w}. With a quorum any member may fail, but those with `optional: false`; without one none may, but those with `optional: true`.',
    ),
  },
  switch: {
    switch: required(
      list(
        named('branch', () => branch),
        'a list of steps with `when`',
        limits.branchesMax,
      ),
      'Runs the first step whose `when` is true; a last one without `when` is else.',
    ),
  },
  each: {
    each: required(
      named('step', () => step),
      'Runs this step for every part of the inputs in `over`.',
    ),
    over: required(over, 'The input to split, or a list of several of the same length.'),
    dimension: optional(integer(0, 15), 'Along which dimension. Default 0.'),
    size: optional(integer(1, 4096), 'Elements in a part. Default 1.'),
    concurrency: optional(integer(1, limits.concurrencyMax), 'Parts asked at once. Default 8.'),
  },
  fallback: {
    fallback: required(
      list(
        named('step', () => step),
        'a list of steps',
        limits.branchesMax,
      ),
      'Runs the next step when the one before fails, refuses or is too slow.',
    ),
  },
} as const;

type StepValues = { readonly kind: keyof typeof stepKinds } & ValuesOf<typeof stepFields> &
  Readonly<Record<string, unknown>>;

function stepOf(values: StepValues): Step {
  const base = { inputs: values.inputs, timeoutMs: values.timeout };
  switch (values.kind) {
    case 'model':
    case 'pipeline': {
      const target: Target = {
        kind: values.kind,
        name: String(values[values.kind]),
        version: values['version'] as string | undefined,
      };
      return { ...base, kind: 'target', target };
    }
    case 'transform':
      return { ...base, kind: 'target', target: { kind: 'transform', path: String(values['transform']) } };
    case 'ensemble': {
      const { ensemble, combine, quorum } = values as unknown as ValuesOf<(typeof stepKinds)['ensemble']>;
      const members = [...ensemble].map(
        ([own, body]): Member => ({ ...body, name: own, optional: body.optional ?? quorum !== undefined }),
      );
      members.sort((a, b) => (a.name < b.name ? -1 : 1));
      return { ...base, kind: 'ensemble', members, combine, quorum };
    }
    case 'switch':
      return { ...base, kind: 'switch', branches: values['switch'] as readonly Branch[] };
    case 'each': {
      const {
        each,
        over: split,
        dimension,
        size,
        concurrency,
      } = values as unknown as ValuesOf<(typeof stepKinds)['each']>;
      return {
        ...base,
        kind: 'each',
        step: each,
        over: split,
        dimension: dimension ?? 0,
        size: size ?? 1,
        concurrency: concurrency ?? 8,
      };
    }
    case 'fallback':
      return { ...base, kind: 'fallback', steps: values['fallback'] as readonly Step[] };
  }
}

/** The steps around one: stages.<name> is the outermost, `each` holds its step under one key, the others theirs under a key and a name or a number. */
function stepsAbove(path: Path): number {
  let steps = 0;
  for (let at = 2; at < path.length; at += path[at] === 'each' ? 1 : 2) steps++;
  return steps;
}

/** A step with some keys more, of which `make` makes what the place needs. */
function stepWith<F extends Parameters<typeof record>[0], T>(
  noun: string,
  fields: F,
  make: (step: Step, values: ValuesOf<F>) => T,
): Reader<T> {
  const reader = variants({
    noun,
    kinds: stepKinds,
    shared: { ...stepFields, ...fields },
  }) as unknown as Reader<StepValues>;
  return {
    ...reader,
    read(value, path, problems) {
      // Looked at first: a document may be deeper than the stack.
      if (stepsAbove(path) > limits.depthMax)
        return problems.add(path, `steps stand in steps at most ${limits.depthMax} deep`);
      const values = reader.read(value, path, problems);
      return values && make(stepOf(values), values as unknown as ValuesOf<F>);
    },
  };
}

const step: Reader<Step> = stepWith('step', {}, (made) => made);

export const branchFields = {
  when: optional(expression('a condition'), 'The step runs when this is true.'),
};
const branch: Reader<Branch> = stepWith('branch', branchFields, (made, { when }) => ({ when, step: made }));

const weight = either(
  (value) => typeof value !== 'string',
  number(0, weightMax),
  expression('an expression that gives a number'),
);
export const memberFields = {
  weight: optional(weight, 'A number, or an expression that gives one. 0: the member is not asked. Default 1.'),
  optional: optional(boolean, 'The ensemble may answer without it. Default: true where there is a quorum, else false.'),
  softTimeout: optional(duration, 'From then on it is waited for only while the quorum needs it.'),
  outputs: optional(
    mapOf(tensorName, { min: 1, max: 16, noun: 'output', key: tensorName }),
    'The combined output: what this member calls it.',
  ),
  labels: optional(
    list(text('the name of a class'), 'a list of class names', 10_000),
    "Its classes in its own order, where that is not the ensemble's. Default: as its model file names them, if they are the ensemble's.",
  ),
};
type MemberBody = Omit<Member, 'name' | 'optional'> & { readonly optional: boolean | undefined };
const member: Reader<MemberBody> = stepWith(
  'member',
  memberFields,
  (made, values): MemberBody => ({
    step: made,
    weight: values.weight ?? 1,
    optional: values.optional,
    softTimeoutMs: values.softTimeout,
    outputs: values.outputs ?? new Map(),
    labels: values.labels,
  }),
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
