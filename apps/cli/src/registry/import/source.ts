/** What is imported: the models of a mesh folder, or those of a Triton repository. */
import { join } from 'node:path';
import { UsageError } from '../../command.ts';
import { folderVersions, isFolder, namesIn, withSettings } from '../collect/mesh-model.ts';
import { collectModel } from '../collect/model.ts';
import { nameOf } from '../typed.ts';
import type { FoundModel } from './found.ts';
import { tritonModel } from './triton-model.ts';

export interface Source {
  readonly models: readonly FoundModel[];
  /** What is not taken over, a sentence each. */
  readonly notes: readonly string[];
}

/** Throws UsageError for what is neither, and for addresses: what is imported lies on this machine. */
export async function findSource(folder: string): Promise<Source> {
  if (/^[a-z][a-z0-9+.-]*:/i.test(folder) || folder.startsWith('\\\\'))
    throw new UsageError(`want a folder of this machine, got an address: ${JSON.stringify(folder.slice(0, 80))}`);
  if (!(await isFolder(folder)))
    throw new UsageError(`${folder}: want a mesh folder or a Triton repository, found no folder`);
  if (await isFolder(join(folder, 'models'))) return meshModels(folder);
  const models: FoundModel[] = [];
  const notes: string[] = [];
  for (const name of await namesIn(folder)) {
    if (!(await isFolder(join(folder, name)))) continue;
    const found = await tritonModel(join(folder, name), nameOf(name), notes);
    if (found) models.push(found);
  }
  if (models.length === 0)
    throw new UsageError(
      [`${folder}: want a mesh folder or a Triton repository with ONNX models, found none`, ...notes].join('\n'),
    );
  return { models, notes };
}

async function meshModels(folder: string): Promise<Source> {
  const home = join(folder, 'models');
  const models: FoundModel[] = [];
  for (const entry of await namesIn(home)) {
    const path = join(home, entry);
    if (await isFolder(path)) {
      const versions = await folderVersions(path);
      if (versions.length > 0) models.push({ name: nameOf(entry), versions });
    } else if (entry.endsWith('.onnx')) {
      const name = nameOf(entry.slice(0, -'.onnx'.length));
      models.push({ name, versions: [await withSettings(await collectModel(path), join(home, name))] });
    }
  }
  if (models.length === 0) throw new UsageError(`${home}: want models, found none`);
  return { models, notes: [] };
}
