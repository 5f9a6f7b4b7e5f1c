/** What is signed: an in-toto statement that lists the files of a model with their digests, as `model_signing` 1.0 writes it. */
import { refuse } from './refuse.ts';
import { rootDigest, type SignedFile, sorted } from './signed-files.ts';

export const payloadType = 'application/vnd.in-toto+json';
const statementType = 'https://in-toto.io/Statement/v1';
const predicateType = 'https://model_signing/signature/v1.0';

export interface Statement {
  /** Of the model; it informs, and nothing goes by it. */
  readonly name: string;
  readonly files: readonly SignedFile[];
}

/** The bytes to sign. `ignoredPaths` tells other tools which files of a folder are not part of the model. */
export function encodeStatement({ name, files }: Statement, ignoredPaths: readonly string[]): Buffer {
  const inOrder = sorted(files);
  return Buffer.from(
    JSON.stringify({
      _type: statementType,
      subject: [{ name, digest: { sha256: rootDigest(inOrder) } }],
      predicateType,
      predicate: {
        serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: ignoredPaths },
        resources: inOrder.map(({ path, sha256 }) => ({ name: path, algorithm: 'sha256', digest: sha256 })),
      },
    }),
  );
}

/** Reads a statement whose signature holds. Throws FAILED_PRECONDITION where it is no such statement, or contradicts itself. */
export function parseStatement(bytes: Uint8Array): Statement {
  const { _type, subject, predicateType: predicateKind, predicate } = objectIn(parseJson(bytes), 'the statement');
  if (_type !== statementType) throw refuse(`the signed statement: want _type ${statementType}, got ${shown(_type)}`);
  if (predicateKind !== predicateType)
    throw refuse(`the signed statement: want predicateType ${predicateType}, got ${shown(predicateKind)}`);
  const { serialization, resources } = objectIn(predicate, 'predicate');
  const { method, hash_type: algorithm } = objectIn(serialization, 'predicate.serialization');
  if (method !== 'files' || algorithm !== 'sha256')
    throw refuse(`want a signature over whole files by sha256, got ${shown(method)} by ${shown(algorithm)}`);
  if (!Array.isArray(resources)) throw refuse('predicate.resources of the signed statement: want a list');
  const files = resources.map(fileIn);
  if (new Set(files.map(({ path }) => path)).size !== files.length)
    throw refuse('predicate.resources of the signed statement: want each file once');
  if (!Array.isArray(subject) || subject.length !== 1) throw refuse('subject of the signed statement: want one');
  const { name, digest } = objectIn(subject[0], 'subject');
  if (objectIn(digest, 'subject[0].digest')['sha256'] !== rootDigest(files))
    throw refuse('subject of the signed statement: its digest is not that of the files');
  return { name: String(name), files };
}

function fileIn(resource: unknown, at: number): SignedFile {
  const path = `predicate.resources[${at}]`;
  const { name, algorithm, digest } = objectIn(resource, path);
  if (
    typeof name !== 'string' ||
    algorithm !== 'sha256' ||
    typeof digest !== 'string' ||
    !/^[0-9a-f]{64}$/.test(digest)
  )
    throw refuse(`${path} of the signed statement: want a name and a digest by sha256`);
  return { path: name, sha256: digest };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('the signed statement is no JSON');
  }
}

function objectIn(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(`${path} of the signed statement: want an object`);
  return value as Record<string, unknown>;
}

/** A short text of somebody else's, for a sentence of ours. */
const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value;
