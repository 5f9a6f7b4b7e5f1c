/** What is loaded after a caller has had something loaded or unloaded. */
import type { ModelControl } from '@sheaf/host';
import { InferError } from '@sheaf/inference';
import { askedBy, everything, type Mesh, namesIn, outText, type ReadOptions, readMesh } from '@sheaf/mesh';
import { servableOf } from './read-next.ts';

const refused = (message: string): InferError => new InferError('FAILED_PRECONDITION', message);

/** Answers the names that are to be loaded; throws FAILED_PRECONDITION where that is not for callers to say, or where something that stays asks what is to go. */
export function namesAfter(mesh: Mesh, { action, name, withDependents }: ModelControl): readonly string[] {
  const { loaded } = mesh;
  if (!loaded)
    throw refused(
      'this mesh serves all of its folder; callers load and unload where it was started with --model-control explicit',
    );
  if (action === 'load') return [...new Set([...loaded, name])];
  const all = loaded.includes(everything) ? namesIn(mesh) : loaded;
  const gone = withDependents ? askedBy(mesh, [name]) : new Set([name]);
  const left = all.filter((own) => own !== name);
  const asker = left.find((own) => !gone.has(own) && askedBy(mesh, [own]).has(name));
  if (asker !== undefined) throw refused(`"${name}" is asked by "${asker}", which is loaded; unload that first`);
  const needed = askedBy(
    mesh,
    left.filter((own) => !gone.has(own)),
  );
  return left.filter((own) => !gone.has(own) || needed.has(own));
}

/** Reads the mesh with what is to be loaded, or without what is not; throws why that cannot be, NOT_FOUND for what is not there. */
export async function readControlled(
  before: Mesh,
  options: Pick<ReadOptions, 'seen' | 'loaded'>,
  { action, name }: ModelControl,
): Promise<Mesh> {
  const next = servableOf(await readMesh(before.folder, { before, ...options }));
  if (action === 'load') checkLoadable(next, name);
  return next;
}

function checkLoadable(next: Mesh, name: string): void {
  if (!namesIn(next).includes(name)) {
    const known = namesIn(next).toSorted().join(', ') || 'nothing';
    throw new InferError('NOT_FOUND', `there is no model or pipeline "${name}" in the folder; there are ${known}`);
  }
  const isServed =
    next.models.some((model) => model.name === name) ||
    next.pipelines.some(({ spec }) => spec.pipeline === name) ||
    next.services.some(({ endpoint, models }) => endpoint !== undefined && models.includes(name));
  const out = isServed ? undefined : next.out.find((part) => part.name === name);
  if (out) throw refused(outText(out));
}
