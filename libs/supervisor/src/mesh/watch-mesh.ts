import { isDeepStrictEqual } from 'node:util';
import type { OnEvent } from '@sheaf/inference';
import { followLimits, formatProblem, type Mesh, type OutPart, outText, readMesh } from '@sheaf/mesh';
import { watchFolder } from '../folder/folder-watch.ts';
import type { RunningMesh } from './running-mesh.ts';

export interface WatchOptions {
  readonly onEvent: OnEvent;
  /** Whether all of the folder is to be served, or what was before. */
  readonly isStrict: boolean;
  /** A snapshot of the folder from before it was read: a start takes its time, and what has changed meanwhile is taken up too. */
  readonly seen: string;
}

/** Takes up what changes in the mesh's folder. What is broken is told, and goes on as it was. */
export function watchMesh(mesh: Mesh, running: RunningMesh, options: WatchOptions): void {
  let isBroken = false;
  let failure: string | undefined;
  watchFolder(mesh.folder, {
    onEvent: options.onEvent,
    seen: options.seen,
    onChange: async () => {
      try {
        const { isWhole, isSteered } = await takeUp(mesh, running, isBroken, options);
        isBroken = !isWhole;
        failure = undefined;
        // What the folder says of aliases beside those that were moved is looked at once more.
        return isSteered ? 'retry' : 'done';
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        // A failure is told once, however often the change is tried.
        if (message !== failure) options.onEvent(`${message}\n${keepsRunning}`, 'reload.failed');
        failure = message;
        isBroken = true;
        // A strict mesh refuses mistakes, too, that only an edit mends.
        return error instanceof FolderBroken || options.isStrict ? 'done' : 'retry';
      }
    },
  });
}

const keepsRunning = 'the mesh keeps running as it was';

/** Only another change of the folder mends it; whatever else fails, such as a gateway that is not there at the moment, may not fail the next time. */
class FolderBroken extends Error {}

/** Answers whether the mesh now serves what the folder says, and whether somebody moved aliases meanwhile. */
async function takeUp(
  mesh: Mesh,
  running: RunningMesh,
  wasBroken: boolean,
  { onEvent, isStrict }: WatchOptions,
): Promise<{ readonly isWhole: boolean; readonly isSteered: boolean }> {
  let before: readonly OutPart[] = [];
  let known: readonly Mesh['aliases'][] = [];
  const isTakenUp = await running.update(async () => {
    const { out: outBefore, aliases } = running.mesh;
    before = outBefore;
    const next = await readNext(running, isStrict);
    const fixed = ({ limits, gateway }: Mesh): string => JSON.stringify([followLimits(limits, mesh.limits), gateway]);
    if (fixed(next) !== fixed(mesh))
      onEvent('mesh.yaml: gateway and limits take effect when the mesh is started again', 'mesh.settings-wait');
    known = [aliases, next.aliases];
    return next;
  });
  const { out } = running.mesh;
  for (const part of out.filter((one) => !before.some((known) => isDeepStrictEqual(known, one))))
    onEvent(outText(part), 'mesh.part-out');
  if (out.length > 0 && isTakenUp) onEvent('all else is served as it stands in the folder', 'reload.done');
  else if (wasBroken && out.length === 0) onEvent('the folder is again what the mesh serves', 'reload.done');
  else if (isTakenUp) onEvent('the change is taken up', 'reload.done');
  const isSteered = !known.some((aliases) => isDeepStrictEqual(aliases, running.mesh.aliases));
  return { isWhole: out.length === 0, isSteered };
}

async function readNext({ mesh, seen }: RunningMesh, isStrict: boolean): Promise<Mesh> {
  const before = isStrict ? undefined : mesh;
  const reading = await readMesh(mesh.folder, { before, follow: mesh.follows ?? false, loaded: mesh.loaded, seen });
  const next = isStrict ? reading.mesh : reading.servable;
  if (!next) throw new FolderBroken(reading.problems.map(formatProblem).join('\n'));
  return next;
}
