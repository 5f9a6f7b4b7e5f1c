/** Whether one version of a model can stand in for another one, for all who ask that by its signature. */
import { mismatch, type Signature, type TensorSpec } from './signature.ts';

/** Says what breaks for those who ask by `before` once `after` answers, a sentence each; none where nothing does. */
export const breakingChanges = (before: Signature, after: Signature): string[] => [
  ...before.inputs.flatMap((old) => brokenInput(old, named(after.inputs, old.name))),
  ...after.inputs.flatMap(({ name, optional }) =>
    optional || named(before.inputs, name) ? [] : [`input "${name}" is new, and no caller sends it`],
  ),
  ...newTies(before.inputs, after.inputs),
  ...before.outputs.flatMap((old) => brokenOutput(old, named(after.outputs, old.name))),
];

const named = (specs: readonly TensorSpec[], name: string): TensorSpec | undefined =>
  specs.find((spec) => spec.name === name);

const shown = ({ shape, unranked }: TensorSpec): string =>
  unranked ? 'any shape' : `[${shape.map((dim) => (dim === -1 ? '?' : dim)).join(', ')}]`;

/** What was sent has to be taken: a dimension may become open, and never the other way. */
function brokenInput(before: TensorSpec, after: TensorSpec | undefined): string[] {
  const which = `input "${before.name}"`;
  if (!after) return [`${which} is gone, and callers send it`];
  if (before.datatype !== after.datatype) return [`${which} was ${before.datatype} and is ${after.datatype}`];
  if (before.optional && !after.optional) return [`${which} could be left out and has to be sent`];
  return narrower(before, after) ? [`${which} took ${shown(before)} and takes ${shown(after)}`] : [];
}

/** What is answered has to be readable as before: a dimension may become fixed, and never the other way. */
function brokenOutput(before: TensorSpec, after: TensorSpec | undefined): string[] {
  const which = `output "${before.name}"`;
  if (!after) return [`${which} is gone`];
  if (before.datatype !== after.datatype) return [`${which} was ${before.datatype} and is ${after.datatype}`];
  if (narrower(after, before)) return [`${which} was ${shown(before)} and is ${shown(after)}`];
  if (!before.optional && after.optional) return [`${which} was always there and may be missing`];
  const { labels } = before;
  return labels && String(labels) !== String(after.labels ?? [])
    ? [`${which} has other labels: ${labels.join(', ')} before, ${after.labels?.join(', ') ?? 'none'} now`]
    : [];
}

/** Whether `one` takes tensors that `other` does not. */
function narrower(one: TensorSpec, other: TensorSpec): boolean {
  if (other.unranked) return false;
  if (one.unranked || mismatch(other, one)) return true;
  return other.shape.some((dim, axis) => dim !== -1 && one.shape[axis] === -1);
}

/** Dimensions that have to be one size now and did not have to before. */
function newTies(before: readonly TensorSpec[], after: readonly TensorSpec[]): string[] {
  const places = (specs: readonly TensorSpec[]): Map<string, string> =>
    new Map(
      specs.flatMap(({ name, symbols = [] }) =>
        symbols.flatMap((symbol, axis): [string, string][] => (symbol ? [[`"${name}"[${axis}]`, symbol]] : [])),
      ),
    );
  const [old, now] = [places(before), places(after)];
  const told: string[] = [];
  for (const group of Map.groupBy(now.keys(), (place) => now.get(place)).values()) {
    const [first = '', ...others] = group.filter((place) => named(before, place.slice(1, place.lastIndexOf('"'))));
    for (const other of others)
      if (old.get(first) === undefined || old.get(first) !== old.get(other))
        told.push(`inputs ${first} and ${other} have to have one size, and could differ`);
  }
  return told;
}
