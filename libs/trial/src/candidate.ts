/** What is tried: a version that nobody has read yet, or one of a mesh that was read. */
import type { Model, ModelVersion } from '@sheaf/mesh';

/** Somebody brought it, so nothing of it is read but in the process of the trial. */
export interface UnreadCandidate {
  readonly kind: 'unread';
  readonly name: string;
  readonly version: string;
  /** Absolute. All files of the version: the model, its weights, its `model.yaml` and its golden set `tests.yaml`. */
  readonly folder: string;
  /** Its `model.yaml` where that lies elsewhere, absolute. */
  readonly settings?: string | undefined;
  /** Whether files may be hard links: those of our own store are, and a file that somebody brought may be another one's by such a link. Default false. */
  readonly isLinked?: boolean | undefined;
}

/** Read already, with the SHA-256 of each file; it is loaded only while the files are those. */
export interface ReadCandidate {
  readonly kind: 'read';
  readonly model: Model;
  readonly version: ModelVersion;
}

export type Candidate = UnreadCandidate | ReadCandidate;

/** As reports and sentences call it. */
export const nameOf = (candidate: Candidate): { readonly name: string; readonly version: string } =>
  candidate.kind === 'unread'
    ? { name: candidate.name, version: candidate.version }
    : { name: candidate.model.name, version: candidate.version.version };

/** Absolute. */
export const folderOf = (candidate: Candidate): string =>
  candidate.kind === 'unread' ? candidate.folder : candidate.version.content.folder;

/** As JSON has it: what a model tells of itself is not needed to try it. */
export const sent = (candidate: Candidate): Candidate =>
  candidate.kind === 'unread'
    ? candidate
    : {
        ...candidate,
        model: { ...candidate.model, versions: [slim(candidate.version)] },
        version: slim(candidate.version),
      };

const slim = (version: ModelVersion): ModelVersion => ({ ...version, properties: new Map() });
