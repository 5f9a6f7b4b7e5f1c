/** Reads a manifest from a stranger: what exists is valid, and has one spelling. */
import { isDatatype, type Signature, type TensorSpec } from '@sheaf/inference';
import { checkFilePath, checkTogether } from './file-path.ts';
import {
  canonicalManifest,
  type EntryKind,
  entryKinds,
  type Json,
  type JsonObject,
  type Manifest,
  type ManifestFile,
  type Pin,
} from './manifest.ts';
import { checkAlias, checkDigest, checkEntryName, checkSha256, checkText } from './names.ts';
import { invalid, quoted } from './refusals.ts';

/** The largest manifest, in UTF-16 code units of its canonical form, and the most of each of its lists. */
export const manifestMax = 4 * 1_048_576;
const filesMax = 10_000;
const labelsMax = 256;
const metricsMax = 1_000;
const pinsMax = 256;
const tensorsMax = 1_000;
const rankMax = 32;
const key = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;

const known = [
  'schema',
  'kind',
  'files',
  'signature',
  'batching',
  'labels',
  'parent',
  'producer',
  'trainingWindow',
  'featureView',
  'metrics',
  'pins',
];

/** Refuses what is no manifest (INVALID_ARGUMENT, with the field); answers it with its lists in order. */
export function parseManifest(value: unknown): Manifest {
  const given = object('manifest', value);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid('manifest', `want ${known.join(', ')}, got ${quoted(unknown)}`);
  if (given['schema'] !== 1) throw invalid('schema', `want 1, got ${shown(given['schema'])}`);
  const kind = entryKinds.find((one) => one === given['kind']);
  if (!kind) throw invalid('kind', `want model or pipeline, got ${shown(given['kind'])}`);
  const { parent, producer, featureView } = given;
  if (parent !== undefined) checkDigest(text('parent', parent, 128), 'parent');
  const manifest: Manifest = {
    schema: 1,
    kind,
    files: parseFiles(given['files']),
    ...(given['signature'] === undefined ? {} : { signature: parseSignature(given['signature']) }),
    ...(given['batching'] === undefined ? {} : { batching: json('batching', object('batching', given['batching'])) }),
    labels: parseLabels(given['labels'] ?? {}),
    ...(parent === undefined ? {} : { parent: String(parent) }),
    ...(producer === undefined ? {} : { producer: text('producer', producer, 1_024) }),
    ...(given['trainingWindow'] === undefined ? {} : { trainingWindow: parseWindow(given['trainingWindow']) }),
    ...(featureView === undefined ? {} : { featureView: text('featureView', featureView, 1_024) }),
    metrics: parseMetrics(given['metrics'] ?? {}),
    pins: parsePins(kind, given['pins'] ?? []),
  };
  const size = canonicalManifest(manifest).length;
  if (size > manifestMax) throw invalid('manifest', `want at most ${manifestMax} characters, got ${size}`);
  return manifest;
}

function parseFiles(value: unknown): readonly ManifestFile[] {
  const files = list('files', value, filesMax).map((item, index): ManifestFile => {
    const field = `files[${index}]`;
    const { path, sizeBytes, sha256, ...rest } = object(field, item);
    nothingElse(field, rest);
    checkFilePath(text(`${field}.path`, path, 4_096), `${field}.path`);
    checkSha256(text(`${field}.sha256`, sha256, 128), `${field}.sha256`);
    return { path: String(path), sizeBytes: count(`${field}.sizeBytes`, sizeBytes), sha256: String(sha256) };
  });
  if (files.length === 0) throw invalid('files', 'want at least one file, got none');
  checkTogether(files.map(({ path }) => path));
  const sizes = new Map<string, number>();
  for (const { sha256, sizeBytes, path } of files)
    if ((sizes.get(sha256) ?? sizeBytes) === sizeBytes) sizes.set(sha256, sizeBytes);
    else throw invalid('files', `want one size for one sha256, got another for ${quoted(path)}`);
  return files.sort((a, b) => compare(a.path, b.path));
}

function parseLabels(value: unknown): Readonly<Record<string, string>> {
  return record('labels', value, labelsMax, (field, label) => text(field, label, 1_024));
}

function parseMetrics(value: unknown): Readonly<Record<string, number>> {
  return record('metrics', value, metricsMax, (field, metric) => {
    if (typeof metric !== 'number' || !Number.isFinite(metric))
      throw invalid(field, `want a finite number, got ${shown(metric)}`);
    return metric;
  });
}

function parsePins(kind: EntryKind, value: unknown): readonly Pin[] {
  const pins = list('pins', value, pinsMax).map((item, index): Pin => {
    const field = `pins[${index}]`;
    const { name, digest, alias, ...rest } = object(field, item);
    nothingElse(field, rest);
    const pinned = text(`${field}.name`, name, 4_096);
    checkEntryName(pinned, `${field}.name`);
    if ((digest === undefined) === (alias === undefined))
      throw invalid(field, `want digest or alias, got ${digest === undefined ? 'neither' : 'both'}`);
    if (digest === undefined) {
      checkAlias(text(`${field}.alias`, alias, 4_096), `${field}.alias`);
      return { name: pinned, alias: String(alias) };
    }
    checkDigest(text(`${field}.digest`, digest, 4_096), `${field}.digest`);
    return { name: pinned, digest: String(digest) };
  });
  if (kind === 'model' && pins.length > 0) throw invalid('pins', 'want none of a model: it asks no other');
  const spelled = pins.map((pin) => ({ pin, key: `${pin.name}@${pin.digest ?? pin.alias}` }));
  const sorted = spelled.sort((a, b) => compare(a.key, b.key));
  const twice = sorted.find((one, index) => one.key === sorted[index - 1]?.key);
  if (twice) throw invalid('pins', `want each once, got ${quoted(twice.key)} twice`);
  return sorted.map(({ pin }) => pin);
}

function parseWindow(value: unknown): { readonly fromMs: number; readonly toMs: number } {
  const { fromMs, toMs, ...rest } = object('trainingWindow', value);
  nothingElse('trainingWindow', rest);
  const window = { fromMs: count('trainingWindow.fromMs', fromMs), toMs: count('trainingWindow.toMs', toMs) };
  if (window.toMs < window.fromMs) throw invalid('trainingWindow', 'want an end that is not before the beginning');
  return window;
}

function parseSignature(value: unknown): Signature {
  const { inputs, outputs, ...rest } = object('signature', value);
  nothingElse('signature', rest);
  return { inputs: parseTensors('signature.inputs', inputs), outputs: parseTensors('signature.outputs', outputs) };
}

const parseTensors = (field: string, value: unknown): readonly TensorSpec[] =>
  list(field, value, tensorsMax).map((item, index) => parseTensor(`${field}[${index}]`, item));

function parseTensor(field: string, value: unknown): TensorSpec {
  const { name, datatype, shape, symbols, optional, unranked, labels, ...rest } = object(field, value);
  nothingElse(field, rest);
  if (typeof datatype !== 'string' || !isDatatype(datatype))
    throw invalid(`${field}.datatype`, `want a datatype such as FP32, got ${shown(datatype)}`);
  return {
    name: text(`${field}.name`, name, 1_024),
    datatype,
    shape: list(`${field}.shape`, shape, rankMax).map((dim, axis) =>
      dim === -1 ? -1 : count(`${field}.shape[${axis}]`, dim),
    ),
    ...(symbols === undefined ? {} : { symbols: texts(`${field}.symbols`, symbols, rankMax) }),
    ...(optional === undefined ? {} : { optional: flag(`${field}.optional`, optional) }),
    ...(unranked === undefined ? {} : { unranked: flag(`${field}.unranked`, unranked) }),
    ...(labels === undefined ? {} : { labels: texts(`${field}.labels`, labels, 100_000) }),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' || value === null) return `${value}`;
  return value === undefined ? 'nothing' : typeof value;
}

function object(field: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(field, `want an object, got ${Array.isArray(value) ? 'a list' : shown(value)}`);
  return value as Readonly<Record<string, unknown>>;
}

function nothingElse(field: string, rest: Readonly<Record<string, unknown>>): void {
  const [name] = Object.keys(rest).filter((each) => rest[each] !== undefined);
  if (name !== undefined) throw invalid(field, `want nothing else, got ${quoted(name)}`);
}

function list(field: string, value: unknown, max: number): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(field, `want a list, got ${shown(value)}`);
  if (value.length > max) throw invalid(field, `want at most ${max}, got ${value.length}`);
  return value;
}

function record<Item>(
  field: string,
  value: unknown,
  max: number,
  parse: (field: string, item: unknown) => Item,
): Readonly<Record<string, Item>> {
  const entries = Object.entries(object(field, value));
  if (entries.length > max) throw invalid(field, `want at most ${max}, got ${entries.length}`);
  return Object.fromEntries(
    entries.map(([name, item]) => {
      if (!key.test(name))
        throw invalid(field, `want keys of letters, digits and "._/-", a letter or digit first, got ${quoted(name)}`);
      return [name, parse(`${field}.${name}`, item)];
    }),
  );
}

function text(field: string, value: unknown, max: number): string {
  if (typeof value !== 'string') throw invalid(field, `want a text, got ${shown(value)}`);
  checkText(field, value, max);
  return value;
}

const texts = (field: string, value: unknown, max: number): readonly string[] =>
  list(field, value, max).map((item, index) => text(`${field}[${index}]`, item, 1_024));

function flag(field: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalid(field, `want true or false, got ${shown(value)}`);
  return value;
}

function count(field: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw invalid(field, `want a whole number, 0 or more, got ${shown(value)}`);
  return value;
}

/** Only what JSON can say, 16 levels of it at most. */
function json(field: string, value: Readonly<Record<string, unknown>>, depth = 0): JsonObject {
  return record(field, value, 1_000, (at, item) => anyJson(at, item, depth + 1));
}

function anyJson(field: string, item: unknown, depth: number): Json {
  if (depth > 16) throw invalid(field, 'want at most 16 levels');
  if (item === null || typeof item === 'boolean') return item;
  if (typeof item === 'string') return text(field, item, 65_536);
  if (typeof item === 'number' && Number.isFinite(item)) return item;
  if (Array.isArray(item))
    return list(field, item, 10_000).map((each, index) => anyJson(`${field}[${index}]`, each, depth + 1));
  return json(field, object(field, item), depth);
}
