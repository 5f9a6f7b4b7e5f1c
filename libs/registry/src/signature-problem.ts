import { mismatch, type Signature, type TensorSpec } from '@sheaf/inference';

/** Why callers of `from` could not use `to` in its place, or undefined when they can. */
export function signatureProblem(from: Signature, to: Signature): string | undefined {
  return (
    sent(from.inputs, to.inputs) ??
    // What is read may come with more beside it.
    from.outputs.map((output) => fits('output', output, to.outputs)).find((problem) => problem !== undefined)
  );
}

function sent(before: readonly TensorSpec[], after: readonly TensorSpec[]): string | undefined {
  const wanted = after.find(({ name, optional }) => !optional && !before.some((input) => input.name === name));
  if (wanted) return `input "${wanted.name}" is new, and must be sent`;
  return before.map((input) => fits('input', input, after)).find((problem) => problem !== undefined);
}

function fits(what: string, spec: TensorSpec, among: readonly TensorSpec[]): string | undefined {
  const other = among.find(({ name }) => name === spec.name);
  if (!other) return `${what} "${spec.name}" is gone`;
  const problem = mismatch(other, spec);
  return problem === undefined ? undefined : `${what} "${spec.name}": ${problem}`;
}
