/** A try that runs in a batch of its own, since its call has lost a process before. */
export interface LoneTry {
  /** Whether no other of them was at the endpoint at any time while it was: if its process is lost, it alone is to blame. */
  readonly wasOnly: boolean;
  end(): void;
}

/** When one process is lost, all its calls are tried again alone, and may meet at the next one. */
export class LoneTries<Endpoint extends object> {
  readonly #at = new WeakMap<Endpoint, Set<{ wasOnly: boolean }>>();

  begin(endpoint: Endpoint): LoneTry {
    const others = this.#at.get(endpoint) ?? new Set();
    this.#at.set(endpoint, others);
    const own = { wasOnly: others.size === 0, end: () => void others.delete(own) };
    for (const other of others) other.wasOnly = false;
    others.add(own);
    return own;
  }
}
