import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError } from '@sheaf/inference';
import { type ModelFacts, readModel } from '@sheaf/onnx';
import { type BatchingOptions, providers, type QueueOptions, queueDefault, wrongShape } from '@sheaf/runtime';
import { boolean, integer, integers, oneOrMore, readFields, text } from './fields.ts';
import { type HashedFile, hashTogether, readHashed } from './hashed-file.ts';
import type { Model, ModelVersion } from './mesh.ts';
import { weightFiles } from './model-files.ts';
import { type FoundModel, type FoundVersion, findModels } from './model-layout.ts';
import { emptyInputs, propertiesOf } from './model-properties.ts';
import { type MeshProblem, problemIn } from './problem.ts';
import { contentFiles, readContent } from './version-content.ts';
import { readVersionPolicy, servedVersions, versionPolicy } from './version-policy.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

const modelFields = {
  runLimitMs: integer(1, 600_000),
  intraOpThreads: integer(1, 256),
  instances: integer(1, 64),
  providers: oneOrMore(providers),
  memoryMaxMb: integer(64, 1024 * 1024),
  enableCpuMemArena: boolean,
  enableMemPattern: boolean,
  batching: (value: unknown) => value,
  queue: (value: unknown) => value,
  sha256: text('64 hex digits', /^[0-9a-f]{64}$/),
  versionPolicy,
};

const rowsMax = 65_536;
const batchingDefault: BatchingOptions = { maxRows: 64, maxQueueDelayMs: 0, preferredRows: [], allowedRows: [] };
const batchingFields = {
  maxRows: integer(1, rowsMax),
  maxQueueDelayMs: integer(0, 60_000),
  preferredRows: integers(1, rowsMax),
  allowedRows: integers(1, rowsMax),
  rowsIndependent: boolean,
};

const queueFields = { callsMax: integer(1, 4_096), shares: (value: unknown) => value };
const shareFields = { critical: integer(1, 100), standard: integer(1, 100), sheddable: integer(1, 100) };

/** Reads the versions of each model, as far as its model.yaml wants them served, and the model.yaml itself. */
export async function readModels(folder: string, problems: MeshProblem[]): Promise<Model[]> {
  const models: Model[] = [];
  for (const found of await findModels(folder, problems)) {
    const model = await readOne(folder, found, problems);
    if (model) models.push(model);
  }
  return models;
}

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
  readonly sha256?: string | undefined;
  /** Newest first. */
  readonly served: readonly FoundVersion[];
}

export const runLimitDefaultMs = 10_000;

const settingsDefault: Omit<ModelSettings, 'served'> = {
  runLimitMs: runLimitDefaultMs,
  intraOpThreads: undefined,
  providers: ['cpu'],
  memoryMaxMb: undefined,
  enableCpuMemArena: undefined,
  enableMemPattern: undefined,
  instances: 1,
  batching: batchingDefault,
  queue: queueDefault,
};

async function readSettings(
  folder: string,
  { name, versions }: FoundModel,
  problems: MeshProblem[],
): Promise<ModelSettings> {
  const file = `models/${name}/model.yaml`;
  const exists = await stat(join(folder, file)).catch(() => undefined);
  const yaml = exists && (await readYaml(join(folder, file), file, problems));
  if (!yaml) return { ...settingsDefault, served: servedVersions(versions) };
  const { versionPolicy: policy, ...given } = readFields(yaml, [], yaml.value, modelFields, problems);
  const fields = { ...settingsDefault, ...given };
  const { batching } = fields;
  const served = servedVersions(versions, readVersionPolicy(yaml, policy, versions, problems));
  const settings = { ...fields, served, queue: readQueue(yaml, fields.queue, problems) };
  if (batching === false) return { ...settings, batching: undefined };
  const wanted = batching === true ? { rowsIndependent: true } : batching;
  const read = { ...batchingDefault, ...readFields(yaml, ['batching'], wanted, batchingFields, problems) };
  return { ...settings, batching: { ...read, allowedRows: [...read.allowedRows].sort((a, b) => a - b) } };
}

function readQueue(yaml: YamlFile, value: unknown, problems: MeshProblem[]): QueueOptions {
  const { callsMax, shares } = { ...queueDefault, ...readFields(yaml, ['queue'], value, queueFields, problems) };
  const read = readFields(yaml, ['queue', 'shares'], shares, shareFields, problems);
  return { callsMax, shares: { ...queueDefault.shares, ...read } };
}

async function readVersion(
  folder: string,
  found: FoundVersion,
  sha256: string | undefined,
  problems: MeshProblem[],
): Promise<ModelVersion | undefined> {
  const home = join(folder, found.folder);
  const listed = await found.files();
  if (!listed) return undefined;
  try {
    const model = await readHashed(join(home, found.file)).catch(unreadable);
    const facts = factsOf(model, sha256);
    const weights = await weightFiles(folder, found.folder, facts.externalFiles, problems);
    if (!weights) return undefined;
    const files = [found.file, ...weights] as const;
    if (sha256 && (await hashTogether(files.map((path) => join(home, path)))) !== sha256) throw notStated(files);
    const content = await readContent(home, [...listed, ...weights]);
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
