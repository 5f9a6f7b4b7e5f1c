import { type KeyObject, sign } from 'node:crypto';
import { encodeBundle, signedBytes } from './bundle.ts';
import { hashOf, keyId } from './keys.ts';
import { gitPaths, signatureFile } from './signature-file.ts';
import type { SignedFile } from './signed-files.ts';
import { encodeStatement } from './statement.ts';

export interface SignOptions {
  /** Of the model: it informs whoever reads the signature, and nothing goes by it. */
  readonly name: string;
  /** Made by `readPrivateKey`. */
  readonly key: KeyObject;
  /** Files and folders beside the model that are no part of it, so that other tools do not miss them. `model.sig` and what git keeps always are. */
  readonly ignoredPaths?: readonly string[];
}

/** Signs the files of a version: the text of its `model.sig`. */
export function signFiles(files: readonly SignedFile[], { name, key, ignoredPaths = [] }: SignOptions): string {
  const payload = encodeStatement({ name, files }, [...new Set([signatureFile, ...gitPaths, ...ignoredPaths])]);
  const signature = sign(hashOf(key), signedBytes(payload), { key, dsaEncoding: 'der' });
  return encodeBundle({ keyId: keyId(key), payload, signature });
}
