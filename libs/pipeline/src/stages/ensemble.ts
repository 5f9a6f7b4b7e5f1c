import {
  boolean,
  duration,
  either,
  integer,
  list,
  mapOf,
  number,
  optional,
  record,
  required,
  text,
  type ValuesOf,
} from '@sheaf/document';
import { expression } from '@sheaf/rules';
import { alignLabels } from '../combiners/align.ts';
import { combiner, combinerOf } from '../combiners/index.ts';
import { createAskModel } from '../engine/ask-target.ts';
import { createAnswerCheck } from '../engine/check-answer.ts';
import { type DryRunTerms, defined, type TryEvaluate } from '../engine/dry-run-report.ts';
import { createMeta } from '../engine/meta-model.ts';
import { createEnsemble } from '../engine/run-ensemble.ts';
import { type CheckedStep, limits, type Step } from '../language/spec.ts';
import { tensorName } from '../language/tensors.ts';
import { weightMax } from '../language/weights.ts';
import type { TensorType } from '../types/tensor-type.ts';
import { checkEnsemble, validateEnsemble } from './ensemble-check.ts';
import type { CheckedEnsemble, EnsembleStep, Member } from './ensemble-step.ts';
import type { StageKind, StepCompiler, StepReaders } from './stage-kind.ts';

const weight = either(
  (value) => typeof value !== 'string',
  number(0, weightMax),
  expression('an expression that gives a number'),
);

const memberFields = {
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

const memberBody = (step: Step, values: ValuesOf<typeof memberFields>): MemberBody => ({
  step,
  weight: values.weight ?? 1,
  optional: values.optional,
  softTimeoutMs: values.softTimeout,
  outputs: values.outputs ?? new Map(),
  labels: values.labels,
});

const fields = ({ under }: StepReaders) => ({
  ensemble: required(
    mapOf(under('member', memberFields, memberBody), { min: 1, max: limits.membersMax, noun: 'member' }),
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
});

export const ensemble: StageKind<'ensemble'> = {
  fields,
  read({ ensemble: bodies, combine, quorum }: ValuesOf<ReturnType<typeof fields>>, base) {
    const members = [...bodies].map(
      ([name, body]): Member => ({ ...body, name, optional: body.optional ?? quorum !== undefined }),
    );
    members.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { ...base, kind: 'ensemble', members, combine, quorum };
  },
  inner: ({ members }, path) =>
    members.map((member) => ({
      step: member.step,
      path: [...path, 'ensemble', member.name],
      label: labelOf(member),
      isRequired: !member.optional,
    })),
  runs: 'all',
  targets({ combine }) {
    const own = combinerOf(combine);
    return own.members === 'joined' ? [own.meta(combine).target] : [];
  },
  expressions: ({ members }, path) =>
    members.flatMap(({ name, weight: own }) =>
      typeof own === 'number'
        ? []
        : [{ expression: own, path: [...path, 'ensemble', name, 'weight'], wanted: 'number' as const }],
    ),
  validate: validateEnsemble,
  check: checkEnsemble,
  compile: compileEnsemble,
  describe: (step) => ({ asks: wordsOf(step), terms: termsOf(step), caption: () => step.combine.kind }),
  dryRun: ({ members, quorum }, evaluate) => ({
    own: defined('quorum', quorum),
    inner: members.map((member) => memberTerms(member, evaluate)),
  }),
  reference: {
    texts: [
      'Members are counted as one each by `quorum: 2`, whatever their weight. An answer that is in when the ensemble is decided always counts; after its soft time-out a member that is not in is cancelled as soon as those that are in make the quorum and nobody else is waited for. A member that may be missing has to be in 5 % (and 5 ms) of the time that is left before the deadline, so that one that hangs is missing and the answer still comes. A caller may demand more than the quorum: with the metadata `x-ensemble-min-members: 3` every ensemble but a race (`first`) has at least three members in it, or the call fails (`QUORUM_NOT_MET`).',
    ],
    innerFields: { text: 'A member is a step with these keys beside:', fields: memberFields },
  },
};

function compileEnsemble(
  { step, inner, answers, given, classes, metaInput = '' }: CheckedEnsemble,
  where: string,
  { inner: compile, targets, latencyOf }: StepCompiler,
) {
  const { combine } = step;
  const own = combinerOf(combine);
  const runs = step.members.map((member, index) => ({
    ...member,
    index,
    called: member.outputs.get(combine.output) ?? combine.output,
    run: compile(inner[index] as CheckedStep, `${where}.${member.name}`),
    check: createAnswerCheck(answers[index] as TensorType, given),
    align: alignLabels(classes.own[index], classes.common),
  }));
  const run = { where, members: runs, quorum: step.quorum, counts: own.members };
  if (own.members !== 'joined') return createEnsemble(run, own.create(combine, runs.length));
  const place = `${where}.stack`;
  const ask = createAskModel(place, [metaInput], targets.model(own.meta(combine).target));
  return createEnsemble(run, createMeta(ask, metaInput, place, latencyOf));
}

function wordsOf({ combine }: EnsembleStep): string {
  const own = combinerOf(combine);
  if (own.members !== 'joined') return `ensemble, ${combine.kind}`;
  const { target } = own.meta(combine);
  return `ensemble, ${combine.kind} by ${target.kind} "${target.kind === 'model' ? target.name : target.path}"`;
}

/** More classes than these are only counted. */
const shownLabelsMax = 8;

function termsOf({ quorum, combine: { labels = [] } }: EnsembleStep): string[] {
  const terms: string[] = [];
  if (quorum !== undefined)
    terms.push(typeof quorum === 'number' ? `quorum ${quorum}` : `quorum of weight ${quorum.weight}`);
  if (labels.length > 0)
    terms.push(labels.length > shownLabelsMax ? `${labels.length} classes` : `classes ${labels.join(', ')}`);
  return terms;
}

function labelOf({ name, optional: isOptional, weight: own, softTimeoutMs }: Member): string {
  const terms = [
    ...(isOptional ? ['optional'] : []),
    ...(own === 1 ? [] : [`weight ${typeof own === 'number' ? own : own.text}`]),
    ...(softTimeoutMs === undefined ? [] : [`waited for ${softTimeoutMs} ms`]),
  ];
  return terms.length === 0 ? name : `${name} (${terms.join(', ')})`;
}

const memberTerms = (
  { weight: own, softTimeoutMs, optional: isOptional }: Member,
  evaluate: TryEvaluate,
): DryRunTerms => ({
  ...defined('weight', typeof own === 'number' ? own : (evaluate(own) as number | undefined)),
  ...defined('softTimeoutMs', softTimeoutMs),
  ...(isOptional ? { optional: true } : {}),
});
