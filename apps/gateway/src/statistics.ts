/** The statistics of models and pipelines, as callers may ask for them: the counts of the services, and of pipelines our own. */
import { maySee, type Principal, type TrustedCaller } from '@sheaf/inference';
import { sumStatistics } from '@sheaf/telemetry';
import type { ModelStatistics } from '@sheaf/transport';
import type { GatewayMetrics } from './metrics.ts';
import type { Revision } from './revision.ts';
import type { Revisions } from './revisions.ts';

/** So long a service is waited for that is asked for statistics. */
const statisticsMaxMs = 3_000;

/** What was asked of models and pipelines, for whoever may see them; an empty name is all of them. */
export function createStatistics({ statisticsOf }: GatewayMetrics, revisions: Revisions) {
  return async (
    name: string,
    version: string,
    principal: Principal | TrustedCaller,
  ): Promise<readonly ModelStatistics[]> => {
    // Says what is wrong with a name.
    if (name !== '') revisions.describe(name, version, principal);
    const names = name === '' ? revisions.names().filter((one) => maySee(principal, one)) : [name];
    const { catalog, services } = revisions.current;
    const told = await Promise.all(
      names.map(async (one) => {
        const handle = services.holding(one);
        // Without a version it is about all of them.
        const meant = version === '' ? '' : catalog.versions.meant(one, version);
        if (handle) return ofService(handle.processes(), one, meant);
        const versions = versionsOf(catalog, one).filter((own) => meant === '' || own === meant);
        return versions.map((own) => statisticsOf(one, own) ?? { name: one, version: own });
      }),
    );
    return told.flat();
  };
}

/** Of a name that leads elsewhere, or is out, none. */
function versionsOf(catalog: Revision['catalog'], name: string): readonly string[] {
  try {
    return catalog.describe(name, '').versions;
  } catch {
    return [];
  }
}

/** Of all its processes together; of one that does not answer nothing. */
async function ofService(
  processes: ReturnType<Revision['services']['all'][number]['processes']>,
  name: string,
  version: string,
): Promise<readonly ModelStatistics[]> {
  const asked = processes.map((process) => process.statistics(name, version, statisticsMaxMs).catch(() => []));
  const all = (await Promise.all(asked)).flat();
  return [...Map.groupBy(all, (one) => one.version).values()].map(sumStatistics);
}
