import { watch } from 'node:fs';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import type { RunningMesh } from './start-mesh.ts';

/** A file is often written in several steps; a folder is read once it has been quiet this long. */
const quietMs = 200;

/** Takes up what changes in the mesh's folder. What is broken is told, and the mesh keeps running as it was. */
export function watchMesh(mesh: Mesh, running: RunningMesh, onEvent: (line: string) => void): void {
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let again = false;
  let broken = false;

  const reload = async (): Promise<void> => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    broken = !(await takeUp(mesh, running, broken, onEvent));
    busy = false;
    if (again) {
      again = false;
      await reload();
    }
  };
  watch(mesh.folder, { recursive: true }, (_event, file) => {
    if (file?.startsWith('.')) return;
    clearTimeout(timer);
    timer = setTimeout(() => void reload(), quietMs);
  });
}

/** Answers whether the mesh now serves what the folder says. */
async function takeUp(
  mesh: Mesh,
  running: RunningMesh,
  wasBroken: boolean,
  onEvent: (line: string) => void,
): Promise<boolean> {
  try {
    const { mesh: next, problems } = await readMesh(mesh.folder);
    if (!next) throw new Error(problems.map(formatProblem).join('\n'));
    const fixed = ({ limits, gateway }: Mesh): string => JSON.stringify([limits, gateway]);
    if (fixed(next) !== fixed(mesh))
      onEvent('mesh.yaml: gateway and limits take effect when the mesh is started again');
    if (await running.update(next)) onEvent('the change is taken up');
    else if (wasBroken) onEvent('the folder is again what the mesh serves');
    return true;
  } catch (error) {
    onEvent(`${error instanceof Error ? error.message : String(error)}\nthe mesh keeps running as it was`);
    return false;
  }
}
