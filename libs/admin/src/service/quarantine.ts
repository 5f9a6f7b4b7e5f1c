/** Requests that ended a process, and callers whose requests did. */
import { InferError } from '@sheaf/inference';
import type { State } from '@sheaf/store';
import type { AdminService, Offender, QuarantinedRequest } from '@sheaf/transport';
import { actorOf } from './actor.ts';

export interface QuarantinePorts {
  readonly state: Pick<State, 'audit'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly quarantine: {
    /** `leftMs`: until it is forgotten. */
    list(): readonly (Omit<QuarantinedRequest, 'untilMs'> & { readonly leftMs: number })[];
    /** Answers whether it was there. */
    release(digest: string): boolean;
  };
  readonly offenders: {
    /** `slowedMs`: until its calls are let in again; 0: they are. `leftMs`: until it is forgotten. */
    list(): readonly (Pick<Offender, 'service' | 'caller' | 'ends'> & {
      readonly slowedMs: number;
      readonly leftMs: number;
    })[];
    /** Answers how many there were. */
    clear(): number;
  };
}

type QuarantineMethods = Pick<AdminService, 'listQuarantine' | 'clearQuarantine'>;

export function quarantineMethods({ state, now, quarantine, offenders }: QuarantinePorts): QuarantineMethods {
  const after = (ms: number): number => Math.ceil(now() + ms);
  return {
    listQuarantine: async () => ({
      requests: quarantine.list().map(({ leftMs, ...request }) => ({ ...request, untilMs: after(leftMs) })),
      offenders: offenders.list().map(({ service, caller, ends, slowedMs, leftMs }) => ({
        service,
        caller,
        ends,
        slowedUntilMs: slowedMs > 0 ? after(slowedMs) : 0,
        untilMs: after(leftMs),
      })),
    }),
    clearQuarantine: async ({ digest }, principal) => {
      const kept = quarantine.list().map((request) => request.digest);
      if (digest !== '' && !kept.includes(digest)) throw notKept(digest);
      const subject = digest === '' ? 'all' : digest;
      const actor = actorOf(principal);
      await state.audit.append({ at: now(), actor, action: 'quarantine.clear', subject, detail: '' });
      const released = (digest === '' ? kept : [digest]).filter((one) => quarantine.release(one)).length;
      return { cleared: released + (digest === '' ? offenders.clear() : 0) };
    },
  };
}

const notKept = (digest: string): InferError =>
  new InferError('NOT_FOUND', `digest: want one that is listed, got "${digest}"`, { reason: 'NOT_IN_QUARANTINE' });
