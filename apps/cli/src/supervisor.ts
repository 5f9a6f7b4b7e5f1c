import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  type EndMessage,
  type HandoverMessage,
  type OutagesMessage,
  type ProcessMessage,
  type ReloadMessage,
  startFailedExit,
  type Vitals,
} from '@sheaf/host';
import { type CrashLoop, CrashWatch } from './crash-watch.ts';

/** A process that was told to end and has not even said that it heard is killed after this. */
const deafLimitMs = 15_000;
/** A process that has not said by then that it is ready, or why not, never will. */
const startMaxMs = 300_000;
/** On top of its own grace, for what a process closes after its last answer. */
const closingMs = 10_000;

export interface Supervised {
  readonly name: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Whether it runs and has said that it is ready. */
  readonly isReady: boolean;
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
  readonly handover?: () => unknown;
  /** 0 takes a free one, and keeps it over restarts. */
  readonly port: number;
  /** Longest time that it takes to answer what it has when it is told to end, its notice included. */
  readonly graceMs: number;
  readonly onEvent: (line: string) => void;
  /** Ends the first start, which then throws. */
  readonly startSignal?: AbortSignal | undefined;
  /** Called when the process has ended because somebody told it to, and is therefore not started again. */
  readonly onLeft?: () => void;
  /** Called when one that was started again did not start for this reason, with its sentence. */
  readonly onRefused?: (reason: string, message: string) => void;
  /** Called when it is ready after a restart. */
  readonly onAgain?: () => void;
  /** Called when a crash loop begins and whenever its next start is known; undefined: it is over. */
  readonly onLoop?: (loop: CrashLoop | undefined) => void;
}

/** Starts a process, answers when it is ready, and starts it again whenever it ends by itself. Throws when the first start fails. */
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
  const giveUp = (): void => void child.kill('SIGTERM');
  startSignal?.addEventListener('abort', giveUp);
  const port = await ready(child, name)
    .catch(async (error: unknown) => {
      await end(child, spec, { isReady, notice: true });
      throw error;
    })
    .finally(() => startSignal?.removeEventListener('abort', giveUp));
  isReady = true;
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
    child = start(spec, port);
    crashes.started();
    watch();
    await ready(child, name);
    isReady = true;
    crashes.ready(child.pid ?? 0);
    onAgain();
  };
  const restart = (): void => {
    // What it ends with is told when it ends.
    startAgain().catch(() => {});
  };
  watch();
  return {
    name,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    get isReady() {
      return isReady;
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

function start({ module, args, handover, onEvent }: ProcessSpec, port: number): ChildProcess {
  // Advanced serialization, since what is handed over and reloaded holds maps.
  const child = fork(module, [...(handover ? ['--handover'] : []), ...args(), '--port', String(port)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  child.on('message', (message: ProcessMessage) => {
    if (message.kind === 'notice') onEvent(message.line);
  });
  // One that could not be started, or has ended already, is told of elsewhere.
  if (handover) child.send({ kind: 'handover', what: handover() } satisfies HandoverMessage<unknown>, () => {});
  return child;
}

/** The next message of a process, or the sentence it ended with. */
function nextMessage(
  child: ChildProcess,
  ended: (how: string) => string,
  wanted = ({ kind }: ProcessMessage): boolean => !['notice', 'vitals', 'leaving', 'draining', 'ending'].includes(kind),
): Promise<ProcessMessage> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      child.off('exit', onExit).off('error', onError).off('message', onMessage);
    };
    const onExit = (code: number | null, signal: string | null): void => {
      settle();
      reject(new Error(ended(signal ?? `exit code ${code ?? startFailedExit}`)));
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
    };
    const onMessage = (message: ProcessMessage): void => {
      if (!wanted(message)) return;
      settle();
      resolve(message);
    };
    child.once('exit', onExit).once('error', onError).on('message', onMessage);
  });
}

/** The port it listens on, or the sentence it failed with. */
async function ready(child: ChildProcess, name: string): Promise<number> {
  const timer = setTimeout(() => child.kill('SIGKILL'), startMaxMs);
  const message = await nextMessage(child, (how) => `${name} did not start: ${how}`).finally(() => clearTimeout(timer));
  if (message.kind === 'ready') return message.port;
  throw new Error(message.kind === 'failed' ? message.message : `${name} did not say that it is ready`);
}

async function reload(child: ChildProcess, name: string, what: unknown): Promise<void> {
  if (!child.connected) throw new Error(`${name} is not running`);
  const answer = nextMessage(
    child,
    (how) => `${name} ended while it reloaded: ${how}`,
    ({ kind }) => kind === 'reloaded' || kind === 'refused',
  );
  child.send({ kind: 'reload', what } satisfies ReloadMessage<unknown>);
  const message = await answer;
  if (message.kind === 'refused') throw new Error(message.message);
}

async function vitals(child: ChildProcess, name: string): Promise<Vitals> {
  if (!child.connected) throw new Error(`${name} is not running`);
  const answer = nextMessage(
    child,
    (how) => `${name} ended: ${how}`,
    ({ kind }) => kind === 'vitals',
  );
  child.send({ kind: 'vitals' });
  const message = await answer;
  return message.kind === 'vitals' ? message.vitals : { memoryBytes: 0, loopDelayMs: 0 };
}

/** One that is not ready yet knows of no other way than the signal. To others it is none: a group that is ended has had its own, and a second one forces. */
async function end(
  child: ChildProcess,
  { graceMs }: ProcessSpec,
  { isReady, notice }: { readonly isReady: boolean; readonly notice: boolean },
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  const kill = (): void => void child.kill('SIGKILL');
  let timer = setTimeout(kill, deafLimitMs);
  child.on('message', (message: ProcessMessage) => {
    if (message.kind !== 'draining') return;
    clearTimeout(timer);
    timer = setTimeout(kill, (message.withinMs ?? graceMs) + closingMs);
  });
  if (!isReady || !child.connected) child.kill('SIGTERM');
  else child.send({ kind: 'end', notice } satisfies EndMessage);
  await exit;
  clearTimeout(timer);
}
