/** Where the versions of models lie in a mesh folder, in each of the forms that people keep them in. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow, isHidden, kindOf, typed } from '../content/version-content.ts';
import type { VersionFile } from '../mesh.ts';
import { type MeshProblem, problemIn } from '../problem.ts';

export interface FoundVersion {
  readonly version: string;
  /** From the mesh folder. */
  readonly folder: string;
  /** The model file, from there. */
  readonly file: string;
  /** Every file of the version, from there; undefined where something is wrong with them. */
  readonly files: () => Promise<readonly string[] | undefined>;
  /** Of a registry: where it lies, absolute, and what its files have to be. `folder` is then how it is told of. */
  readonly kept?: { readonly folder: string; readonly files: readonly VersionFile[] };
}

export interface FoundModel {
  readonly name: string;
  readonly versions: readonly FoundVersion[];
  /** Of a registry: the file with its settings, absolute, if it has one. */
  readonly kept?: { readonly settings: string | undefined };
}

const modelNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const versionPattern = /^[1-9][0-9]{0,14}$/;
/** What somebody means as the number of a version. */
const versionLike = /^v?0*([1-9][0-9]{0,14})$/i;
export const modelEnding = '.onnx';
export const settingsFile = 'model.yaml';

interface Inside {
  readonly folders: readonly string[];
  /** Model files. */
  readonly models: readonly string[];
  readonly problems: readonly MeshProblem[];
}

/** What lies in a folder, through links, sorted. */
async function inside(folder: string, path: string): Promise<Inside> {
  const problems: MeshProblem[] = [];
  const names = (await readdir(join(folder, path)).catch(() => [])).filter((name) => !isHidden(name)).sort();
  const kinds = new Map<string, 'file' | 'folder' | undefined>();
  for (const name of names) kinds.set(name, await kindOf(folder, `${path}/${name}`, problems));
  return {
    folders: names.filter((name) => kinds.get(name) === 'folder'),
    models: names.filter((name) => kinds.get(name) === 'file' && name.endsWith(modelEnding)),
    problems,
  };
}
const nothing: Inside = { folders: [], models: [], problems: [] };

const moveTo = (from: string, folder: string): string =>
  `mkdir -p ${typed(folder)} && mv ${typed(from)} ${typed(`${folder}/model.onnx`)}`;

/** The models of a mesh folder, sorted by name. A model of which no version can be found is told, and has none. */
export async function findModels(folder: string, problems: MeshProblem[]): Promise<FoundModel[]> {
  const { folders, models: files, problems: wrong } = await inside(folder, 'models');
  problems.push(...wrong);
  const flat = new Map(files.map((file) => [file.slice(0, -modelEnding.length), file]));
  const found: FoundModel[] = [];
  for (const name of [...new Set([...folders, ...flat.keys()])].sort()) {
    const file = flat.get(name);
    const path = folders.includes(name) ? `models/${name}` : `models/${file}`;
    if (!modelNamePattern.test(name)) {
      problems.push(
        problemIn(path, 'want a model name of letters, digits, ".", "_" and "-", starting with a letter or digit'),
      );
      continue;
    }
    const versions = await findVersions(folder, name, { file, hasFolder: folders.includes(name) }, problems);
    found.push({ name, versions });
  }
  return found;
}

/** `file` is one of the model's name beside its folder. */
async function findVersions(
  folder: string,
  name: string,
  { file, hasFolder }: { readonly file: string | undefined; readonly hasFolder: boolean },
  problems: MeshProblem[],
): Promise<readonly FoundVersion[]> {
  const path = `models/${name}`;
  const { folders, models, problems: wrong } = hasFolder ? await inside(folder, path) : nothing;
  const next = 1 + Math.max(0, ...folders.map((one) => Number(versionLike.exec(one)?.[1] ?? 0)));
  const stray = (from: string): void => {
    const command = moveTo(from, `${path}/${next}`);
    problems.push(problemIn(from, `it lies beside other versions of the model and has no number: ${command}`));
  };
  const hasVersions = models.length === 0 ? folders.length > 0 : folders.some((one) => versionLike.test(one));
  // Where the folder is a version, its files are looked at for that.
  if (hasVersions || models.length === 0) problems.push(...wrong);
  if (hasVersions) {
    for (const model of models) stray(`${path}/${model}`);
    if (file !== undefined) stray(`models/${file}`);
    const found = await Promise.all(folders.map((version) => findVersion(folder, path, version, problems)));
    return found.filter((version) => version !== undefined);
  }
  if (models.length > 0) {
    if (file !== undefined) stray(`models/${file}`);
    const model = modelAmong(models);
    if (model === undefined) problems.push(problemIn(path, whichOf(models, path, `${path}/1`)));
    return model === undefined ? [] : [inModelFolder(folder, path, model, problems)];
  }
  if (file !== undefined) return [besideFolders(folder, file, problems)];
  if (wrong.length === 0) problems.push(problemIn(path, `want a version, such as ${path}/1/model.onnx, got none`));
  return [];
}

async function findVersion(
  folder: string,
  model: string,
  version: string,
  problems: MeshProblem[],
): Promise<FoundVersion | undefined> {
  const path = `${model}/${version}`;
  if (!versionPattern.test(version)) {
    const meant = versionLike.exec(version)?.[1];
    const command = meant === undefined ? '' : `: mv ${typed(path)} ${typed(`${model}/${meant}`)}`;
    problems.push(problemIn(path, `want a version folder named by a positive integer, got "${version}"${command}`));
    return undefined;
  }
  const { models, problems: wrong } = await inside(folder, path);
  const file = modelAmong(models);
  if (file !== undefined) return { version, folder: path, file, files: () => filesBelow(folder, path, file, problems) };
  if (models.length > 0) problems.push(problemIn(path, whichOf(models, path, path)));
  else if (wrong.length > 0) problems.push(...wrong);
  else problems.push(problemIn(`${path}/model.onnx`, 'want an ONNX model here, found no file that can be read'));
  return undefined;
}

/** A version that lies in a folder of its own, which is no mesh folder. Paths are from there. */
export async function findAlone(
  folder: string,
  version: string,
  problems: MeshProblem[],
): Promise<FoundVersion | undefined> {
  const { models, problems: wrong } = await inside(folder, '.');
  const file = modelAmong(models);
  if (file !== undefined)
    return { version, folder: '.', file, files: async () => filesBelow(folder, '.', file, problems) };
  problems.push(
    ...(models.length > 0
      ? [problemIn('.', `want one model, or one called model.onnx, got ${models.join(', ')}`)]
      : wrong),
  );
  if (models.length + wrong.length === 0) problems.push(problemIn('model.onnx', 'want an ONNX model here, found none'));
  return undefined;
}

/** The one, or the one with the name that the others have not. */
export const modelAmong = (models: readonly string[]): string | undefined =>
  models.length === 1 ? models[0] : models.find((name) => name === 'model.onnx');

export const whichOf = (models: readonly string[], from: string, to: string): string =>
  `want one model, got ${models.join(', ')}: ${moveTo(`${from}/${models[0]}`, to)} makes the first the one that is served`;

/** `models/iris/model.onnx`: the folder is a version, but for the settings of the model. */
const inModelFolder = (folder: string, path: string, file: string, problems: MeshProblem[]): FoundVersion => ({
  version: '1',
  folder: path,
  file,
  files: async () => (await filesBelow(folder, path, file, problems))?.filter((name) => name !== settingsFile),
});

/** `models/iris.onnx`, and the files that are called so and more: exporters put weights into `iris.onnx.data`. */
const besideFolders = (folder: string, file: string, problems: MeshProblem[]): FoundVersion => ({
  version: '1',
  folder: 'models',
  file,
  files: async () => {
    const names = (await readdir(join(folder, 'models'))).filter((name) => name.startsWith(file)).sort();
    const kinds = await Promise.all(names.map((name) => kindOf(folder, `models/${name}`, problems)));
    return names.filter((_, index) => kinds[index] === 'file');
  },
});
