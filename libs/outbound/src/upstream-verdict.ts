/** What is known of a request and its caller before an endpoint is asked, and what is learned when a process was lost. */
import type { CallContext, InferError, InferRequest, Span } from '@sheaf/inference';
import { callerOf } from './caller.ts';
import { slowed } from './offenders.ts';
import { quarantined } from './quarantine.ts';
import type { ResilienceState } from './resilience-state.ts';
import type { Stay } from './stays.ts';
import { blameOf, type Kind } from './upstream-call.ts';

/** A request at the upstream to a service. */
interface Asked {
  readonly service: string;
  readonly kind: Kind;
  readonly request: InferRequest;
  readonly context: CallContext;
}

export type Judged =
  /** Processes that were lost with it before, as far as that has it run alone. */
  { readonly lost: 0 | 1 } | { readonly refusal: InferError; readonly attributes: Span['attributes'] };

export function judge({ quarantine, offenders }: ResilienceState, { service, kind, request, context }: Asked): Judged {
  const offender = offenders.of(service, callerOf(context));
  if (offender && offender.slowedMs > 0)
    return { refusal: slowed(offender), attributes: { 'sheaf.caller_slowed': offender.ends } };
  const verdict = quarantine.verdict({ ...kind, inputs: request.inputs });
  if (verdict === 'quarantined') return { refusal: quarantined(kind), attributes: { 'sheaf.quarantined': true } };
  return { lost: verdict === 'suspect' || offender?.isIsolated ? 1 : 0 };
}

export function blame(
  { quarantine, offenders }: ResilienceState,
  { service, kind, request, context }: Asked,
  error: InferError,
  stay: Stay,
): void {
  const blamed = blameOf(error, stay);
  const run = error.endedRun?.run;
  if (blamed.request) quarantine.blame({ ...kind, inputs: request.inputs }, blamed.request, run);
  if (blamed.caller) offenders.blame(service, callerOf(context), blamed.caller, run);
}
