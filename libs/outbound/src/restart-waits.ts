import { type CallContext, remainingMs, traced } from '@sheaf/inference';
import type { Availability } from './availability.ts';
import type { OutboundCall, UpstreamEndpoint } from './call.ts';
import { pause } from './pause.ts';

/** A process that ended by chance is back by then; one that is not may be long in coming. */
export const restartWaitMaxMs = 10_000;
/** Calls that wait for one service; one more fails at once. */
export const waitingMax = 256;
/** Of the time of a call, left to it when the wait is over, or what it usually takes where that is more. */
const reserveShare = 0.2;
const lookEveryMs = 20;

export interface Awaited {
  /** Whether an endpoint is there to be asked. */
  readonly isOpen: () => boolean;
  /** Whether none is expected soon. */
  readonly isLost: () => boolean;
}

/** The calls of stages that wait for a service whose process is started again: work was done for them already, which would be lost. */
export class RestartWaits {
  readonly #service: string;
  #waiting = 0;

  constructor(service: string) {
    this.#service = service;
  }

  /** How long a call may wait, from now on, in all. */
  until(context: CallContext, usualMs = 0): number {
    const leftMs = remainingMs(context);
    return context.clock.now() + Math.min(restartWaitMaxMs, leftMs - Math.max(usualMs, reserveShare * leftMs));
  }

  /** Answers whether it is open by then; in the explanation of the call it is a span of its own. */
  async wait(until: number, awaited: Awaited, context: CallContext): Promise<boolean> {
    if (awaited.isOpen()) return true;
    if (this.#waiting >= waitingMax) return false;
    this.#waiting++;
    try {
      return await traced(context, 'wait', this.#service, () => look(until, awaited, context));
    } finally {
      this.#waiting--;
    }
  }
}

async function look(until: number, { isOpen, isLost }: Awaited, context: CallContext): Promise<boolean> {
  while (!isOpen()) {
    if (context.clock.now() >= until || isLost()) return false;
    await pause(lookEveryMs, context);
  }
  return true;
}

export interface RestartsOptions {
  readonly service: string;
  /** As they are now. */
  readonly endpoints: () => readonly UpstreamEndpoint[];
  readonly availability: Availability;
  /** Whether its processes are started again when they end. */
  readonly isSupervised: boolean;
}

/** Whether anybody is there to be asked. */
export interface Restarts {
  /** At once, or in the time that a stage may wait for a process that is started again. */
  isBack(call: OutboundCall): Promise<boolean>;
}

export function createRestarts({ service, endpoints, availability, isSupervised }: RestartsOptions): Restarts {
  const waits = new RestartWaits(service);
  const isThere = (): boolean => endpoints().some((endpoint) => endpoint.isReady && !availability.outageOf(endpoint));
  const isLost = (): boolean => endpoints().every((endpoint) => availability.outageOf(endpoint) !== undefined);
  return {
    isBack: async (call) => {
      const { context, history } = call;
      if (isThere() && history.waitsUntil === undefined) return true;
      const isPatient = context.patience === 'always' || (context.patience === 'once-begun' && history.lost > 0);
      if (!isSupervised || !isPatient || isLost()) return isThere();
      const until = history.wait(waits.until(context, call.usualMs));
      const isOpen = (): boolean =>
        endpoints().some((endpoint) => endpoint.isReady && availability.lets(endpoint, call));
      return waits.wait(until, { isOpen, isLost }, context);
    },
  };
}
