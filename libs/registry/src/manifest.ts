/** What a version consists of. The name of the entry is no part of it: the same content has the same digest under every name. */
import { hash } from 'node:crypto';
import type { Signature } from '@sheaf/inference';
import canonicalize from 'canonicalize';

export const entryKinds = ['model', 'pipeline'] as const;
export type EntryKind = (typeof entryKinds)[number];

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

export interface ManifestFile {
  /** Relative, with `/`, of segments that are names everywhere: see `checkFilePath`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** What a pipeline asks: one version for good, or whichever an alias leads to. */
export type Pin =
  | { readonly name: string; readonly digest: string; readonly alias?: never }
  | { readonly name: string; readonly alias: string; readonly digest?: never };

export interface Manifest {
  readonly schema: 1;
  readonly kind: EntryKind;
  /** Sorted by path; at least one. */
  readonly files: readonly ManifestFile[];
  readonly signature?: Signature;
  /** What was proven of running calls together. */
  readonly batching?: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  /** Digest of the version that this one was made from. */
  readonly parent?: string;
  /** Who or what made it, such as a training job. */
  readonly producer?: string;
  readonly trainingWindow?: { readonly fromMs: number; readonly toMs: number };
  readonly featureView?: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** Sorted by name; of pipelines. */
  readonly pins: readonly Pin[];
}

/** The one spelling of a manifest, by RFC 8785. */
export function canonicalManifest(manifest: Manifest): string {
  const text = canonicalize(manifest);
  if (text === undefined) throw new TypeError('a manifest is an object');
  return text;
}

/** `sha256:` and the hash of the canonical manifest: the name of the version that no other content has. */
export const digestOf = (manifest: Manifest): string => `sha256:${hash('sha256', canonicalManifest(manifest), 'hex')}`;
