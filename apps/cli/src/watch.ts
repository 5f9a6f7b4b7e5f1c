import { isDeepStrictEqual } from 'node:util';
import { followLimits, formatProblem, type Mesh, outText, readMesh } from '@sheaf/mesh';
import { watchFolder } from './folder-watch.ts';
import type { RunningMesh } from './running-mesh.ts';

export interface WatchOptions {
  readonly onEvent: (line: string) => void;
  /** Whether all of the folder is to be served, or what was before. */
  readonly isStrict: boolean;
  /** A snapshot of the folder from before it was read: a start takes its time, and what has changed meanwhile is taken up too. */
  readonly seen: string;
}

/** Takes up what changes in the mesh's folder. What is broken is told, and goes on as it was. */
export function watchMesh(mesh: Mesh, running: RunningMesh, options: WatchOptions): void {
  let isBroken = false;
  watchFolder(mesh.folder, {
    onEvent: options.onEvent,
    seen: options.seen,
    onChange: async () => {
      isBroken = !(await takeUp(mesh, running, isBroken, options));
    },
  });
}

/** Answers whether the mesh now serves what the folder says. */
async function takeUp(
  mesh: Mesh,
  running: RunningMesh,
  wasBroken: boolean,
  { onEvent, isStrict }: WatchOptions,
): Promise<boolean> {
  const before = running.mesh.out;
  try {
    const {
      mesh: whole,
      servable,
      problems,
    } = await readMesh(mesh.folder, {
      before: isStrict ? undefined : running.mesh,
      seen: running.seen,
    });
    const next = isStrict ? whole : servable;
    if (!next) throw new Error(problems.map(formatProblem).join('\n'));
    const fixed = ({ limits, gateway }: Mesh): string => JSON.stringify([followLimits(limits, mesh.limits), gateway]);
    if (fixed(next) !== fixed(mesh))
      onEvent('mesh.yaml: gateway and limits take effect when the mesh is started again');
    const isTakenUp = await running.update(next);
    const { out } = running.mesh;
    for (const part of out.filter((one) => !before.some((known) => isDeepStrictEqual(known, one))))
      onEvent(outText(part));
    if (out.length > 0 && isTakenUp) onEvent('all else is served as it stands in the folder');
    else if (wasBroken && out.length === 0) onEvent('the folder is again what the mesh serves');
    else if (isTakenUp) onEvent('the change is taken up');
    return out.length === 0;
  } catch (error) {
    onEvent(`${error instanceof Error ? error.message : String(error)}\nthe mesh keeps running as it was`);
    return false;
  }
}
