/** What of this gateway its Admin service shows and changes. */
import { randomBytes } from 'node:crypto';
import { createAdminService } from '@sheaf/admin';
import { changeLogLevels, type Drain, logLevels } from '@sheaf/host';
import type { IdentitySpec } from '@sheaf/identity';
import { InferError } from '@sheaf/inference';
import type { BreakerRegistry, Quarantine } from '@sheaf/outbound';
import type { State } from '@sheaf/store';
import type { AdminService } from '@sheaf/transport';
import { forceBreakers, listBreakers } from './breaker-administration.ts';
import { describeConfiguration, type PublicServer } from './configuration.ts';
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
  readonly publicServer: () => PublicServer;
  /** Undefined: nothing is counted. */
  readonly metrics: (() => Promise<Buffer>) | undefined;
  readonly drain: Drain;
}

export function createAdministration(ports: AdministrationPorts): AdminService {
  const { revisions, reloads, state, flushUses, breakers, quarantine, publicServer, metrics, drain } = ports;
  const identity = () => revisions.current.served.mesh.policies?.identity;
  const breakerPorts = { current: () => revisions.current, breakers, audit: state.audit };
  return createAdminService({
    state,
    now: Date.now,
    random: randomBytes,
    configuration: () =>
      JSON.stringify(describeConfiguration(revisions.current, revisions.snapshot().epoch, publicServer())),
    limits: async () => {
      const limits = await revisions.current.policyStack.limits();
      return limits.map((limit) => ({
        ...limit,
        buckets: limit.buckets.map((bucket) => ({ ...bucket, whose: bucket.whose as Record<string, string> })),
      }));
    },
    metrics: metrics ?? refuseMetrics,
    listBreakers: () => listBreakers(breakerPorts),
    forceBreakers: (request, actor) => forceBreakers(breakerPorts, request, actor),
    quarantine: quarantine.requests,
    offenders: quarantine.offenders,
    keyDaysMax: () => identity()?.keyDaysMax,
    checkKeysCount: () => checkKeysCount(identity()),
    flushKeyUses: flushUses,
    logLevels,
    setLogLevels: (rooms, level, forMs) => changeLogLevels({ rooms, level, forMs }),
    reload: reloads.reread,
    drain,
  });
}

/** No key is made for a gateway that asks for none, since whoever got it would believe that it is needed. */
function checkKeysCount(identity: IdentitySpec | undefined): void {
  if (!identity) throw keyless('the folder has no policies.yaml: its gateway asks nobody for a key');
  if (!identity.keys) throw keyless('policies.yaml: identity.keys is false: API keys do not count');
}

const keyless = (message: string): InferError =>
  new InferError('FAILED_PRECONDITION', message, { reason: 'KEYS_NOT_ACCEPTED' });

const refuseMetrics = async (): Promise<never> => {
  throw new InferError('FAILED_PRECONDITION', 'mesh.yaml says gateway: { metrics: false }: nothing is counted', {
    reason: 'METRICS_OFF',
  });
};
