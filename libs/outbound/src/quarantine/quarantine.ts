/** Requests and callers that end processes: what is known of them, and the policy of one service that goes by it. */
import type { Overrun } from '@sheaf/inference';
import { refuseTry } from '../availability.ts';
import type { CallPolicy, Observe, UpstreamEndpoint } from '../call.ts';
import { callerOf } from '../caller.ts';
import { workEndOf } from '../work-ahead.ts';
import { blameOf } from './blame.ts';
import { Offenders, slowed } from './offenders.ts';
import { Stays } from './stays.ts';
import { quarantined, SuspectRequests } from './suspect-requests.ts';

/** What outlives a reload. */
export interface Quarantine {
  readonly requests: SuspectRequests;
  readonly offenders: Offenders;
  /** What a server says of a run, whether anybody still waits for it or not. */
  tell(service: string, overrun: Overrun): void;
}

/** `now` in milliseconds on a monotonic clock. */
export function createQuarantine(now: () => number): Quarantine {
  const requests = new SuspectRequests(now);
  const offenders = new Offenders(now);
  return {
    requests,
    offenders,
    tell: (service, overrun) => {
      requests.tell(overrun);
      offenders.tell(service, overrun);
    },
  };
}

export interface QuarantinePolicy {
  /** Refuses what ended a process, and whoever ends them again and again; isolates what may have. */
  readonly policy: CallPolicy;
  /** Blames for processes that were lost. */
  readonly observe: Observe;
}

export function createQuarantinePolicy(service: string, { requests, offenders }: Quarantine): QuarantinePolicy {
  const stays = new Stays<UpstreamEndpoint>();
  return {
    policy: (next) => (call) => {
      const { kind, request, context } = call;
      const offender = offenders.find(service, callerOf(context));
      if (offender && offender.slowedMs > 0)
        return refuseTry(call, service, slowed(offender), { 'sheaf.caller_slowed': offender.ends });
      const verdict = requests.verdict({ ...kind, inputs: request.inputs });
      if (verdict === 'quarantined') return refuseTry(call, service, quarantined(kind), { 'sheaf.quarantined': true });
      if (verdict === 'suspect' || offender?.isIsolated) call.history.isolate();
      return next(call);
    },
    observe: ({ call: { kind, request, context }, endpoint, isIsolated, startedAt, foreignCalls }) => {
      const stay = stays.begin(endpoint, { isIsolated, foreign: foreignCalls, now: startedAt });
      return ({ error, endedAt }) => {
        stay.end(workEndOf(error), endedAt);
        const asked = { ...kind, inputs: request.inputs };
        if (!error) {
          requests.clear(asked);
          return;
        }
        const blamed = blameOf(error, stay);
        const run = error.endedRun?.run;
        if (blamed.request) requests.blame(asked, blamed.request, run);
        if (blamed.caller) offenders.blame(service, callerOf(context), blamed.caller, run);
      };
    },
  };
}
