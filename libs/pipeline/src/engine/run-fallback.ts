import { asInferError, checkAlive, InferError } from '@sheaf/inference';
import { withReserve } from './cancel.ts';
import type { RunStep, StepResult } from './step.ts';
import type { TimeBook } from './time-book.ts';

/** Runs the steps one after the other until one answers. Each leaves those after it the time that they usually take. */
export function createFallback(steps: readonly RunStep[], where: string, times: TimeBook): RunStep {
  const placeOf = (index: number): string => `${where}#${index}`;
  return async (inputs, wanted, call, context) => {
    const failed: string[] = [];
    let last: InferError | undefined;
    for (const [index, run] of steps.entries()) {
      const startedAt = context.clock.now();
      const later = steps
        .slice(index + 1)
        .map((_, offset) => times.usualMs(placeOf(index + 1 + offset), startedAt) ?? 0);
      const reservedMs = Math.max(0, ...later);
      try {
        checkAlive(context, where);
        const result = await run(inputs, wanted, call, withReserve(context, reservedMs));
        times.record(placeOf(index), context.clock.now() - startedAt, startedAt);
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
