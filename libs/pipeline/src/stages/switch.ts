import { list, nonEmpty, optional, type Path, required, type ValuesOf } from '@sheaf/document';
import { type Expression, ExpressionError, expression } from '@sheaf/rules';
import { defined, type TryEvaluate } from '../engine/dry-run-report.ts';
import { type Call, type Note, nothing, type RunStep } from '../engine/step.ts';
import { readsInputs } from '../language/expressions.ts';
import { limits, type Step, type StepBase } from '../language/spec.ts';
import { outputsOfEither } from '../types/outputs-of-either.ts';
import type { Checked, StageKind, StepReaders } from './stage-kind.ts';
import { stepName } from './step-name.ts';

interface Branch {
  /** Undefined: else. */
  readonly when: Expression | undefined;
  readonly step: Step;
}

interface SwitchStep extends StepBase {
  readonly kind: 'switch';
  readonly branches: readonly Branch[];
}

declare module '../language/spec.ts' {
  interface StepKinds {
    readonly switch: { readonly step: SwitchStep; readonly checked: Checked<SwitchStep> };
  }
}

const branchFields = { when: optional(expression('a condition'), 'The step runs when this is true.') };
const fields = ({ under }: StepReaders) => ({
  switch: required(
    nonEmpty(
      list(
        under('branch', branchFields, (step, { when }): Branch => ({ when, step })),
        'a list of steps with `when`',
        limits.branchesMax,
      ),
      'want one branch or more, got none',
    ),
    'Runs the first step whose `when` is true; a last one without `when` is else.',
  ),
});

const placeOf = (path: Path, index: number): Path => [...path, 'switch', index];

export const switchKind: StageKind<'switch'> = {
  fields,
  read: (values: ValuesOf<ReturnType<typeof fields>>, base) => ({ ...base, kind: 'switch', branches: values.switch }),
  inner: ({ branches }, path) =>
    branches.map(({ when, step }, index) => ({
      step,
      path: placeOf(path, index),
      label: when ? `when ${when.text}` : 'else',
      isRequired: true,
    })),
  runs: 'one',
  targets: () => [],
  expressions: ({ branches }, path) =>
    branches.flatMap(({ when }, index) =>
      when ? [{ expression: when, path: [...placeOf(path, index), 'when'], wanted: 'bool' as const }] : [],
    ),
  validate({ branches }, path, problems) {
    for (const [index, { when }] of branches.entries())
      if (!when && index < branches.length - 1)
        problems.add(placeOf(path, index), 'want `when`; only the last branch may be without, as else');
  },
  check(step, given, place, types) {
    const looked = place.looked || step.branches.some(({ when }) => when && readsInputs(when));
    const all = step.branches.map(({ step: branch }, index) => {
      const path = placeOf(place.path, index);
      return { path, checked: types.inner(branch, given, { ...place, path, looked }) };
    });
    const outputs = outputsOfEither(
      all.map(({ path, checked }) => ({ path, outputs: checked?.outputs })),
      step.branches.at(-1)?.when === undefined,
      types.problems,
    );
    const inner = all.flatMap(({ checked }) => checked ?? []);
    return outputs && { kind: 'switch', step, outputs, inner };
  },
  compile: ({ step, inner }, where, { inner: compile }) =>
    createSwitch(
      inner.map((checked, index) => {
        const name = stepName(checked.step, index);
        return { when: step.branches[index]?.when, name, run: compile(checked, `${where}.${name}`) };
      }),
      where,
    ),
  describe: () => ({ asks: 'switch', caption: () => 'switch' }),
  dryRun: (step, evaluate) => ({
    own: {},
    inner: step.branches.map((_, index) => defined('taken', takenOf(step, index, evaluate))),
  }),
  reference: {
    example: `
pick:
  switch:
    - { when: 'inputs.page.size > 1000000', model: large-locator }
    - { when: 'highest(stages.quick.score) > 0.9', model: small-locator }
    - { model: digit-locator }            # no \`when\`: else
  inputs: { image: page }`,
    innerFields: { text: 'A branch is a step with this key beside:', fields: branchFields },
  },
};

/** Undefined where only a run can tell. */
function takenOf({ branches }: SwitchStep, index: number, evaluate: TryEvaluate): boolean | undefined {
  const outcomes = branches.map(({ when }) => (when ? evaluate(when) : true));
  const decided = outcomes.findIndex((outcome) => outcome !== false);
  if (decided === -1) return false;
  if (outcomes[decided] === undefined) return index < decided ? false : undefined;
  return index === decided;
}

interface CompiledBranch {
  readonly when: Expression | undefined;
  readonly run: RunStep;
  /** As the trace names it. */
  readonly name: string;
}

/** Runs the first branch whose condition holds; one that cannot be evaluated does not hold, and the answer says so. */
function createSwitch(branches: readonly CompiledBranch[], where: string): RunStep {
  return async (inputs, wanted, call, context) => {
    const notes: Note[] = [];
    const taken = branches.find(({ when, name }) => !when || holds(when, call, `${where}.${name}`, notes));
    context.journal.mark(context.span, { 'sheaf.branch': taken?.name ?? 'none' });
    const result = taken ? await taken.run(inputs, wanted, call, context) : nothing;
    return notes.length === 0 ? result : { ...result, notes: [...notes, ...result.notes] };
  };
}

function holds(when: Expression, call: Call, place: string, notes: Note[]): boolean {
  try {
    return call.evaluate(when) === true;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    notes.push({ kind: 'unevaluated', place, why: error.message });
    return false;
  }
}
