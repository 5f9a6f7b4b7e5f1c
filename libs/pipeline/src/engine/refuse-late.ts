import { type CallContext, checkTimeLeft, InferError, remainingMs } from '@sheaf/inference';
import { type Forecast, isInTime, type RunsAtOnce } from './backlog.ts';
import type { ExecutionPlan } from './execution-plan.ts';
import type { StageTimes } from './stage-times.ts';

/** Who is refused because there is too much to do may come again soon, and not all at the same moment. */
const [pushbackMinMs, pushbackMaxMs] = [10, 100];

/**
 * Refuses what is sure to be late before anything is done for it: for the sake of what the stages usually take, or of what they have to do before it. Answers
 * whether the call is let through to find out whether they still take so long.
 */
export function refuseLate(
  pipeline: string,
  plan: ExecutionPlan,
  latency: StageTimes,
  runsAtOnce: RunsAtOnce,
  context: CallContext,
): boolean {
  const now = context.clock.now();
  const leftMs = remainingMs(context);
  const { ms, slowest } = plan.criticalPath(latency, now);
  if (leftMs < ms) {
    if (latency.takeTrial(slowest, now)) return true;
    checkTimeLeft(context, ms, `pipeline "${pipeline}"`, slowest);
  }
  const forecast = latency.backlog.forecast(plan.ahead, runsAtOnce, context);
  if (forecast && !isInTime(forecast, leftMs)) throw tooMuchAhead(pipeline, forecast, leftMs);
  return false;
}

function tooMuchAhead(pipeline: string, { ms, stage, calls }: Forecast, leftMs: number): InferError {
  const [estimate, remaining] = [Math.ceil(ms), Math.max(0, Math.floor(leftMs))];
  return new InferError(
    'UNAVAILABLE',
    `pipeline "${pipeline}": ${calls} calls come before this one in stage ${stage}, so it would take about ${estimate} ms; the deadline leaves ${remaining} ms`,
    {
      reason: 'OVERLOADED',
      decision: `load:${pipeline}`,
      metadata: {
        stage,
        calls: String(calls),
        estimate_ms: String(estimate),
        remaining_ms: String(remaining),
      },
      progress: 'not-begun',
      retryAfterMs: Math.round(pushbackMinMs + Math.random() * (pushbackMaxMs - pushbackMinMs)),
    },
  );
}
