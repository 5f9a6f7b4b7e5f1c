import type { Path, Problems } from '@sheaf/document';
import { labelsMistake } from '../combiners/align.ts';
import { classesOf } from '../combiners/classes.ts';
import type { Combiner, StackingCombiner } from '../combiners/combiner.ts';
import { combinerOf, weighingCombiners } from '../combiners/index.ts';
import type { CheckedStep } from '../language/spec.ts';
import { describeTarget } from '../language/target.ts';
import { reach } from '../language/weights.ts';
import { either, type Given, type TensorType, type Types, Use, unlike } from '../types/tensor-type.ts';
import type { CheckedEnsemble, EnsembleStep, Member } from './ensemble-step.ts';
import type { Place, TypeChecker } from './stage-kind.ts';

export function validateEnsemble(step: EnsembleStep, path: Path, problems: Problems): void {
  const { members, combine, quorum } = step;
  const combiner = combinerOf(combine);
  const weighed = members.find(({ weight }) => weight !== 1);
  validateWeights(step, path, problems);
  if (weighed && !combiner.weighs)
    problems.add(
      [...path, 'ensemble', weighed.name, 'weight'],
      `${combine.kind} does not weigh; combine by ${weighingCombiners}, or leave the weight out`,
    );
  validateQuorum(step, path, problems);
  if (combiner.members === 'first' && quorum !== undefined)
    problems.add([...path, 'quorum'], `${combine.kind} takes one answer; it has no quorum`);
  if (combiner.members === 'joined' && members.some(({ optional }) => optional))
    problems.add([...path, 'combine'], `${combine.kind} reads all members; none may be optional, and it has no quorum`);
  for (const member of members) validateMember(member, step, [...path, 'ensemble', member.name], problems);
}

/** Undefined where an expression gives one of them. */
function fixedWeights({ members }: EnsembleStep): readonly number[] | undefined {
  const fixed = members.flatMap(({ weight }) => (typeof weight === 'number' ? [weight] : []));
  return fixed.length === members.length ? fixed : undefined;
}

const sum = (weights: readonly number[]): number => weights.reduce((total, weight) => total + weight, 0);

function validateWeights(step: EnsembleStep, path: Path, problems: Problems): void {
  const fixed = fixedWeights(step);
  if (fixed && sum(fixed) === 0) problems.add([...path, 'ensemble'], 'the weights of the members sum to 0');
}

function validateQuorum(step: EnsembleStep, path: Path, problems: Problems): void {
  const { members, quorum } = step;
  const asked = members.filter(({ weight }) => weight !== 0).length;
  if (typeof quorum === 'number' && quorum > asked)
    problems.add([...path, 'quorum'], `want at most the ${asked} members that are asked, got ${quorum}`);
  const fixed = fixedWeights(step);
  if (typeof quorum === 'object' && fixed && !reach(fixed, quorum.weight))
    problems.add(
      [...path, 'quorum', 'weight'],
      `want at most the ${sum(fixed)} that all members weigh, got ${quorum.weight}`,
    );
}

function validateMember(member: Member, { combine }: EnsembleStep, path: Path, problems: Problems): void {
  const { outputs, labels, optional, softTimeoutMs } = member;
  if (softTimeoutMs !== undefined && !optional)
    problems.add([...path, 'softTimeout'], 'the member is not optional, so it is waited for however long it takes');
  const other = [...outputs.keys()].find((output) => output !== combine.output);
  if (other !== undefined)
    problems.add([...path, 'outputs', other], `want the combined output "${combine.output}", got "${other}"`);
  if (!labels) return;
  const common = combine.labels;
  const place = [...path, 'labels'];
  if (!common)
    problems.add(place, 'the member has labels; combine must have `labels` too, so that they can be aligned');
  else if ([...labels].sort().join('\n') !== [...common].sort().join('\n'))
    problems.add(place, `want the classes ${common.join(', ')} in any order, got ${labels.join(', ')}`);
}

export function checkEnsemble(
  step: EnsembleStep,
  given: Given,
  place: Place,
  types: TypeChecker,
): CheckedEnsemble | undefined {
  const { members, combine } = step;
  const { problems } = types;
  const combiner = combinerOf(combine);
  const checked: CheckedMember[] = [];
  for (const member of members) {
    const one = checkMember(member, step, given, place, types);
    if (!one) continue;
    const [first] = checked;
    const why = first && unlikeMembers(combiner, first.answer, one.answer, place.looked);
    const called = member.outputs.get(combine.output) ?? combine.output;
    const path = [...place.path, 'ensemble', member.name];
    if (why) problems.add(path, `its output "${called}" is unlike that of the other members: ${why}`);
    const mislabelled = member.labels && labelsMistake(member.labels, one.answer, called);
    if (mislabelled) problems.add([...path, 'labels'], mislabelled);
    checked.push(one);
  }
  if (checked.length < members.length) return undefined;
  const answers = checked.map(({ answer }) => answer);
  const found = classesOf(members, combine.labels, combiner.members !== 'joined', answers);
  if (typeof found === 'string') problems.add([...place.path, 'combine'], found);
  const classes = typeof found === 'string' ? { common: undefined, own: [] } : found;
  const inner = checked.map((one) => one.checked);
  const common = { kind: 'ensemble', step, inner, answers, given, classes } as const;
  if (combiner.members === 'joined') {
    const meta = checkMeta(combiner, step, answers, place, types);
    return meta && { ...common, outputs: meta.outputs, metaInput: meta.input };
  }
  const outputs = combiner.outputs(combine, { ...answers.reduce(either), labels: classes.common }, members.length);
  if (typeof outputs !== 'string') return { ...common, outputs, metaInput: undefined };
  return problems.add([...place.path, 'combine'], outputs);
}

function unlikeMembers(combiner: Combiner, first: TensorType, other: TensorType, looked: boolean): string | undefined {
  if (combiner.members === 'joined') return undefined;
  return unlike(first, other, { together: combiner.members === 'combined' && !looked });
}

interface CheckedMember {
  readonly checked: CheckedStep;
  /** What is read of it. */
  readonly answer: TensorType;
}

/** Undefined when what is read of it cannot be told. */
function checkMember(
  { name, step: inner, outputs: renamed }: Member,
  { combine }: EnsembleStep,
  given: Given,
  place: Place,
  types: TypeChecker,
): CheckedMember | undefined {
  const path = [...place.path, 'ensemble', name];
  const checked = types.inner(inner, given, { ...place, path, who: `member ${name}: ` });
  if (!checked) return undefined;
  const called = renamed.get(combine.output) ?? combine.output;
  const answer = checked.outputs.get(called);
  const what = 'target' in inner ? describeTarget(inner.target) : 'it';
  if (!answer)
    return types.problems.add(
      path,
      `${what} has no output "${called}"; its outputs are ${[...checked.outputs.keys()].join(', ')}`,
    );
  if (answer.maybeAbsent)
    types.problems.add(path, `there may be no "${called}" in its answer; give its switch an else`);
  return { checked, answer };
}

/** The model that reads the members' answers side by side. */
function checkMeta(
  combiner: StackingCombiner,
  { combine }: EnsembleStep,
  answers: readonly TensorType[],
  { path, looked }: Place,
  types: TypeChecker,
): { readonly outputs: Types; readonly input: string } | undefined {
  const place = [...path, 'combine'];
  const { target, input } = combiner.meta(combine);
  const signature = types.signature(target, [...place, target.kind]);
  const [first] = answers;
  if (!signature || !first) return undefined;
  const name = target.kind === 'transform' ? target.path : target.name;
  const want = input === undefined ? signature.inputs[0] : signature.inputs.find((one) => one.name === input);
  if (!want || signature.inputs.length > 1) {
    const names = signature.inputs.map((one) => one.name).join(', ');
    return types.problems.add(
      place,
      `want a meta-model with one input, "${input ?? '...'}"; the inputs of ${name} are ${names}`,
    );
  }
  const use = new Use();
  const why = use.accept(want, joinedType(first, answers), { looked });
  if (why) types.problems.add(place, `input "${want.name}" of ${name}: ${why}`);
  return {
    outputs: new Map(signature.outputs.map((output) => [output.name, use.give(output)])),
    input: want.name,
  };
}

/** All answers along their last dimension. */
function joinedType(first: TensorType, answers: readonly TensorType[]): TensorType {
  const lasts = answers.map(({ dims }) => dims.at(-1)?.size);
  const width = lasts.some((size) => size === undefined)
    ? undefined
    : lasts.reduce<number>((total, size) => total + (size ?? 0), 0);
  return { ...first, dims: [...first.dims.slice(0, -1), { size: width, name: '' }] };
}
