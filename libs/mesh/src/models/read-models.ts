import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError } from '@sheaf/inference';
import { type ModelFacts, readModel } from '@sheaf/onnx';
import { queueDefault, wrongShape } from '@sheaf/runtime';
import { type HashedFile, hashTogether, readHashed } from '../content/hashed-file.ts';
import { contentFiles, readContent } from '../content/version-content.ts';
import { defaultsOf } from '../language/common.ts';
import { batchingDefault, modelDocument } from '../language/model-document.ts';
import type { Model, ModelVersion, VersionContent, VersionFile } from '../mesh.ts';
import { type MeshProblem, problemIn } from '../problem.ts';
import type { View } from '../registry/view.ts';
import { viewModels } from '../registry/view-models.ts';
import { readDocument, readYaml } from '../yaml-file.ts';
import { weightFiles } from './model-files.ts';
import { type FoundModel, type FoundVersion, findModels } from './model-layout.ts';
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

async function readOne(folder: string, found: FoundModel, problems: MeshProblem[]): Promise<Model | undefined> {
  const { sha256, served, ...settings } = await readSettings(folder, found, problems);
  const versions: ModelVersion[] = [];
  for (const version of served) {
    const read = await readVersion(folder, version, sha256, problems);
    if (!read) continue;
    versions.push(read);
    const { batching } = settings;
    const why =
      batching?.rowsIndependent === true && wrongShape({ signature: read.signature, rowsMax: batching.maxRows });
    if (why)
      problems.push(
        problemIn(`models/${found.name}/model.yaml`, `batching: version ${read.version} cannot be batched: ${why}`),
      );
  }
  const [newest, ...older] = versions;
  return newest && { name: found.name, versions: [newest, ...older], ...settings };
}

interface ModelSettings extends Omit<Model, 'name' | 'versions'> {
  /** Of the model file. */
  readonly sha256: string | undefined;
  /** Newest first. */
  readonly served: readonly FoundVersion[];
}

const nothingSaid = defaultsOf(modelDocument);

async function readSettings(
  folder: string,
  { name, versions, settings: kept }: FoundModel,
  problems: MeshProblem[],
): Promise<ModelSettings> {
  const file = `models/${name}/model.yaml`;
  const where = kept ? kept.file : join(folder, file);
  const exists = where !== undefined && (await stat(where).catch(() => undefined));
  const yaml = exists ? await readYaml(where, file, problems) : undefined;
  const given = (yaml && readDocument(yaml, modelDocument, problems)) ?? nothingSaid;
  const { versionPolicy, batching = batchingDefault, queue = queueDefault, ...settings } = given;
  const read = { ...settings, batching: batching === false ? undefined : batching, queue };
  // A registry says itself which versions are served, and what their files are.
  if (kept) return { ...read, sha256: undefined, served: servedVersions(versions) };
  if (yaml) checkVersionPolicy(yaml, versionPolicy, versions, problems);
  return { ...read, served: servedVersions(versions, versionPolicy) };
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
    problems.push(problemIn(`${found.folder}/${found.file}`, error.message));
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
