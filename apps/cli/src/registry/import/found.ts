import type { PushedFile } from '@sheaf/registry';

export interface FoundModel {
  readonly name: string;
  /** The files of each, the oldest first. */
  readonly versions: readonly (readonly PushedFile[])[];
}
