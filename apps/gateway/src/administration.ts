/** What the Admin service of the public door does. */

import type { Drain } from '@sheaf/host';
import { InferError } from '@sheaf/inference';
import type { BreakerRegistry, Offenders, Quarantine } from '@sheaf/outbound';
import type { State } from '@sheaf/store';
import type { Admin } from '@sheaf/transport';
import { forceBreakers, listBreakers } from './breaker-administration.ts';
import { describeConfiguration, type PublicDoor } from './configuration.ts';
import { createKeyDesk } from './key-desk.ts';
import type { Reloads } from './reloads.ts';
import type { Revisions } from './revisions.ts';

export interface AdministrationPorts {
  readonly revisions: Revisions;
  readonly reloads: Reloads;
  readonly state: State;
  /** Writes down when keys were last used. */
  readonly flushUses: () => Promise<void>;
  readonly breakers: BreakerRegistry;
  readonly quarantine: Quarantine;
  readonly offenders: Offenders;
  readonly door: () => PublicDoor;
  readonly drain: Drain;
}

export function createAdministration({
  revisions,
  reloads,
  state,
  flushUses,
  breakers,
  quarantine,
  offenders,
  door,
  drain,
}: AdministrationPorts): Admin {
  const { audit } = state;
  const identity = () => revisions.current.served.mesh.policies?.identity;
  const breakerPorts = { current: () => revisions.current, breakers, audit };
  const verify = shared(() => audit.verify());
  return {
    configuration: () => JSON.stringify(describeConfiguration(revisions.current, revisions.snapshot().epoch, door())),
    limits: async () => {
      const limits = await revisions.current.policyStack.limits();
      return limits.map((limit) => ({
        ...limit,
        buckets: limit.buckets.map((bucket) => ({ ...bucket, whose: bucket.whose as Record<string, string> })),
      }));
    },
    audit: async (after, limit) => {
      const [entries, brokenAt] = await Promise.all([audit.entries(after, limit), verify()]);
      return { entries, brokenAt };
    },
    breakers: () => listBreakers(breakerPorts),
    forceBreakers: (which, actor) => forceBreakers(breakerPorts, which, actor),
    quarantine: () =>
      quarantine.list().map(({ leftMs, ...request }) => ({ ...request, until: Math.ceil(Date.now() + leftMs) })),
    offenders: () =>
      offenders.list().map(({ service, caller, ends, slowedMs, leftMs }) => {
        const now = Date.now();
        const slowedUntil = slowedMs > 0 ? Math.ceil(now + slowedMs) : undefined;
        return { service, caller, ends, slowedUntil, until: Math.ceil(now + leftMs) };
      }),
    clearQuarantine: async (digest, actor) => {
      const kept = quarantine.list().map((request) => request.digest);
      if (digest !== '' && !kept.includes(digest)) throw notKept(digest);
      const subject = digest === '' ? 'all' : digest;
      await audit.append({ at: Date.now(), actor, action: 'quarantine.clear', subject, detail: '' });
      const released = (digest === '' ? kept : [digest]).filter((one) => quarantine.release(one)).length;
      return released + (digest === '' ? offenders.clear() : 0);
    },
    ...createKeyDesk({ state, identity, flushUses }),
    reload: reloads.reread,
    drain: async (actor) => {
      await audit.append({ at: Date.now(), actor, action: 'drain', subject: 'gateway', detail: '' });
      // The answer goes first.
      setImmediate(drain);
    },
  };
}

const notKept = (digest: string): InferError =>
  new InferError('NOT_FOUND', `digest: want one that is listed, got "${digest}"`, { reason: 'NOT_IN_QUARANTINE' });

/** Who asks while it runs waits for the same run: a long chain is not read twice at once, however many look. */
function shared<T>(task: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= task().finally(() => {
      running = undefined;
    });
    return running;
  };
}
