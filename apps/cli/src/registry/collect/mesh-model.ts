/** How versions of a model lie in a mesh folder. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PushedFile } from '@sheaf/registry';
import { collectModel } from './model.ts';
import { collectFile } from './walk.ts';

export const isFolder = async (path: string): Promise<boolean> => (await kindOf(path)) === 'folder';

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? 'folder' : found?.isFile() ? 'file' : undefined;
}

export const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();

/** Folders that are versions, the oldest first. */
export async function versionNumbers(folder: string): Promise<readonly string[]> {
  const numbers = (await readdir(folder)).filter((name) => /^[1-9][0-9]{0,14}$/.test(name));
  return numbers.sort((a, b) => Number(a) - Number(b));
}

/** The newest version in `models/<name>` of a mesh folder. */
export async function newestVersion(folder: string): Promise<PushedFile[]> {
  const newest = (await isFolder(folder)) ? (await versionNumbers(folder)).at(-1) : undefined;
  return newest === undefined ? collectModel(folder) : withSettings(await collectModel(join(folder, newest)), folder);
}

/** `models/iris/<number>/`, or `models/iris` as the one version. A folder that holds settings alone belongs to a file beside it. */
export async function folderVersions(path: string): Promise<PushedFile[][]> {
  const numbers = await versionNumbers(path);
  const names = await namesIn(path);
  if (numbers.length === 0) return names.some((name) => name.endsWith('.onnx')) ? [await collectModel(path)] : [];
  const versions: PushedFile[][] = [];
  for (const number of numbers) versions.push(await withSettings(await collectModel(join(path, number)), path));
  return versions;
}

/** The settings of a model are those of each of its versions. */
export async function withSettings(files: PushedFile[], folder: string): Promise<PushedFile[]> {
  const settings = join(folder, 'model.yaml');
  if (files.some(({ path }) => path === 'model.yaml') || (await kindOf(settings)) !== 'file') return files;
  return [...files, await collectFile('model.yaml', settings)];
}
