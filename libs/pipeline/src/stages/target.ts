/** What steps have in common that ask one thing: a model, a transform or another pipeline. */
import { optional } from '@sheaf/document';
import type { StepBase } from '../language/spec.ts';
import { describeTarget, type Target } from '../language/target.ts';
import { versionText } from '../language/version.ts';
import { type Given, Use } from '../types/tensor-type.ts';
import type { Checked, Place, TypeChecker } from './stage-kind.ts';

export interface TargetStep<T extends Target> extends StepBase {
  readonly kind: T['kind'];
  readonly target: T;
}

export interface CheckedTarget<T extends Target> extends Checked<TargetStep<T>> {
  /** The inputs that it takes, of those that are there. */
  readonly takes: readonly string[];
}

export const version = optional(
  versionText,
  'A version, or an alias of one. Default: the champion, or else the newest.',
);

export const asksOne = {
  inner: () => [],
  runs: 'all',
  targets: ({ target }: TargetStep<Target>) => [target],
  expressions: () => [],
  validate: () => {},
  describe: ({ target }: TargetStep<Target>) => ({
    asks: describeTarget(target),
    caption: () => (target.kind === 'transform' ? target.path : target.name),
  }),
} as const;

/** Holds what is given against the signature of what is asked. */
export function checkTarget<T extends Target>(
  step: TargetStep<T>,
  given: Given,
  { path, wires, who, looked }: Place,
  types: TypeChecker,
): CheckedTarget<T> | undefined {
  const { target, inputs: own } = step;
  const signature = types.signature(target, [...path, target.kind]);
  if (!signature) return undefined;
  const use = new Use();
  for (const [name, type] of given) {
    const want = signature.inputs.find((input) => input.name === name);
    const known = signature.inputs.map((input) => input.name).join(', ');
    const why = want
      ? type &&
        (use.accept(want, type, { looked }) ??
          (type.maybeAbsent && !want.optional ? 'it may be absent, and the input is not optional' : undefined))
      : own && `there is no input "${name}"; the inputs are ${known}`;
    if (why) types.problems.addOnce([...wires, name], `${who}${why}`);
  }
  const missing = signature.inputs.filter(({ name, optional: isOptional }) => !isOptional && !given.has(name));
  for (const { name } of missing) types.problems.addOnce(wires, `${who}input "${name}" is missing`);
  return {
    kind: target.kind,
    step,
    inner: [],
    outputs: new Map(signature.outputs.map((output) => [output.name, use.give(output)])),
    takes: signature.inputs.flatMap(({ name }) => (given.has(name) ? [name] : [])),
  };
}
