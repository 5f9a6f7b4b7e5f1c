/** A mesh whose processes run, as commands and tests see it. */
import type { Unserved } from '@sheaf/host';
import type { OnEvent } from '@sheaf/inference';
import type { Mesh, SeenSignatures, Steering } from '@sheaf/mesh';
import type { Programs } from '../process/programs.ts';
import type { Supervised } from '../process/supervised.ts';
import type { Part } from '../rolling-restart/rolling-restart.ts';
import type { ReadNext } from './read-next.ts';

export interface RunningMesh {
  /** The state of the folder that is served. */
  readonly mesh: Mesh;
  /** The signatures of models that take or give something else than their files declare. */
  readonly seen: SeenSignatures;
  /** What its services hold and do not serve now, with why. */
  readonly unserved: readonly Unserved[];
  /** The secret that its internal servers want of whoever asks; undefined where they want certificates. */
  readonly secret: string | undefined;
  /** The first. */
  readonly gateway: Supervised;
  readonly gateways: readonly Supervised[];
  /** Those that we started; foreign ones are not ours. */
  readonly services: readonly Supervised[];
  /** Those that do what waits for later; none until there is a first job. */
  readonly workers: readonly Supervised[];
  /**
   * Serves another state of the folder from now on, all at once: services that changed are started beside the old ones, which go when the last
   * call that came in before has ended. What reads the state is called when changes before it are in force; an alias that is moved meanwhile stays where it was
   * moved to. Answers false when nothing is different. A service that does not come up goes on as it was, with all that it
   * holds; a strict mesh throws then, and all is as before.
   */
  update(mesh: Mesh | ReadNext): Promise<boolean>;
  /**
   * Has other versions answer, of those that are served, from when it resolves on: no process starts or ends, and it does not wait for an update that is
   * under way, nor for calls. Answers false when nothing is different. Throws, and all is as before, where an alias is moved to a version that is not served,
   * or a pipeline would not fit what it asks.
   */
  steer(steering: Steering): Promise<boolean>;
  /** Takes up the folder as it is now; throws with its mistakes. */
  reread(): Promise<void>;
  /** The parts that can be replaced while the mesh serves. */
  readonly parts: readonly Part[];
  /** The gateway first, then what stands behind it. `notice`: callers get the time to go to another mesh. */
  stop(notice?: boolean): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

export interface StartOptions {
  readonly programs: Programs;
  /** A line whenever something becomes ready, ends or starts again. */
  readonly onEvent: OnEvent;
  /** Called once for each process when it is ready for the first time. */
  readonly onReady?: () => void;
  /** Called when somebody has drained the gateway: nobody reaches the services any more. */
  readonly onDrained?: () => void;
  /** Overrides the gateway's port; 0 takes a free one. */
  readonly port?: number;
  /** Gives the start up: what runs already is ended, and it throws. */
  readonly signal?: AbortSignal;
  /** Whether the mesh is to serve all of the folder or none. Default: what can be served is, and the rest is tried again. */
  readonly isStrict?: boolean;
}
