import type { CallContext, Infer, ModelDescription, Principal, Snapshot, TrustedCaller } from '@sheaf/inference';
import type { Revision } from './revision.ts';

/** One value, never changed, named by its epoch. */
interface Live extends Revision {
  readonly snapshot: Snapshot;
  calls: number;
  onIdle: () => void;
}

/** What is served now. A call is answered by the revision that was current when it came in, however long it takes. */
export class Revisions {
  readonly #revisions = new Map<number, Live>();
  #current: Live;

  /** Which of the mesh's gateways this is, 1 and on. */
  readonly #number: number;

  constructor(first: Revision, number: number) {
    this.#number = number;
    this.#current = this.#add(first, 1);
  }

  snapshot = (): Snapshot => this.#current.snapshot;
  names = (): readonly string[] => this.#current.policyStack.names();

  get current(): Revision {
    return this.#current;
  }

  /** Whether all that there is is served as it stands in the folder. */
  get isWhole(): boolean {
    const { out, silent } = this.#current.catalog;
    return silent.length === 0 && out.every(({ keeps }) => keeps);
  }

  isReady = (name: string, version: string, principal: Principal | TrustedCaller): boolean =>
    this.#current.policyStack.isReady(name, version, principal);

  describe = (name: string, version: string, principal: Principal | TrustedCaller): ModelDescription =>
    this.#current.policyStack.describe(name, version, principal);

  /** For callers from outside. */
  infer: Infer = (request, context) => this.#within(context, ({ policyStack }, own) => policyStack.infer(request, own));

  /** For callers from outside who come back for the answer. */
  submit: Infer = (request, context) =>
    this.#within(context, ({ policyStack }, own) => policyStack.submit(request, own));

  /** For what a graph asks: it has been let in, counted and routed already. */
  inner: Infer = (request, context) => this.#within(context, ({ catalog }, own) => catalog.infer(request, own));

  /** Serves `next` from now on, all at once; resolves when the last call of what it replaces has ended. */
  async replace(next: Revision): Promise<void> {
    const old = this.#current;
    this.#current = this.#add(next, old.snapshot.epoch + 1);
    if (old.calls > 0) await new Promise<void>((resolve) => (old.onIdle = resolve));
    this.#revisions.delete(old.snapshot.epoch);
    old.close();
  }

  close(): void {
    for (const revision of this.#revisions.values()) revision.close();
  }

  async #within<T>(context: CallContext, work: (revision: Revision, context: CallContext) => Promise<T>): Promise<T> {
    const revision = this.#revisions.get(context.snapshot.epoch) ?? this.#current;
    const { snapshot } = revision;
    revision.calls++;
    try {
      // What comes from inside the mesh names an epoch, and does not know what aliases mean in it.
      return await work(revision, context.snapshot === snapshot ? context : { ...context, snapshot });
    } finally {
      revision.calls--;
      if (revision.calls === 0) revision.onIdle();
    }
  }

  #add(revision: Revision, epoch: number): Live {
    const live = {
      ...revision,
      snapshot: { epoch, gateway: this.#number, aliases: revision.mesh.aliases },
      calls: 0,
      onIdle: () => {},
    };
    this.#revisions.set(epoch, live);
    return live;
  }
}
