/** What is imported: the models of a mesh folder, or those of a Triton repository. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PushedFile } from '@sheaf/registry';
import { UsageError } from '../../command.ts';
import { collectModel } from '../collect/collect.ts';
import { collectFile } from '../collect/walk.ts';
import { nameOf } from '../typed.ts';
import { tritonModel } from './triton-model.ts';

export interface FoundModel {
  readonly name: string;
  /** The files of each, the oldest first. */
  readonly versions: readonly (readonly PushedFile[])[];
}

export interface Source {
  readonly models: readonly FoundModel[];
  /** What is not taken over, a sentence each. */
  readonly notes: readonly string[];
}

export const isFolder = async (path: string): Promise<boolean> => (await kindOf(path)) === 'folder';

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? 'folder' : found?.isFile() ? 'file' : undefined;
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

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();

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

/** `models/iris/<number>/`, or `models/iris` as the one version. A folder that holds settings alone belongs to a file beside it. */
async function folderVersions(path: string): Promise<PushedFile[][]> {
  const numbers = await versionNumbers(path);
  const names = await namesIn(path);
  if (numbers.length === 0) return names.some((name) => name.endsWith('.onnx')) ? [await collectModel(path)] : [];
  const versions: PushedFile[][] = [];
  for (const number of numbers) versions.push(await withSettings(await collectModel(join(path, number)), path));
  return versions;
}

/** The settings of a model are those of each of its versions. */
async function withSettings(files: PushedFile[], folder: string): Promise<PushedFile[]> {
  const settings = join(folder, 'model.yaml');
  if (files.some(({ path }) => path === 'model.yaml') || (await kindOf(settings)) !== 'file') return files;
  return [...files, await collectFile('model.yaml', settings)];
}

/** Folders that are versions, the oldest first. */
export async function versionNumbers(folder: string): Promise<readonly string[]> {
  const numbers = (await readdir(folder)).filter((name) => /^[1-9][0-9]{0,14}$/.test(name));
  return numbers.sort((a, b) => Number(a) - Number(b));
}
