/** The Admin service of a gateway: what may be seen and done by whoever looks after it. */

import type { State } from '@sheaf/store';
import type { AdminService, Breaker, ForceBreakersRequest, Limit, ReloadResponse } from '@sheaf/transport';
import { actorOf } from './actor.ts';
import { auditMethods } from './audit.ts';
import { createKeyService, type KeyServicePorts } from './keys.ts';
import { type LogLevelPorts, logLevelMethods } from './log-levels.ts';
import { type QuarantinePorts, quarantineMethods } from './quarantine.ts';

/** The parts of a gateway that its Admin service shows and changes. `actor` is who asks, for the audit trail; each change has its entry there before it is made. */
export interface AdminPorts extends KeyServicePorts, QuarantinePorts, LogLevelPorts {
  readonly state: State;
  /** Tells what is in force, without secrets: a JSON object, as text. */
  readonly configuration: () => string;
  readonly limits: () => Promise<Limit[]>;
  /** The text of a scrape of all processes. Throws FAILED_PRECONDITION where nothing is counted. */
  readonly metrics: () => Promise<Buffer>;
  readonly listBreakers: () => Breaker[];
  /** Answers those that were meant, as they are then. */
  readonly forceBreakers: (request: ForceBreakersRequest, actor: string) => Promise<Breaker[]>;
  readonly reload: (actor: string) => Promise<ReloadResponse>;
  /** Ends the gateway when it has answered what is in. */
  readonly drain: () => void;
}

export function createAdminService(ports: AdminPorts): AdminService {
  const { configuration, limits, metrics, listBreakers, forceBreakers, reload, drain, state, now } = ports;
  const { audit } = state;
  return {
    getConfiguration: async () => ({ json: configuration() }),
    getLimits: async () => ({ limits: await limits() }),
    getMetrics: async () => ({ text: await metrics() }),
    ...auditMethods(audit),
    listBreakers: async () => ({ breakers: listBreakers() }),
    forceBreakers: async (request, principal) => ({ breakers: await forceBreakers(request, actorOf(principal)) }),
    ...quarantineMethods(ports),
    ...createKeyService(ports),
    ...logLevelMethods(ports),
    reload: (_request, principal) => reload(actorOf(principal)),
    drain: async (_request, principal) => {
      await audit.append({ at: now(), actor: actorOf(principal), action: 'drain', subject: 'gateway', detail: '' });
      // The answer goes first.
      setImmediate(drain);
      return {};
    },
  };
}
