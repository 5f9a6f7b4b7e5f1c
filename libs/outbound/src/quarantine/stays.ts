import type { WorkEnd } from '../work-ahead.ts';

/** A try, as long as it is at an endpoint. */
export interface Stay {
  /** It runs in a batch of its own, since its call has lost a process before, or its caller some. */
  readonly isIsolated: boolean;
  /** Whether no other call, of whoever, was at the endpoint at any time while it was: if its process is lost, it alone is to blame. */
  readonly wasOnly: boolean;
  end(how: WorkEnd, now: number): void;
}

interface Begun {
  readonly isIsolated: boolean;
  /** Calls of other gateways that the endpoint is known to have. */
  readonly foreign: number;
  /** Milliseconds on a monotonic clock. */
  readonly now: number;
}

/** So long a process may still run what nobody waits for any more, and be lost for it. What runs on for longer is past its limit, which the process tells. */
const leftMs = 60_000;

interface Place {
  readonly present: Set<{ wasOnly: boolean }>;
  leftUntil: number;
}

/** Which calls were at an endpoint together: a process that is lost does not say whose call it was lost for. */
export class Stays<Endpoint extends object> {
  readonly #places = new WeakMap<Endpoint, Place>();

  begin(endpoint: Endpoint, { isIsolated, foreign, now }: Begun): Stay {
    const place = this.#places.get(endpoint) ?? { present: new Set(), leftUntil: now };
    this.#places.set(endpoint, place);
    const { present } = place;
    const own = {
      isIsolated,
      wasOnly: present.size === 0 && foreign === 0 && now >= place.leftUntil,
      end: (how: WorkEnd, endedAt: number): void => {
        present.delete(own);
        if (how === 'left') place.leftUntil = endedAt + leftMs;
      },
    };
    for (const other of present) other.wasOnly = false;
    present.add(own);
    return own;
  }
}
