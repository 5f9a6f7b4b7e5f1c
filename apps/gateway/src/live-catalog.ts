import type { Infer, Snapshot } from '@sheaf/inference';
import type { Catalog } from './catalog.ts';

/** What is served from one reload to the next: one value, never changed, named by its epoch. */
export interface Generation {
  readonly catalog: Catalog;
  /** Releases what only this generation used. */
  close(): void;
}

interface Live extends Generation {
  readonly snapshot: Snapshot;
  calls: number;
  onIdle: () => void;
}

/** The catalog that is served now. A call is answered by the generation that was current when it came in, however long it takes. */
export class LiveCatalog {
  readonly #generations = new Map<number, Live>();
  #current: Live;

  constructor(first: Generation) {
    this.#current = this.#add(first, 1);
  }

  snapshot = (): Snapshot => this.#current.snapshot;
  names = (): readonly string[] => this.#current.catalog.names();
  get times(): Catalog['times'] {
    return this.#current.catalog.times;
  }

  isReady: Catalog['isReady'] = (name, version) => this.#current.catalog.isReady(name, version);
  describe: Catalog['describe'] = (name, version) => this.#current.catalog.describe(name, version);

  infer: Infer = async (request, context) => {
    const generation = this.#generations.get(context.snapshot.epoch) ?? this.#current;
    generation.calls++;
    try {
      return await generation.catalog.infer(request, context);
    } finally {
      generation.calls--;
      if (generation.calls === 0) generation.onIdle();
    }
  };

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

  #add(generation: Generation, epoch: number): Live {
    const live = { ...generation, snapshot: { epoch }, calls: 0, onIdle: () => {} };
    this.#generations.set(epoch, live);
    return live;
  }
}
