/** `jobs` of mesh.yaml as it is read. */
import type { SecretPlace } from './secret-place.ts';

/** Work that is done later. */
export interface Jobs {
  /** Processes that do it; 0: none of this mesh. */
  readonly workers: number;
  /** Calls that each of them has under way at most. */
  readonly callsMax: number;
  /** Jobs of one tenant that may wait. */
  readonly queuedPerTenantMax: number;
  /** Who may be told of their ends. Undefined: nobody. */
  readonly callbacks?: Callbacks | undefined;
}

export interface Callbacks {
  /** Names of hosts; one that begins with `*.` stands for every name below it. */
  readonly hosts: readonly string[];
  /** Whether addresses that are not public are fine, and plain http. */
  readonly isPrivate: boolean;
  /** What they are signed with. */
  readonly secret: SecretPlace;
}
