import type { Path } from '@sheaf/document';
import type { PipelineProblems } from '../language/pipeline-problems.ts';
import { either, type TensorType, type Types, unlike } from './tensor-type.ts';

interface Placed {
  readonly path: Path;
  /** Undefined when they cannot be told. */
  readonly outputs: Types | undefined;
}

/** What one of several steps gives, whichever it is; undefined when that cannot be told. `isSure`: one of them runs in any case. */
export function outputsOfEither(
  steps: readonly Placed[],
  isSure: boolean,
  problems: PipelineProblems,
): Types | undefined {
  const merged = new Map<string, TensorType>();
  for (const { path, outputs } of steps) {
    if (!outputs) return undefined;
    for (const [name, type] of outputs) {
      const other = merged.get(name);
      const why = other && unlike(other, type);
      if (why) problems.add(path, `its output "${name}" is unlike that of the steps before it: ${why}`);
      else merged.set(name, other ? either(other, type) : type);
    }
  }
  return new Map(
    [...merged].map(([name, type]) => {
      const everywhere = steps.every(({ outputs }) => outputs?.has(name));
      return [name, { ...type, maybeAbsent: type.maybeAbsent || !isSure || !everywhere }];
    }),
  );
}
