/** Versions and files for the tests, and a look at refusals. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { InferError, type InferErrorCode } from '@sheaf/inference';
import type { Manifest } from '../manifest.ts';
import type { AliasChange, NewVersion, RegistryStore } from '../registry-store.ts';

export const sha256Of = (text: string): string => hash('sha256', text, 'hex');

/** A manifest of a model with one file, whose content is `text`. */
export const aManifest = (text: string, changes: Partial<Manifest> = {}): Manifest => ({
  schema: 1,
  kind: 'model',
  files: [{ path: 'model.onnx', sizeBytes: Buffer.byteLength(text), sha256: sha256Of(text) }],
  labels: {},
  metrics: {},
  pins: [],
  ...changes,
});

export const aVersion = (
  text: string,
  changes: Partial<NewVersion> & { readonly manifest?: Manifest } = {},
): NewVersion => ({
  name: 'digits',
  manifest: aManifest(text),
  by: 'key:ops',
  ...changes,
});

export const aMove = (
  to: number | undefined,
  expectedEpoch: number,
  changes: Partial<AliasChange> = {},
): AliasChange => ({
  name: 'digits',
  alias: 'champion',
  to,
  expectedEpoch,
  by: 'key:ops',
  why: 'better',
  ...changes,
});

/** Matches an InferError whose sentence tells nothing of ours. */
export const refusal =
  (code: InferErrorCode, reason: string, message: RegExp = /./) =>
  (error: unknown): true => {
    assert.ok(error instanceof InferError, String(error));
    assert.deepEqual([error.code, error.reason], [code, reason], error.message);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\/tmp|SELECT|INSERT|sqlite|postgres|undefined/i);
    return true;
  };

/** Texts that something between the caller and the disk might take for more than text. */
export const hostileTexts = [
  '__proto__',
  'constructor',
  `'; DROP TABLE registry_audit; --`,
  `"quoted" 'twice' \`thrice\``,
  '𝄞 and 😀, four bytes each',
  '',
  ' padded \r\n',
  '\u2028\ufeff\ufffd',
  '%s ?1 :key $1 {}',
];

/** A test of a store of its own, which is closed after it. */
export type WithStore = (test: (store: RegistryStore, clock: { now: number }) => Promise<void>) => () => Promise<void>;
