/** What a catalog answers calls with: its entries by name, each at the version that a call gets. */
import { type CallContext, type Infer, type InferRequest, type ModelDescription, notFound } from '@sheaf/inference';
import type { Pinned } from '@sheaf/jobs';
import { type Entry, typed } from './entry.ts';
import type { Services } from './services.ts';
import type { Versions } from './versions.ts';

export interface CatalogAnswers {
  readonly infer: Infer;
  readonly describe: (name: string, version: string) => ModelDescription;
  readonly isReady: (name: string, version: string) => boolean;
  readonly names: () => readonly string[];
  readonly callsOf: (name: string, version: string) => readonly string[] | undefined;
  /** What a call of it gets, for whoever queues it. Throws as `infer` for what cannot be asked. */
  readonly pin: (request: InferRequest, context: CallContext) => Pinned;
  /** How long a model or transform usually takes for so many rows; undefined while nobody knows. */
  readonly usualMs: (name: string, rows: number) => number | undefined;
  /** How many runs of each version of a pipeline have not ended. */
  readonly pending: (name: string) => ReturnType<NonNullable<Entry['pending']>>;
  /** Which version answers a call. */
  readonly versions: Versions;
}

export function catalogOf(entries: ReadonlyMap<string, Entry>, services: Services, versions: Versions): CatalogAnswers {
  const get = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry) return entry;
    throw notFound(`there is no model or pipeline "${name}"`, name);
  };
  return {
    versions,
    infer: async (request, context) => {
      const version = versions.ofCall(request, context);
      return get(request.model).infer(version === request.version ? request : { ...request, version }, context);
    },
    describe: (name, version) => get(name).describe(versions.meant(name, version)),
    isReady: (name, version) => entries.get(name)?.isReady(versions.meant(name, version)) ?? false,
    pin: (request, context) => {
      const entry = get(request.model);
      const version = versions.ofCall(request, context);
      return { version: entry.pin(version), signature: typed(entry.describe(version)) };
    },
    names: () => [...entries.keys()],
    callsOf: (name, version) => entries.get(name)?.callsOf(versions.meant(name, version)),
    pending: (name) => entries.get(name)?.pending?.() ?? [],
    usualMs: (name, rows) => services.holding(name)?.usualMs(name, rows),
  };
}
