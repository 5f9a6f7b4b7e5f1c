/** What a push takes from the disk. */
import { join } from 'node:path';
import type { RegistryPlace } from '../action.ts';
import { newestVersion } from './mesh-model.ts';
import { collectModel } from './model.ts';
import { collectPipeline, type PinBy } from './pipeline.ts';
import type { Collected } from './walk.ts';

/** Of a model without a path, and of a pipeline, from the mesh folder. */
export async function collectFor(
  place: Pick<RegistryPlace, 'kind' | 'folder' | 'calls'>,
  name: string,
  path: string | undefined,
  pinBy: PinBy,
): Promise<Collected> {
  if (place.kind === 'pipeline') return collectPipeline(place, name, pinBy);
  const files = await (path === undefined ? newestVersion(join(place.folder, 'models', name)) : collectModel(path));
  return { files, said: {} };
}
