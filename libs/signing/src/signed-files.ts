/** The files that a signature is about. */
import { createHash } from 'node:crypto';
import { refuse } from './refuse.ts';

/** A file of a version, as its manifest has it. */
export interface SignedFile {
  /** From the folder of the version, with `/`. */
  readonly path: string;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** In the order that the format has: folder by folder, each name by its code points. */
export const sorted = <T extends SignedFile>(files: readonly T[]): T[] =>
  files.toSorted((a, b) => compareParts(a.path.split('/'), b.path.split('/')));

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (const [at, part] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    // UTF-8 sorts as code points do; UTF-16, by which texts compare, does not.
    const order = Buffer.compare(Buffer.from(part), Buffer.from(other));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The one digest of all files: SHA-256 over their digests, in the order given. */
export function rootDigest(files: readonly SignedFile[]): string {
  const root = createHash('sha256');
  for (const { sha256 } of files) root.update(sha256, 'hex');
  return root.digest('hex');
}

/** Throws FAILED_PRECONDITION, naming the first file that differs, unless what was signed is what is there, file by file. */
export function checkSame(signed: readonly SignedFile[], present: readonly SignedFile[]): void {
  const was = new Map(signed.map(({ path, sha256 }) => [path, sha256]));
  const is = new Map(present.map(({ path, sha256 }) => [path, sha256]));
  const shared = [...is.keys()].some((path) => was.has(path));
  if (!shared && was.size > 0) throw refuse('the signature is of another model: no file of the version is in it');
  for (const [path, sha256] of was) {
    const found = is.get(path);
    if (found === undefined) throw refuse(`file "${path}" is in the signature and not in the version`);
    if (found !== sha256) throw refuse(`file "${path}" is not as it was signed: want sha256 ${sha256}, got ${found}`);
  }
  for (const path of is.keys())
    if (!was.has(path)) throw refuse(`file "${path}" is in the version and not in the signature`);
}
