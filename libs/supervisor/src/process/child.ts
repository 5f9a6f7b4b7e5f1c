/** A process of ours, and what is said to it and by it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  childOutput,
  type EndMessage,
  type HandoverMessage,
  type ProcessMessage,
  type ReloadMessage,
  type SeenModel,
  type SteerMessage,
  startFailedExit,
  type Unserved,
  type Vitals,
} from '@sheaf/host';
import type { ProcessSpec, Taken } from './supervised.ts';
import { createWorkingFolder } from './working-folder.ts';

/** A process that was told to end and has not even said that it heard is killed after this. */
const deafLimitMs = 15_000;
/** A process that has not said anything for so long, neither that it is ready, nor why not, nor how far it has come, never will. */
const startMaxMs = 300_000;
/** A gateway that has not answered for so long whether it takes up what it is to serve hangs, and holds up every other change and the end of the mesh. */
const reloadMaxMs = 120_000;
/** A process has this on top of its own grace, to close what it has open after its last answer. */
const closingMs = 10_000;

/** Throws where there is no folder for it to work in. */
export function start(spec: ProcessSpec, port: number): ChildProcess {
  const { module, args, handover, environment, hasOwnFolder = false, onEvent } = spec;
  const folder = hasOwnFolder ? createWorkingFolder() : undefined;
  const output = childOutput(spec.name);
  // Advanced serialization, since what is handed over and reloaded holds maps.
  const child = fork(module, [...(handover ? ['--handover'] : []), ...args(), '--port', String(port)], {
    stdio: output.stdio,
    serialization: 'advanced',
    env: { ...(environment?.() ?? process.env), ...output.variables },
    ...(folder ? { cwd: folder.path } : {}),
  });
  output.follow(child);
  if (folder)
    child.once('exit', folder.remove).on('error', () => {
      // A process that could not be started has no exit.
      if (child.pid === undefined) folder.remove();
    });
  child.on('message', (message: ProcessMessage) => {
    if (message.kind === 'notice') onEvent(message.line, 'process.notice', { child: spec.name });
  });
  // A process that could not be started, or has ended already, is told of elsewhere.
  if (handover) child.send({ kind: 'handover', ...handover() } satisfies HandoverMessage<unknown>, () => {});
  return child;
}

/** The next message of a process that is wanted, or the sentence it ended with. */
function nextMessage(
  child: ChildProcess,
  ended: (how: string) => string,
  wanted: (message: ProcessMessage) => boolean,
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

export interface Ready {
  /** What it told of what it holds. */
  readonly notices: readonly string[];
  /** It listens on this one. */
  readonly port: number;
  readonly unserved: readonly Unserved[];
  readonly seen: readonly SeenModel[];
}

/** Throws with the sentence it failed with. */
export async function ready(child: ChildProcess, { name, onEvent }: ProcessSpec): Promise<Ready> {
  const giveUp = (): void => void child.kill('SIGKILL');
  let timer = setTimeout(giveUp, startMaxMs);
  const notices: string[] = [];
  let loading: readonly string[] = [];
  const onProgress = (message: ProcessMessage): void => {
    if (message.kind === 'notice') notices.push(message.line);
    if (message.kind !== 'progress') return;
    clearTimeout(timer);
    timer = setTimeout(giveUp, startMaxMs);
    loading = message.loading;
    if (message.line !== undefined) onEvent(`${name}: ${message.line}`, 'process.loading', { child: name });
  };
  child.on('message', onProgress);
  const ended = (how: string): string => {
    const meanwhile = loading.length === 0 ? '' : `, while it loaded ${loading.join(', ')}`;
    return `${name} did not start: ${how}${meanwhile}`;
  };
  const answer = nextMessage(child, ended, ({ kind }) => kind === 'ready' || kind === 'failed');
  const message = await answer.finally(() => {
    clearTimeout(timer);
    child.off('message', onProgress);
  });
  if (message.kind === 'ready')
    return { port: message.port, unserved: message.unserved ?? [], seen: message.seen ?? [], notices };
  throw new Error(message.kind === 'failed' ? message.message : `${name} did not say that it is ready`);
}

/**
 * Resolves when the process has taken it up; throws where it refuses. One that has not answered, or not drained, within 120,000 ms is killed, so that it is
 * started again.
 */
export async function reload(child: ChildProcess, name: string, what: unknown): Promise<Taken> {
  if (!child.connected) throw new Error(`${name} is not running`);
  const answer = answerInTime(child, name, ({ kind }) => kind === 'taken' || kind === 'refused');
  // Listened for from now on, since both answers may come at once.
  const ended = answerInTime(child, name, ({ kind }) => kind === 'reloaded' || kind === 'refused');
  const drained = ended.then(
    () => {},
    () => {},
  );
  child.send({ kind: 'reload', what } satisfies ReloadMessage<unknown>);
  const message = await answer;
  if (message.kind === 'refused') throw new Error(message.message);
  return { drained };
}

/** Resolves when the process answers by it; throws where it refuses, and where it has not answered within 120,000 ms: it is killed then. */
export async function steer(child: ChildProcess, name: string, what: unknown): Promise<void> {
  if (!child.connected) throw new Error(`${name} is not running`);
  const answer = answerInTime(child, name, ({ kind }) => kind === 'steered');
  child.send({ kind: 'steer', what } satisfies SteerMessage<unknown>);
  const message = await answer;
  if (message.kind === 'steered' && message.problem !== undefined) throw new Error(message.problem);
}

function answerInTime(
  child: ChildProcess,
  name: string,
  wanted: (message: ProcessMessage) => boolean,
): Promise<ProcessMessage> {
  let isLate = false;
  const ended = (how: string): string =>
    isLate
      ? `${name} is killed: it did not take up the change within ${reloadMaxMs} ms`
      : `${name} ended while it reloaded: ${how}`;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, reloadMaxMs);
  return nextMessage(child, ended, wanted).finally(() => clearTimeout(timer));
}

export async function vitals(child: ChildProcess, name: string): Promise<Vitals> {
  if (!child.connected) throw new Error(`${name} is not running`);
  const answer = nextMessage(
    child,
    (how) => `${name} ended: ${how}`,
    ({ kind }) => kind === 'vitals',
  );
  child.send({ kind: 'vitals' });
  const message = await answer;
  return message.kind === 'vitals' ? message.vitals : { memoryBytes: 0, bytesInFlight: 0, loopDelayMs: 0 };
}

/**
 * Ends a process in order, and kills it when that takes too long. A process that is not ready yet knows the signal alone. One that is ready gets a message: it
 * may have had the signal already, with its group, and a second one forces.
 */
export async function end(
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
