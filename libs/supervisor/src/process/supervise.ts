import type { ChildProcess } from 'node:child_process';
import type { Handover, OutagesMessage, ProcessMessage, SeenModel, Unserved, Vitals } from '@sheaf/host';
import { type CrashLoop, CrashWatch } from '../crash-loop/crash-watch.ts';
import { end, type Ready, ready, reload, start, vitals } from './child.ts';
import { freePort } from './free-port.ts';

export interface Supervised {
  readonly name: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Whether it runs and has said that it is ready. */
  readonly isReady: boolean;
  /** What the process that runs now could not load. */
  readonly unserved: readonly Unserved[];
  /** Models of it whose outputs are not as their files declare. */
  readonly seen: readonly SeenModel[];
  /** What its first start failed with, while it has not been ready. */
  readonly failure: string | undefined;
  /** Makes the process serve something else; throws when it refuses, and it serves then what it did before. One at a time. */
  reload(what: unknown): Promise<void>;
  /** How the process is; its loop is watched from the first time on. */
  vitals(): Promise<Vitals>;
  /** Told to the process that runs now, if one does; the next one knows nothing of it. */
  tell(message: OutagesMessage): void;
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
  /** Asked for at each start: what a process serves may have changed since the last one. */
  readonly args: () => readonly string[];
  /** Handed over to each process as soon as it is made, which is told so by `--handover`. Undefined: nothing is. */
  readonly handover?: () => Handover<unknown>;
  /** The whole environment of each process. Default: that of this one. */
  readonly environment?: () => NodeJS.ProcessEnv;
  /** Whether each process works in an empty folder of its own, which goes with it. Default: it works where this one does. */
  readonly hasOwnFolder?: boolean;
  /** 0 takes a free one, and keeps it over restarts. */
  readonly port: number;
  /** Longest time that it takes to answer what it has when it is told to end, its notice included. */
  readonly graceMs: number;
  readonly onEvent: (line: string) => void;
  /** Ends the first start, which then throws. */
  readonly startSignal?: AbortSignal | undefined;
  /** Whether a first start that fails is no reason to throw: it is tried again, as when the process ends later. Default false. */
  readonly isPatient?: boolean;
  /** Called when the process has ended because somebody told it to, and is therefore not started again. */
  readonly onLeft?: () => void;
  /** Called with what it serves since somebody else than its supervisor had it take up the folder. */
  readonly onReread?: (what: unknown) => void;
  /** Called when one that was started again did not start for this reason, with its sentence. */
  readonly onRefused?: (reason: string, message: string) => void;
  /** Called when it is ready after a restart. */
  readonly onAgain?: () => void;
  /** Called when a crash loop begins and whenever its next start is known; undefined: it is over. */
  readonly onLoop?: (loop: CrashLoop | undefined) => void;
}

/** Starts a process, answers when it is ready, and starts it again whenever it ends by itself. Throws when the first start fails, unless it is patient. */
export async function supervise(spec: ProcessSpec): Promise<Supervised> {
  const { name, onEvent, startSignal, onLeft = () => {}, onRefused = () => {}, onAgain = () => {} } = spec;
  const { onLoop = () => {} } = spec;
  startSignal?.throwIfAborted();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let child = start(spec, spec.port);
  /** Whoever ends it has it started again, or not. */
  let leaver: ChildProcess | undefined;
  let isReady = false;
  let told: Pick<Ready, 'unserved' | 'seen'> = { unserved: [], seen: [] };
  let failure: string | undefined;
  const giveUp = (): void => void child.kill('SIGTERM');
  startSignal?.addEventListener('abort', giveUp);
  const first = await ready(child, spec)
    .catch(async (error: unknown) => {
      await end(child, spec, { isReady, notice: true });
      if (!spec.isPatient || startSignal?.aborted) throw error;
      failure = sentence(error);
      // Who asks it has to know now where it will be.
      return { port: spec.port || (await freePort()), ...told };
    })
    .finally(() => startSignal?.removeEventListener('abort', giveUp));
  const { port } = first;
  told = first;
  isReady = failure === undefined;
  const crashes = new CrashWatch({ name, onEvent, onLoop });

  const watch = (): void => {
    const own = child;
    let leaving = false;
    let why = '';
    let reason = '';
    const onEnd = (how: string): void => {
      isReady = false;
      if (stopping || own === leaver) return;
      if (leaving) {
        onLeft();
        return;
      }
      timer = setTimeout(restart, crashes.ended(reason ? `${how}, ${reason}` : how, why));
    };
    child.on('message', (message: ProcessMessage) => {
      if (message.kind === 'leaving') leaving = true;
      if (message.kind === 'reread') spec.onReread?.(message.what);
      if (message.kind === 'ending') reason = message.why;
      if (message.kind === 'failed') {
        why = message.message;
        onRefused(message.reason, why);
      }
    });
    child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code}`));
    // One that could not be started has no exit.
    child.on('error', ({ message }) => {
      if (child.pid === undefined) onEnd(message);
    });
  };
  const startAgain = async (): Promise<void> => {
    crashes.started();
    try {
      child = start(spec, port);
    } catch (error) {
      timer = setTimeout(restart, crashes.ended('a start that failed', sentence(error)));
      throw error;
    }
    watch();
    told = await ready(child, spec);
    isReady = true;
    failure = undefined;
    crashes.ready(child.pid ?? 0);
    onAgain();
  };
  const restart = (): void => {
    // What it ends with is told when it ends.
    startAgain().catch(() => {});
  };
  if (failure === undefined) watch();
  else {
    crashes.started();
    timer = setTimeout(restart, crashes.ended('a start that failed', failure));
  }
  return {
    name,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    get isReady() {
      return isReady;
    },
    get unserved() {
      return told.unserved;
    },
    get seen() {
      return told.seen;
    },
    get failure() {
      return failure;
    },
    reload: async (what) => {
      // One that starts does not hear it yet.
      if (!isReady) throw new Error(`${name} is not running`);
      await reload(child, name, what);
    },
    vitals: () => vitals(child, name),
    tell: (message) => {
      if (child.connected) child.send(message, () => {});
    },
    restart: async () => {
      clearTimeout(timer);
      leaver = child;
      await end(child, spec, { isReady, notice: true });
      await startAgain();
    },
    stop: async (notice = false) => {
      stopping = true;
      clearTimeout(timer);
      crashes.stop();
      await end(child, spec, { isReady, notice });
    },
    kill: () => {
      stopping = true;
      crashes.stop();
      child.kill('SIGKILL');
    },
  };
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
