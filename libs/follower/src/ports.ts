/** What a follower is, what it is made of, and the mesh that it has serve. */
import type { OnEvent } from '@sheaf/inference';
import type { View, ViewEntry, ViewOut, ViewVersion } from '@sheaf/mesh';
import type { RegistrySource } from './source.ts';

/** The mesh that serves the view: a port. */
export interface FollowingMesh {
  /** Has aliases mean what the view says, where nothing else of it is another; resolves when all gateways do so. */
  steer(view: View): Promise<unknown>;
  /** Reads folder and view as they are now and serves them; resolves when all replicas and gateways do. Rejects where all is as before. */
  takeUp(): Promise<unknown>;
  /** Why a version of the view is not served; undefined: it is. */
  whyOut(kind: ViewEntry['kind'], name: string, version: number): string | undefined;
}

/** A version that is to be loaded, with its files. */
export interface TrialCandidate {
  readonly kind: ViewEntry['kind'];
  readonly name: string;
  readonly version: ViewVersion;
}

export interface FollowerOptions {
  /** The mesh folder, absolute. */
  readonly folder: string;
  readonly source: RegistrySource;
  /** Versions that each alias meant before and that stay loaded. */
  readonly keep: number;
  /** Answers why a version is not to be served; undefined: it may be. */
  readonly trial?: (candidate: TrialCandidate, signal: AbortSignal) => Promise<string | undefined>;
  readonly onEvent: OnEvent;
  /** What failed, and a registry that is away, are tried again after this: milliseconds, default 1,000, twice as long each time. */
  readonly retryMinMs?: number;
  /** And at most after this: default 30,000. */
  readonly retryMaxMs?: number;
}

/** How a mesh stands to its registry. */
export interface FollowerStatus {
  /** Of the registry, as it was last seen; 0: never. */
  readonly epoch: number;
  /** Of what is in force. */
  readonly inForce: number;
  /** Why the registry is not reached now; undefined: it is. */
  readonly away: string | undefined;
  /** What it wants served and the mesh does not serve. */
  readonly out: readonly ViewOut[];
}

export interface Follower {
  /**
   * Before the mesh is read for the first time: the view on the disk is looked at, and what the registry wants is fetched. Where the registry is away, the
   * view on the disk is what the mesh starts with.
   */
  prepare(signal: AbortSignal): Promise<void>;
  /** Follows until it is closed; `mesh` serves the view. */
  follow(mesh: FollowingMesh): void;
  status(): FollowerStatus;
  close(): Promise<void>;
}
