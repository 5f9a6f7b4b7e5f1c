import { asInferError, checkAlive, InferError } from '@sheaf/inference';
import type { LatencyTracker } from './latency-tracker.ts';
import { dispensable, stepReserveMs } from './reserve.ts';
import type { RunStep, StepResult } from './step.ts';

/** Runs the steps one after the other until one answers. Each is cut off in time for those after it, as long as they usually take. */
export function createFallback(steps: readonly RunStep[], where: string, latency: LatencyTracker): RunStep {
  const placeOf = (index: number): string => `${where}#${index}`;
  return async (inputs, wanted, call, context) => {
    const failed: string[] = [];
    let last: InferError | undefined;
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
