/** What is different between two states of a mesh folder, and who can take that up. */
import { isDeepStrictEqual } from 'node:util';
import { followLimits, type Mesh } from '@sheaf/mesh';

/** What one revision may have and the next one not, without another process. */
const own = ['pipelines', 'policies', 'limits', 'aliases', 'shadows'] as const;
/** What the processes behind the gateway run. */
const others = ['models', 'transforms', 'services'] as const;
/** Parts that are settled when the servers open; of the limits, those that follow the models and pipelines are taken up all the same. */
const ofServers = ['gateway', 'limits', 'tls', 'secret'] as const;

/** Both copied, since what came from another process has lost its prototypes. */
export const differs = (before: unknown, after: unknown): boolean =>
  !isDeepStrictEqual(structuredClone(before), structuredClone(after));

export const changedParts = (before: Mesh, after: Mesh): readonly string[] =>
  own.filter((part) => differs(before[part], after[part]));

type Fingerprints = ReadonlyMap<string, string>;

/** What this process cannot take up alone. */
export function othersProblem(
  before: Mesh,
  after: Mesh,
  ranBefore: Fingerprints,
  runsNow: Fingerprints,
): string | undefined {
  const opened = { ...before, limits: followLimits(before.limits, after.limits) };
  const settled = ofServers.filter((part) => differs(opened[part], after[part]));
  if (settled.length > 0)
    return `mesh.yaml: ${settled.join(', ')}: a reload leaves the servers as they were opened; start the mesh again`;
  const parts = others.filter((part) => differs(before[part], after[part]));
  const services = [...runsNow].flatMap(([name, print]) => (ranBefore.get(name) === print ? [] : [name]));
  if (parts.length === 0 && services.length === 0) return undefined;
  const named = [...parts, ...services.map((name) => `service ${name}`)].join(', ');
  return `${named}: other processes run what has changed; type sheaf restart --rolling, run the mesh with sheaf up --watch, or start it again`;
}
