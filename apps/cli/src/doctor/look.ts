/** What an expert would look at, gathered once. What could not be had is undefined, and no check of it tells anything. */
import type { Mesh } from '@sheaf/mesh';
import type { ProcessStatus } from '@sheaf/supervisor';
import type { ApiKey, Breaker, Limit, ListQuarantineResponse } from '@sheaf/transport';
import type { Configuration } from '../commands/admin/configuration-text.ts';

export interface Look {
  /** As it was named on the command line. */
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly machine: Machine;
  /** What of the folder can be served; undefined where nothing can, or none was named. */
  readonly mesh: Mesh | undefined;
  /** Mistakes in the folder. */
  readonly mistakes: readonly string[];
  /** Of the mesh that runs from the folder on this machine. */
  readonly processes: readonly Process[];
  /** Why the registry that the mesh follows is not reached; undefined: it is, or there is none. */
  readonly registryAway: string | undefined;
  readonly gateway: Gateway | undefined;
  /** Why no gateway could be asked, and where. */
  readonly silence: { readonly address: string; readonly why: string } | undefined;
  /** Of the folder's mesh, each once. */
  readonly certificates: readonly { readonly file: string; readonly endsMs: number }[];
  readonly disks: readonly { readonly what: string; readonly path: string; readonly freeBytes: number }[];
  /** Servers beside the mesh that it needs: whether a connection comes about. */
  readonly peers: readonly {
    readonly kind: 'redis' | 'collector';
    readonly place: string;
    readonly problem?: string;
  }[];
  /** Versions of batched models that scale by what runs together. */
  readonly quantized: readonly string[];
  /** Why the file of the access log cannot be written. */
  readonly accessLogProblem: string | undefined;
}

export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
  /** What the cgroup of this process may take; undefined: all. */
  readonly cgroupBytes: number | undefined;
  readonly isMusl: boolean;
  /** Directories that the system tells of, for one user; undefined where it has no such limit. */
  readonly inotifyWatchesMax: number | undefined;
}

export interface Process extends ProcessStatus {
  /** Undefined where the system does not tell. */
  readonly memoryBytes: number | undefined;
  readonly openFilesMax: number | undefined;
  /** The file of its Node; ` (deleted)` behind it where it was replaced since. */
  readonly executable: string | undefined;
}

/** What one process runs on. */
export interface Build {
  /** Such as `digits 1`. */
  readonly process: string;
  readonly node: string;
  /** '' where it loads none. */
  readonly onnxruntime: string;
}

/** What the Admin service of one gateway told. */
export interface Gateway {
  readonly configuration: Configuration;
  readonly breakers: readonly Breaker[];
  readonly limits: readonly Limit[];
  readonly quarantine: ListQuarantineResponse;
  /** The first entry of the audit trail that is not what was written; 0: the trail is whole. */
  readonly auditBrokenAt: number;
  /** What each of its processes runs on; none where it counts nothing. */
  readonly builds: readonly Build[];
  /** Undefined without the role admin. */
  readonly keys: readonly ApiKey[] | undefined;
}
