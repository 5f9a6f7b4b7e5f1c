import { type CallContext, remainingMs } from '@sheaf/inference';
import { until, withReserve } from './cancel.ts';

/** What an answer takes that goes on without one that hangs: to combine, and to be sent. */
const floorMs = 5;
const floorShare = 0.05;
/** Of what remains, for a step that may still have to be asked and whose usual time is not known. */
const unknownStepShare = 0.2;

const floorOf = (context: CallContext): number => Math.max(floorMs, floorShare * remainingMs(context));

/** How long a step takes that may still have to be asked. */
export const stepReserveMs = (context: CallContext, usualMs: number | undefined): number =>
  Math.max(floorOf(context), usualMs ?? unknownStepShare * remainingMs(context));

/** Leaves a step that will be asked in any case what it usually takes. */
export const reservingFor = (usualMs: number | undefined, context: CallContext): CallContext =>
  withReserve(context, Math.max(floorOf(context), usualMs ?? 0));

/** For what can be done without: it ends early enough that the call can go on, which is known to take `laterMs`. */
export function dispensable<T>(
  laterMs: number,
  where: string,
  context: CallContext,
  work: (context: CallContext) => Promise<T>,
): Promise<T> {
  const { deadline } = withReserve(context, Math.max(floorOf(context), laterMs));
  // What answers without it answers sooner.
  return until(deadline, where, { ...context, patience: 'never' }, work);
}
