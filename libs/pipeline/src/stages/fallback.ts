import { checked, list, type Path, required, type ValuesOf } from '@sheaf/document';
import { asInferError, checkAlive, InferError } from '@sheaf/inference';
import { dispensable, stepReserveMs } from '../engine/reserve.ts';
import type { LatencyOf } from '../engine/stage-times.ts';
import type { RunStep, StepResult } from '../engine/step.ts';
import { limits, type Step, type StepBase } from '../language/spec.ts';
import { outputsOfEither } from '../types/outputs-of-either.ts';
import type { Checked, StageKind, StepReaders } from './stage-kind.ts';
import { stepName } from './step-name.ts';

interface FallbackStep extends StepBase {
  readonly kind: 'fallback';
  /** Asked one after the other, until one answers. */
  readonly steps: readonly Step[];
}

declare module '../language/spec.ts' {
  interface StepKinds {
    readonly fallback: { readonly step: FallbackStep; readonly checked: Checked<FallbackStep> };
  }
}

const fields = ({ step }: StepReaders) => ({
  fallback: required(
    checked(
      list(step, 'a list of steps', limits.branchesMax),
      (steps, path, problems) => {
        if (steps.length < 2) problems.add(path, `want two steps or more, got ${steps.length}`);
      },
      { minItems: 2 },
    ),
    'Runs the next step when the one before fails, refuses or is too slow.',
  ),
});

const placeOf = (path: Path, index: number): Path => [...path, 'fallback', index];

export const fallback: StageKind<'fallback'> = {
  fields,
  read: (values: ValuesOf<ReturnType<typeof fields>>, base) => ({ ...base, kind: 'fallback', steps: values.fallback }),
  // Each has a substitute, so none has to be there.
  inner: ({ steps }, path) =>
    steps.map((step, index) => ({ step, path: placeOf(path, index), label: `${index + 1}`, isRequired: false })),
  runs: 'first',
  targets: () => [],
  expressions: () => [],
  validate() {},
  check(step, given, place, types) {
    const all = step.steps.map((substitute, index) => {
      const path = placeOf(place.path, index);
      return { path, checked: types.inner(substitute, given, { ...place, path }) };
    });
    const outputs = outputsOfEither(
      all.map(({ path, checked }) => ({ path, outputs: checked?.outputs })),
      true,
      types.problems,
    );
    const inner = all.flatMap(({ checked }) => checked ?? []);
    return outputs && { kind: 'fallback', step, outputs, inner };
  },
  compile: ({ inner }, where, { inner: compile, latencyOf }) =>
    createFallback(
      inner.map((checked, index) => compile(checked, `${where}.${stepName(checked.step, index)}`)),
      where,
      latencyOf,
    ),
  describe: () => ({ asks: 'fallback', caption: () => 'fallback' }),
  reference: {
    example: `
answer:
  fallback:
    - { model: large-net, timeout: 50ms }
    - { model: small-net }
  inputs: { pixels: crop.digits }`,
    texts: [
      'Without a `timeout` a step leaves each of those after it the time that it usually takes, or a fifth of what is left while that is not known.',
    ],
  },
};

/** Runs the steps one after the other until one answers. Each is cut off in time for those after it, as long as they usually take. */
function createFallback(steps: readonly RunStep[], where: string, latencyOf: LatencyOf): RunStep {
  const placeOf = (index: number): string => `${where}#${index}`;
  return async (inputs, wanted, call, context) => {
    const failed: string[] = [];
    let last: InferError | undefined;
    const latency = latencyOf(context);
    for (const [index, run] of steps.entries()) {
      const startedAt = context.clock.now();
      const later = steps.slice(index + 1).map((_, offset) => placeOf(index + 1 + offset));
      const reservedMs = later.reduce(
        (sum, place) => sum + stepReserveMs(context, latency.usualMs(place, startedAt)),
        0,
      );
      try {
        checkAlive(context, where);
        const result = await (later.length === 0
          ? run(inputs, wanted, call, context)
          : dispensable(reservedMs, where, context, (inner) => run(inputs, wanted, call, inner)));
        latency.record(placeOf(index), context.clock.now() - startedAt, startedAt);
        if (index > 0) context.journal.mark(context.span, { 'sheaf.fallback': index });
        return failed.length === 0 ? result : withNote(result, where, failed);
      } catch (error) {
        // The caller has left or the time is up: nobody waits for another answer.
        if (context.signal.aborted || context.clock.now() >= context.deadline) throw error;
        last = asInferError(error);
        failed.push(last.code);
      }
    }
    throw last ?? new InferError('INTERNAL', 'there is no step to fall back to');
  };
}

const withNote = (result: StepResult, stage: string, failed: readonly string[]): StepResult => ({
  ...result,
  notes: [...result.notes, { kind: 'fallback', stage, failed }],
});
