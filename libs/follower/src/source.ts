/** What a follower asks of a registry, wherever that runs: a port. Each call rejects while the registry is away; `signal` gives it up. */
import type { VersionFile } from '@sheaf/mesh';

export interface SourceEntry {
  readonly name: string;
  readonly kind: 'model' | 'pipeline';
  /** Of the registry, when this entry last changed. */
  readonly epoch: number;
  readonly versions: readonly {
    readonly version: number;
    readonly digest: string;
    /** `unsigned`: by no signature that the mesh trusts. */
    readonly state: 'ready' | 'quarantined' | 'deleted' | 'unsigned';
  }[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  /** Those that have not ended. */
  readonly rollouts: readonly { readonly versions: readonly number[] }[];
}

export interface SourceSnapshot {
  /** Grows with every change. */
  readonly epoch: number;
  readonly entries: readonly SourceEntry[];
}

export interface SourceVersion {
  readonly version: number;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly manifest: {
    readonly files: readonly VersionFile[];
    readonly pins: readonly { readonly name: string; readonly digest?: string; readonly alias?: string }[];
  };
  /** Bundles as JSON. */
  readonly signatures: readonly string[];
  /** Why it is quarantined or unsigned; '' where it is not. */
  readonly why: string;
}

/** Which entry is meant. */
export type EntryPlace = Pick<SourceEntry, 'kind' | 'name'>;

/** Which file of a version is meant. */
export interface FilePlace extends EntryPlace, Pick<VersionFile, 'path' | 'sha256'> {
  readonly version: number;
}

export interface RegistrySource {
  snapshot(signal: AbortSignal): Promise<SourceSnapshot>;
  version(entry: EntryPlace, version: number, signal: AbortSignal): Promise<SourceVersion>;
  /** Versions that an alias meant before, each once, the last first; at most `count`. */
  former(entry: EntryPlace, alias: string, count: number, signal: AbortSignal): Promise<readonly number[]>;
  /** The bytes of a file from an offset on. */
  read(file: FilePlace, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Resolves when there may be another epoch than this one; rejects where that would not be told. */
  changed(epoch: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
