import type { Infer, ModelDescription, Principal, Snapshot } from '@sheaf/inference';
import type { Generation } from './generation.ts';

/** One value, never changed, named by its epoch. */
interface Live extends Generation {
  readonly snapshot: Snapshot;
  calls: number;
  onIdle: () => void;
}

/** What is served now. A call is answered by the generation that was current when it came in, however long it takes. */
export class LiveCatalog {
  readonly #generations = new Map<number, Live>();
  #current: Live;

  /** Which of the mesh's gateways this is, 1 and on. */
  readonly #number: number;

  constructor(first: Generation, number: number) {
    this.#number = number;
    this.#current = this.#add(first, 1);
  }

  snapshot = (): Snapshot => this.#current.snapshot;
  names = (): readonly string[] => this.#current.front.names();

  get current(): Generation {
    return this.#current;
  }

  /** Whether all that there is is served as it stands in the folder. */
  get isWhole(): boolean {
    const { out, silent } = this.#current.catalog;
    return silent.length === 0 && out.every(({ keeps }) => keeps);
  }

  isReady = (name: string, version: string, principal?: Principal): boolean =>
    this.#current.front.isReady(name, version, principal);

  describe = (name: string, version: string, principal?: Principal): ModelDescription =>
    this.#current.front.describe(name, version, principal);

  /** For callers from outside. */
  infer: Infer = (request, context) => this.#within(context.snapshot, ({ front }) => front.infer(request, context));

  /** For what a graph asks: it has been let in, counted and routed already. */
  inner: Infer = (request, context) => this.#within(context.snapshot, ({ catalog }) => catalog.infer(request, context));

  /** Serves `next` from now on, all at once; resolves when the last call of what it replaces has ended. */
  async replace(next: Generation): Promise<void> {
    const old = this.#current;
    this.#current = this.#add(next, old.snapshot.epoch + 1);
    if (old.calls > 0) await new Promise<void>((resolve) => (old.onIdle = resolve));
    this.#generations.delete(old.snapshot.epoch);
    old.close();
  }

  close(): void {
    for (const generation of this.#generations.values()) generation.close();
  }

  async #within<T>({ epoch }: Snapshot, work: (generation: Generation) => Promise<T>): Promise<T> {
    const generation = this.#generations.get(epoch) ?? this.#current;
    generation.calls++;
    try {
      return await work(generation);
    } finally {
      generation.calls--;
      if (generation.calls === 0) generation.onIdle();
    }
  }

  #add(generation: Generation, epoch: number): Live {
    const live = { ...generation, snapshot: { epoch, gateway: this.#number }, calls: 0, onIdle: () => {} };
    this.#generations.set(epoch, live);
    return live;
  }
}
