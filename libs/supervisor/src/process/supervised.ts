/** A process that is looked after: what it is made of, and what can be seen and done of it. */

import type {
  ControlledMessage,
  Handover,
  LevelChange,
  LevelsMessage,
  LoadingMessage,
  LogCountsMessage,
  ModelControl,
  OutagesMessage,
  SeenModel,
  Unserved,
  Vitals,
  WorkersMessage,
} from '@sheaf/host';
import type { OnEvent } from '@sheaf/inference';
import type { CrashLoop } from '../crash-loop/crash-watch.ts';

/** A reload that is in force. */
export interface Taken {
  /** Resolves when nothing asks any more for what it replaced, or the process that did has ended. */
  readonly drained: Promise<void>;
}

export interface Supervised {
  readonly name: string;
  readonly port: number;
  /** The id of the process that runs now. */
  readonly pid: number;
  /** Whether it runs and has said that it is ready. */
  readonly isReady: boolean;
  /** The models that the process that runs now could not load. */
  readonly unserved: readonly Unserved[];
  /** Models of it whose outputs are not as their files declare. */
  readonly seen: readonly SeenModel[];
  /** What the process that runs now told of what it holds, such as why calls of a model are not batched. */
  readonly notices: readonly string[];
  /** Why its first start failed, while it has not been ready. */
  readonly failure: string | undefined;
  /** Makes the process serve something else; throws when it refuses, and it serves then what it did before. One at a time. */
  reload(what: unknown): Promise<Taken>;
  /** Tells the process which of the versions that it serves answer; throws when it refuses. One at a time, and none while a reload is not in force yet. */
  steer(what: unknown): Promise<void>;
  /** Asks the process how it is; its event loop is watched from the first time on. */
  vitals(): Promise<Vitals>;
  /** Tells the process that runs now, if one does; the next one knows nothing of it. */
  tell(
    message: OutagesMessage | LevelsMessage | LoadingMessage | LogCountsMessage | ControlledMessage | WorkersMessage,
  ): void;
  /** Ends the process as SIGTERM does and starts it again at the same port; resolves when it is ready. One at a time. */
  restart(): Promise<void>;
  /** Ends it when it has answered what it has. `notice`: its callers get the time to go elsewhere, as with SIGTERM. */
  stop(notice?: boolean): Promise<void>;
  /** Ends it at once; what it has under way is lost. */
  kill(): void;
}

export interface ProcessSpec {
  readonly name: string;
  readonly module: URL;
  /** Called at each start: what a process serves may have changed since the last one. */
  readonly args: () => readonly string[];
  /** Makes what each process is handed over as soon as it exists; `--handover` tells it to wait for that. Undefined: nothing is handed over. */
  readonly handover?: () => Handover<unknown>;
  /** The whole environment of each process. Default: that of this one. */
  readonly environment?: () => NodeJS.ProcessEnv;
  /** Whether each process works in an empty folder of its own, which goes with it. Default: it works where this one does. */
  readonly hasOwnFolder?: boolean;
  /** 0 takes a free one, and keeps it over restarts. */
  readonly port: number;
  /** Longest time that it takes to answer what it has when it is told to end, its notice included. */
  readonly graceMs: number;
  readonly onEvent: OnEvent;
  /** Ends the first start, which then throws. */
  readonly startSignal?: AbortSignal | undefined;
  /** Whether a first start that fails is no reason to throw: it is tried again, as when the process ends later. Default false. */
  readonly isPatient?: boolean;
  /** Called when the process has ended because somebody told it to, and is therefore not started again. */
  readonly onLeft?: () => void;
  /** Called when an operator wants all of the mesh to tell more, or less. */
  readonly onLevels?: (change: LevelChange) => void;
  /** Called when somebody wants a model or pipeline loaded or unloaded; what it throws is told. */
  readonly onControl?: (control: ModelControl) => Promise<void>;
  /** Called with what it serves since somebody else than its supervisor had it take up the folder. */
  readonly onReread?: (what: unknown) => void;
  /** Called when one that was started again did not start for this reason, with its sentence. */
  readonly onRefused?: (reason: string, message: string) => void;
  /** Called when it is ready after a restart. */
  readonly onAgain?: () => void;
  /** Called when a crash loop begins and whenever its next start is known; undefined: it is over. */
  readonly onLoop?: (loop: CrashLoop | undefined) => void;
}
