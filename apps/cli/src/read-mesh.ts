import { resolve } from 'node:path';
import type { OnEvent } from '@sheaf/inference';
import {
  formatProblem,
  type Mesh,
  type MeshProblem,
  type MeshReading,
  outText,
  type ReadOptions,
  readBatches,
  readMesh,
  readTests,
} from '@sheaf/mesh';
import { UsageError } from './command.ts';

/** The mesh in a folder, or all of its mistakes. `tell` hears what is none, but may not be meant. */
export const readMeshOrFail = async (folder = '.', tell: OnEvent = () => {}): Promise<Mesh> =>
  wholeOrFail(folder, await readMesh(folder), tell);

/** What of a folder's tests and batches is a mistake is one of the folder, for whoever wants all of them; none keeps a mesh from being served. */
export async function withTests(folder: string, reading: MeshReading): Promise<MeshReading> {
  const tests = await readTests(resolve(folder), reading.mesh);
  const batches = await readBatches(resolve(folder), reading.mesh);
  const problems = [...tests.problems, ...batches.problems];
  if (problems.length === 0) return reading;
  return { ...reading, mesh: undefined, problems: [...reading.problems, ...problems] };
}

/** The same of a reading. */
export function wholeOrFail(folder: string, { mesh, problems, notes }: MeshReading, tell: OnEvent): Mesh {
  if (!mesh) return fail(folder, problems);
  for (const note of notes) tell(`note: ${formatProblem(note)}`, 'mesh.note');
  return mesh;
}

/** Reads what of the folder can be served, and tells the rest line by line; throws with all mistakes where nothing can. */
export async function readServableOrFail(
  folder = '.',
  tell: OnEvent = () => {},
  options: ReadOptions = {},
): Promise<Mesh> {
  const { servable, problems, notes } = await readMesh(folder, options);
  if (!servable) return fail(folder, problems);
  for (const note of notes) tell(`note: ${formatProblem(note)}`, 'mesh.note');
  for (const part of servable.out) tell(outText(part), 'mesh.part-out');
  if (servable.out.length > 0)
    tell('all else is served (sheaf check tells every mistake; --strict serves all or nothing)', 'mesh.part-out');
  return servable;
}

function fail(folder: string, problems: readonly MeshProblem[]): never {
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
  throw new UsageError([...problems.map(formatProblem), `${count} in ${folder}`].join('\n'));
}
