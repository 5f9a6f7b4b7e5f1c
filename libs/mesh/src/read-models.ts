import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError } from '@sheaf/inference';
import { readModel } from '@sheaf/onnx';
import {
  type BatchingOptions,
  type ModelFile,
  providers,
  type QueueOptions,
  queueDefault,
  wrongShape,
} from '@sheaf/runtime';
import { boolean, integer, integers, oneOrMore, readFields, text } from './fields.ts';
import type { Model, ModelVersion } from './mesh.ts';
import { readExternalFiles } from './model-files.ts';
import { type MeshProblem, problemIn } from './problem.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

const modelNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

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

/** Reads `models/<name>/<version>/model.onnx` and each `models/<name>/model.yaml`. */
export async function readModels(folder: string, problems: MeshProblem[]): Promise<Model[]> {
  const models: Model[] = [];
  for (const name of await subfolders(join(folder, 'models'))) {
    if (!modelNamePattern.test(name)) {
      problems.push(
        problemIn(
          `models/${name}`,
          'want a model name of letters, digits, ".", "_" and "-", starting with a letter or digit',
        ),
      );
    } else {
      const model = await readOne(folder, name, problems);
      if (model) models.push(model);
    }
  }
  return models;
}

/** The names of the folders inside `path`, sorted; none when it does not exist. */
async function subfolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function readOne(folder: string, name: string, problems: MeshProblem[]): Promise<Model | undefined> {
  const settings = await readSettings(folder, name, problems);
  const versions: ModelVersion[] = [];
  const found = await subfolders(join(folder, 'models', name));
  if (found.length === 0)
    problems.push(problemIn(`models/${name}`, `want a version, such as models/${name}/1/model.onnx, got none`));
  for (const version of found) {
    const read = await readVersion(folder, `models/${name}/${version}`, version, settings.sha256, problems);
    if (!read) continue;
    versions.push(read);
    const { batching } = settings;
    const why =
      batching?.rowsIndependent === true && wrongShape({ signature: read.signature, rowsMax: batching.maxRows });
    if (why)
      problems.push(problemIn(`models/${name}/model.yaml`, `batching: version ${version} cannot be batched: ${why}`));
  }
  const [newest, ...older] = versions.sort((a, b) => Number(b.version) - Number(a.version));
  if (!newest) return undefined;
  const { sha256: _, ...served } = settings;
  return { name, versions: [newest, ...older], ...served };
}

interface ModelSettings extends Omit<Model, 'name' | 'versions'> {
  readonly sha256?: string | undefined;
}

export const runLimitDefaultMs = 10_000;

const settingsDefault: ModelSettings = {
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

async function readSettings(folder: string, name: string, problems: MeshProblem[]): Promise<ModelSettings> {
  const file = `models/${name}/model.yaml`;
  const exists = await stat(join(folder, file)).catch(() => undefined);
  const yaml = exists && (await readYaml(join(folder, file), file, problems));
  if (!yaml) return settingsDefault;
  const fields = { ...settingsDefault, ...readFields(yaml, [], yaml.value, modelFields, problems) };
  const { batching } = fields;
  const settings = { ...fields, queue: readQueue(yaml, fields.queue, problems) };
  if (batching === false) return { ...settings, batching: undefined };
  const given = batching === true ? { rowsIndependent: true } : batching;
  const read = { ...batchingDefault, ...readFields(yaml, ['batching'], given, batchingFields, problems) };
  return { ...settings, batching: { ...read, allowedRows: [...read.allowedRows].sort((a, b) => a - b) } };
}

function readQueue(yaml: YamlFile, value: unknown, problems: MeshProblem[]): QueueOptions {
  const { callsMax, shares } = { ...queueDefault, ...readFields(yaml, ['queue'], value, queueFields, problems) };
  const read = readFields(yaml, ['queue', 'shares'], shares, shareFields, problems);
  return { callsMax, shares: { ...queueDefault.shares, ...read } };
}

async function readVersion(
  folder: string,
  path: string,
  version: string,
  sha256: string | undefined,
  problems: MeshProblem[],
): Promise<ModelVersion | undefined> {
  if (!/^[1-9][0-9]{0,14}$/.test(version)) {
    problems.push(problemIn(path, `want a version folder named by a positive integer, got "${version}"`));
    return undefined;
  }
  const relative = `${path}/model.onnx`;
  const file = join(folder, relative);
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes) {
    problems.push(problemIn(relative, 'want an ONNX model here, found no file that can be read'));
    return undefined;
  }
  const whole = createHash('sha256').update(bytes);
  const own = whole.copy().digest('hex');
  try {
    const { signature, externalFiles, notices } = readModel(bytes);
    const others = await readExternalFiles(folder, path, externalFiles, whole, problems);
    if (!others) return undefined;
    const files: ModelVersion['files'] = [{ path: 'model.onnx', sha256: own }, ...others];
    if (!sha256 || whole.digest('hex') === sha256) return { version, file, files, signature, notices };
    problems.push(problemIn(relative, notStated(others)));
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    problems.push(problemIn(relative, sha256 && sha256 !== own ? notStated([]) : error.message));
  }
  return undefined;
}

const notStated = (others: readonly ModelFile[]): string =>
  others.length === 0
    ? 'the file is not the one whose sha256 model.yaml states'
    : `the files are not those whose sha256 model.yaml states; it is of all of them: cat ${['model.onnx', ...others.map(({ path }) => path)].join(' ')} | sha256sum`;
