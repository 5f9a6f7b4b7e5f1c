/** A version of a model or pipeline as it is handed to others. */
import type { Descriptor } from './descriptor.ts';

export interface ArtifactFile {
  /** From the folder of the version, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
  /** Its bytes from `start` on. It is asked again when an upload has to begin again. */
  open(start: number): AsyncIterable<Uint8Array>;
}

export interface Artifact {
  readonly name: string;
  readonly version: string;
  /** What its files are for a reader of ModelPack, such as `onnx`. */
  readonly format: string;
  readonly createdAtMs: number;
  /** A signature, if any, is among them as `signatureFile`. */
  readonly files: readonly ArtifactFile[];
  readonly signatureFile: string;
  /** Of the manifest; they come back by {@link PulledArtifact}. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** What came of an artifact that was read: its files lie in a folder. */
export interface PulledArtifact {
  /** Of its manifest. */
  readonly digest: string;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly sha256: string }[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** Where an artifact is read from. Nothing that it answers is verified yet. */
export interface ArtifactSource {
  /** The manifest that was asked for, and the digest that it was asked by, where it was. */
  manifest(): Promise<{ readonly bytes: Uint8Array; readonly digest: string | undefined }>;
  blob(descriptor: Descriptor): AsyncIterable<Uint8Array>;
}

/** Where an artifact is written to. */
export interface ArtifactTarget {
  putBlob(descriptor: Descriptor, open: (start: number) => AsyncIterable<Uint8Array>): Promise<void>;
  /** After all blobs: from then on others find it. */
  putManifest(descriptor: Descriptor, bytes: Uint8Array): Promise<void>;
}
