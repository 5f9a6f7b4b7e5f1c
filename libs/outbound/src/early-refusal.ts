import { deadlineTooShort, remainingMs } from '@sheaf/inference';
import type { CallPolicy } from './call.ts';
import type { UsualTimes } from './usual-times.ts';

/** Refuses a call that is sure to be late, before anything is spent on it: DEADLINE_EXCEEDED, DEADLINE_TOO_SHORT. `now` in milliseconds on a monotonic clock. */
export function refuseEarly(times: UsualTimes, now: () => number): CallPolicy {
  return (next) => (call) => {
    const { context, tenant, kind } = call;
    const leftMs = remainingMs(context);
    const needsMs = times.needsMs(tenant, kind.key, leftMs, now());
    return leftMs < needsMs
      ? Promise.reject(deadlineTooShort(context, needsMs, `"${kind.model}"`, kind.model))
      : next(call);
  };
}
