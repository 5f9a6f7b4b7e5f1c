import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InferError } from '@sheaf/inference';
import { type ModelFacts, readModel } from '@sheaf/onnx';
import { queueDefault, wrongShape } from '@sheaf/runtime';
import { type HashedFile, hashTogether, readHashed } from '../content/hashed-file.ts';
import { contentFiles, readContent } from '../content/version-content.ts';
import { defaultsOf } from '../language/common.ts';
import { batchingDefault, type ModelGiven, modelDocument } from '../language/model-document.ts';
import type { Model, ModelVersion, VersionContent, VersionFile } from '../mesh.ts';
import { type MeshProblem, problemIn } from '../problem.ts';
import type { View } from '../registry/view.ts';
import { viewModels } from '../registry/view-models.ts';
import { readDocument, readYaml, type YamlFile } from '../yaml-file.ts';
import { weightFiles } from './model-files.ts';
import { type FoundModel, type FoundVersion, findAlone, findModels, settingsFile } from './model-layout.ts';
import { emptyInputs, propertiesOf } from './model-properties.ts';
import { checkVersionPolicy, servedVersions } from './version-policy.ts';

/** Reads the versions of each model, as far as its model.yaml wants them served, and the model.yaml itself; so too those of a view. */
export async function readModels(folder: string, view: View | undefined, problems: MeshProblem[]): Promise<Model[]> {
  const models: Model[] = [];
  const own = await findModels(folder, problems);
  const kept = view ? viewModels(folder, view, new Set(own.map(({ name }) => name)), problems) : [];
  for (const found of [...own, ...kept].toSorted(byName)) {
    const model = await readOne(folder, found, problems);
    if (model) models.push(model);
  }
  return models;
}

const byName = (one: FoundModel, other: FoundModel): number => (one.name < other.name ? -1 : 1);

/**
 * Reads one version that lies in a folder of its own, which is no mesh folder. `settings` is its model.yaml, from there or absolute, where it has one; what that
 * says of versions is not for one alone.
 */
export async function readAlone(
  folder: string,
  { name, version, settings = settingsFile }: { name: string; version: string; settings?: string | undefined },
  problems: MeshProblem[],
): Promise<Model | undefined> {
  const found = await findAlone(folder, version, problems);
  const { given } = await readSettings(resolve(folder, settings), settings, problems);
  const model = found && (await readVersions(folder, { name, file: settings, given, served: [found] }, problems));
  for (const [index, problem] of problems.entries())
    problems[index] = { ...problem, file: problem.file.replace(/^\.\//, '') };
  return model;
}

async function readOne(folder: string, found: FoundModel, problems: MeshProblem[]): Promise<Model | undefined> {
  const { name, versions, kept } = found;
  const file = `models/${name}/${settingsFile}`;
  if (kept) {
    const { given } = kept.settings ? await readSettings(kept.settings, file, problems) : { given: nothingSaid };
    // A registry says itself which versions are served, and what their files are.
    const served = servedVersions(versions);
    return readVersions(folder, { name, file, given: { ...given, sha256: undefined }, served }, problems);
  }
  const { yaml, given } = await readSettings(join(folder, file), file, problems);
  if (yaml) checkVersionPolicy(yaml, given.versionPolicy, versions, problems);
  return readVersions(folder, { name, file, given, served: servedVersions(versions, given.versionPolicy) }, problems);
}

interface Wanted {
  readonly name: string;
  /** Its model.yaml, as problems name it, and what it says. */
  readonly file: string;
  readonly given: ModelGiven;
  /** Newest first. */
  readonly served: readonly FoundVersion[];
}

async function readVersions(
  folder: string,
  { name, file, given, served }: Wanted,
  problems: MeshProblem[],
): Promise<Model | undefined> {
  const { versionPolicy: _, sha256, batching: asked = batchingDefault, queue = queueDefault, ...settings } = given;
  const batching = asked === false ? undefined : asked;
  const versions: ModelVersion[] = [];
  for (const version of served) {
    const read = await readVersion(folder, version, sha256, problems);
    if (!read) continue;
    versions.push(read);
    const why =
      batching?.rowsIndependent === true && wrongShape({ signature: read.signature, rowsMax: batching.maxRows });
    if (why) problems.push(problemIn(file, `batching: version ${read.version} cannot be batched: ${why}`));
  }
  const [newest, ...older] = versions;
  return newest && { name, versions: [newest, ...older], ...settings, batching, queue };
}

const nothingSaid = defaultsOf(modelDocument);

/** `file` is what problems call it. */
async function readSettings(
  path: string,
  file: string,
  problems: MeshProblem[],
): Promise<{ readonly yaml: YamlFile | undefined; readonly given: ModelGiven }> {
  const exists = await stat(path).catch(() => undefined);
  const yaml = exists && (await readYaml(path, file, problems));
  return { yaml, given: (yaml && readDocument(yaml, modelDocument, problems)) ?? nothingSaid };
}

async function readVersion(
  folder: string,
  found: FoundVersion,
  sha256: string | undefined,
  problems: MeshProblem[],
): Promise<ModelVersion | undefined> {
  const home = found.kept?.folder ?? join(folder, found.folder);
  const listed = await found.files();
  if (!listed) return undefined;
  try {
    const model = await readHashed(join(home, found.file)).catch(unreadable);
    const facts = factsOf(model, sha256);
    const weights = await weightFiles(home, found.folder, facts.externalFiles, problems);
    if (!weights) return undefined;
    const files = [found.file, ...weights] as const;
    if (sha256 && (await hashTogether(files.map((path) => join(home, path)))) !== sha256) throw notStated(files);
    const content = await readContent(home, [...listed, ...weights]);
    if (found.kept) checkKept(content, found.kept.files);
    const session = contentFiles(content, files);
    if (session[0].sha256 !== model.sha256) throw refuse('the file was written while it was read; read it again');
    return {
      version: found.version,
      file: join(home, found.file),
      files: session,
      signature: facts.signature,
      notices: [...facts.notices, ...emptyInputs(facts)],
      content,
      properties: propertiesOf(content.digest, facts),
    };
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    problems.push({ ...problemIn(`${found.folder}/${found.file}`, error.message), code: error.code });
    return undefined;
  }
}

/** What a registry keeps is what it says, or it is not served. */
function checkKept({ files }: VersionContent, wanted: readonly VersionFile[]): void {
  for (const { path, sha256 } of files) {
    const want = wanted.find((one) => one.path === path)?.sha256;
    if (want !== sha256)
      throw refuse(`${path} is not the file of the registry: want sha256 ${want ?? 'of none'}, got ${sha256}`);
  }
}

/** Of a file that is not the one that is meant, nothing else is worth saying. */
function factsOf({ bytes, sha256 }: HashedFile, stated: string | undefined): ModelFacts {
  try {
    return readModel(bytes);
  } catch (error) {
    throw stated && stated !== sha256 ? notStated([]) : error;
  }
}

const refuse = (message: string): InferError => new InferError('FAILED_PRECONDITION', message);

function unreadable({ code }: NodeJS.ErrnoException): never {
  throw refuse(`the file cannot be read (${code})`);
}

const notStated = (files: readonly string[]): InferError =>
  refuse(
    files.length < 2
      ? 'the file is not the one whose sha256 model.yaml states'
      : `the files are not those whose sha256 model.yaml states; it is of all of them: cat ${files.join(' ')} | sha256sum`,
  );
