/** Rollouts at this gateway: which versions calls get, what is seen of them, and who is told. */
import { checkRequest, type InferRequest, type Layer, monotonicClock } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { createCopies, createTrafficBook, shareTraffic, type TrafficBook } from '@sheaf/rollout';
import type { Registry } from '@sheaf/telemetry';
import type { Catalog } from './catalog.ts';
import { typed } from './entry.ts';
import type { Revision } from './revision.ts';
import type { Revisions } from './revisions.ts';
import { countRollouts } from './rollout-metrics.ts';
import { createShadowTeller } from './shadow-teller.ts';

/** A copy takes no longer, whatever the deadline of calls is: a revision of the folder goes on for as long as it is asked. */
const copyDeadlineMaxMs = 30_000;
/** Of the places for calls that wait in a service; where more are taken nothing is copied. */
const busyUtilization = 0.1;

export interface RolloutPorts {
  /** Undefined until there is one. */
  readonly revisions: () => Revisions | undefined;
  /** Undefined: nothing is counted. */
  readonly registry: Registry | undefined;
}

export interface GatewayRollouts {
  /** Stands before the catalog for callers from outside. */
  readonly layer: (catalog: Catalog) => Layer;
  /** Takes up what the folder says. */
  followFolder(mesh: Pick<Mesh, 'shadows'>): void;
  readonly book: TrafficBook;
}

export function createGatewayRollouts({ revisions, registry }: RolloutPorts): GatewayRollouts {
  const book = createTrafficBook();
  const tell = createShadowTeller();
  const counting = registry && countRollouts(registry, book);
  const copies = createCopies({
    // Through the revisions, so that the one of the call is there until its copy has ended.
    infer: (request, context) => (revisions() as Revisions).inner(request, context),
    clock: monotonicClock,
    isBusy: (name, version) => ['', version].some((one) => isBusy(revisions()?.current, name, one)),
    deadlineMs: () =>
      Math.min(copyDeadlineMaxMs, revisions()?.current.served.mesh.limits.deadlineDefaultMs ?? copyDeadlineMaxMs),
    onCopy: (told) => {
      tell(told);
      counting?.onCopy(told);
    },
  });
  return {
    layer: (catalog) =>
      shareTraffic({
        trafficOf: book.of,
        isReady: catalog.isReady,
        takes: takesOf(catalog),
        copies,
        onCall: counting?.onCall,
      }),
    book,
    followFolder: ({ shadows }) => book.followFolder(shadows),
  };
}

/** What nobody says of a version, it takes. */
const takesOf =
  (catalog: Catalog) =>
  ({ model, inputs, outputs }: InferRequest, version: string): boolean => {
    try {
      const signature = typed(catalog.describe(model, version));
      if (signature) checkRequest(signature, inputs, outputs);
      return true;
    } catch {
      return false;
    }
  };

/** A service behind the name has calls that wait, or none of its endpoints is ready. */
function isBusy(revision: Revision | undefined, name: string, version: string): boolean {
  const asked = revision?.catalog.callsOf(name, version) ?? [];
  return asked.some((model) => (revision?.services.holding(model)?.utilization(model) ?? 0) > busyUtilization);
}
