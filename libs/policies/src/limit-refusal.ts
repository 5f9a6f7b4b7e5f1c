import { InferError, type InferErrorDetails } from '@sheaf/inference';
import type { Take, Verdict } from '@sheaf/limiter';
import type { LimitCharge } from './limit-charge.ts';

/** What calls at the same time are told to wait: nobody knows when one of them ends. */
const busyRetryMs = () => 10 + Math.random() * 90;

/** What a caller is told whose call a limit does not let in. */
export function refusal(charges: readonly LimitCharge[], verdict: Extract<Verdict, { taken: false }>): InferError {
  const { limit, take, about } = charges[verdict.refused] as LimitCharge;
  const { name, allows } = limit.spec;
  const shared: InferErrorDetails = { about, decision: `limit:${name}`, metadata: { limit: name } };
  const waitMs = Math.ceil(verdict.retryAfterMs);
  if (verdict.why === 'closed')
    return InferError.withoutStack('UNAVAILABLE', 'limits cannot be counted at the moment', {
      ...shared,
      reason: 'LIMITS_UNAVAILABLE',
      retryAfterMs: 1_000,
    });
  if (verdict.why === 'too-costly') {
    const description = `the call costs ${costText(take)}, the whole limit "${name}" is ${about.value}; send fewer rows`;
    return InferError.withoutStack('INVALID_ARGUMENT', description, {
      ...shared,
      reason: 'COST_EXCEEDS_LIMIT',
      violations: [{ field: 'inputs[0].shape[0]', description, reason: 'COST_EXCEEDS_LIMIT' }],
    });
  }
  switch (allows.kind) {
    case 'rate':
      return InferError.withoutStack(
        'RESOURCE_EXHAUSTED',
        `limit "${name}" is used up; it has enough again in ${waitMs} ms`,
        {
          ...shared,
          reason: 'RATE_LIMITED',
          retryAfterMs: waitMs,
        },
      );
    case 'quota':
      return InferError.withoutStack(
        'RESOURCE_EXHAUSTED',
        `quota "${name}" is used up for this ${allows.window} (UTC)`,
        {
          ...shared,
          reason: 'QUOTA_EXHAUSTED',
          retryAfterMs: -1,
          retryDelayMs: waitMs,
        },
      );
    case 'concurrent':
      return InferError.withoutStack('UNAVAILABLE', `limit "${name}": ${allows.max} calls are already under way`, {
        ...shared,
        reason: 'OVERLOADED',
        retryAfterMs: Math.round(busyRetryMs()),
      });
  }
}

const costText = (take: Take): string => (take.kind === 'concurrent' ? '1' : take.cost.toFixed(1));
