import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { asInferError, InferError, log, type Signature } from '@sheaf/inference';
import type { Exporter, Tracing } from '@sheaf/telemetry';
import type { Server } from '@sheaf/transport';
import { type LevelsMessage, setLogLevels } from './log/log-levels.ts';
import { closeLog } from './log/process-log.ts';
import type { ControlMessage } from './model-control.ts';

/** What a supervised process tells its supervisor. */
export type ProcessMessage =
  | {
      readonly kind: 'ready';
      readonly port: number;
      readonly unserved?: readonly Unserved[];
      readonly seen?: readonly SeenModel[];
    }
  /** It still starts, and comes on: what it loads now, and sometimes a line for people. */
  | { readonly kind: 'progress'; readonly loading: readonly string[]; readonly line?: string | undefined }
  /** `reason` is that of the refusal, in UPPER_SNAKE_CASE; '' where there is none. */
  | { readonly kind: 'failed'; readonly message: string; readonly reason: string }
  /** The reload is in force. */
  | { readonly kind: 'taken' }
  /** The reload is done, and nothing asks any more for what it replaced. */
  | { readonly kind: 'reloaded' }
  /** What says which version answers is in force; `problem`: it was refused, and all is as before. */
  | { readonly kind: 'steered'; readonly problem?: string | undefined }
  /** The reload was refused; all is as before. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'vitals'; readonly vitals: Vitals }
  /** An operator wants all of the mesh to tell more, or less. */
  | LevelsMessage
  /** Somebody wants a model or pipeline loaded or unloaded. */
  | ControlMessage
  /** It ends itself, for this reason; a signal follows. */
  | { readonly kind: 'ending'; readonly why: string }
  /** It was told to end, by somebody else than its supervisor: it answers what it has, ends, and is not to be started again. */
  | { readonly kind: 'leaving' }
  /** Somebody had it take up the folder, and this is what it serves now: whoever starts it again is to know. */
  | { readonly kind: 'reread'; readonly what: unknown }
  /** What a person who starts it should know, such as why calls of a model are not batched. */
  | { readonly kind: 'notice'; readonly line: string }
  /** It has heard that it is to end, and does when it has answered what it has. */
  | { readonly kind: 'draining' /** At most so long, its notice included. */; readonly withinMs?: number };

/** A version of a model, or a transform, that a process was to serve, and does not. */
export interface Unserved {
  readonly kind: 'model' | 'transform';
  readonly name: string;
  /** Empty for a transform, and where no version of a model is served. */
  readonly version: string;
  readonly why: string;
}

/** Names it for people, e.g. `model digits/1`. */
export const unservedName = ({ kind, name, version }: Pick<Unserved, 'kind' | 'name' | 'version'>): string =>
  `${kind} ${name}${version && `/${version}`}`;

/** A version of a model whose outputs are not as its file declares, as they were seen. */
export interface SeenModel {
  readonly name: string;
  readonly version: string;
  readonly signature: Signature;
}

/** How a process is. */
export interface Vitals {
  readonly memoryBytes: number;
  /** Of that, what is set aside for the messages of calls. */
  readonly bytesInFlight: number;
  /** How late its event loop came to what was due, since it was asked last: 99 of 100 times at most so much. 0 the first time. */
  readonly loopDelayMs: number;
}

/** Exit code of a process that could not start, so that its supervisor does not try for ever. */
export const startFailedExit = 2;

/** The loop is asked so often whether it is on time. */
const delayResolutionMs = 10;

/** Tells whoever started this process: its supervisor by message, a person by a line. */
export function report(message: ProcessMessage, line: string): void {
  if (process.send) process.send(message);
  else if (message.kind === 'ready') log('start.ready', line);
  else log('model.notice', line);
}

/** Tells a supervised process to serve something else from now on. Sent one at a time. */
export interface ReloadMessage<T> {
  readonly kind: 'reload';
  readonly what: T;
}

/** Tells a supervised process which versions answer from now on, of those that it serves. Sent one at a time. */
export interface SteerMessage<T> {
  readonly kind: 'steer';
  readonly what: T;
}

/** What a supervised process gets as soon as it is made, and nobody else on the machine can see, as they could arguments and environments. */
export interface Handover<T> {
  /** What it is to serve. */
  readonly what: T;
  /** Of the internal servers of its mesh. Undefined: certificates are wanted there. */
  readonly secret?: string | undefined;
  /** Variables of the environment of OpenTelemetry that may let somebody in at a collector. */
  readonly exporter?: Exporter;
}

export interface HandoverMessage<T> extends Handover<T> {
  readonly kind: 'handover';
}

/** What our own supervisor has handed over; trusted. Called before anything else listens to it: what nobody listens to is kept until then. */
export function handedOver<T>(): Promise<Handover<T>> {
  return new Promise((resolve) => {
    const take = ({ kind, ...handover }: HandoverMessage<T>): void => {
      if (kind !== 'handover') return;
      process.off('message', take);
      resolve(handover);
    };
    process.on('message', take);
  });
}

/** What a supervised process does when it is told to serve something else; each throws to refuse. */
export interface ReloadHandlers<T, S> {
  /** Resolves when it is in force; `drained` resolves when nothing asks any more for what it replaced. */
  readonly reload: (what: T) => Promise<{ readonly drained: Promise<void> }>;
  readonly steer: (what: S) => Promise<void>;
}

/** Answers the supervisor's reloads; what comes is trusted, since our own supervisor sends it. */
export function onReload<T, S>({ reload, steer }: ReloadHandlers<T, S>): void {
  const tell = (message: ProcessMessage): void => void process.send?.(message);
  process.on('message', async (message: ReloadMessage<T> | SteerMessage<S>) => {
    if (message.kind === 'steer')
      await steer(message.what).then(
        () => tell({ kind: 'steered' }),
        (error: unknown) => tell({ kind: 'steered', problem: asInferError(error).message }),
      );
    if (message.kind !== 'reload') return;
    try {
      const { drained } = await reload(message.what);
      tell({ kind: 'taken' });
      await drained;
      tell({ kind: 'reloaded' });
    } catch (error) {
      tell({ kind: 'refused', message: asInferError(error).message });
    }
  });
}

/** Answers that are on their way get so long to leave. */
const lastWordsMs = 100;

/** Ends this process from outside its threads, of which some cannot be stopped, once its answers have left. The supervisor is told why, and starts another. */
export function endProcess(why: string): void {
  process.send?.({ kind: 'ending', why } satisfies ProcessMessage);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), lastWordsMs);
}

let bytesInFlight = (): number => 0;

/** From now on the vitals tell of the messages of calls what `read` answers; until then nothing. */
export function countInFlight(read: () => number): void {
  bytesInFlight = read;
}

/** Answers the supervisor's question how it is. */
function answerVitals(residentBytes: () => number): void {
  let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;
  process.on('message', ({ kind }: { readonly kind: string }) => {
    if (kind !== 'vitals') return;
    const loopDelayMs = delays ? Math.max(0, delays.percentile(99) / 1e6 - delayResolutionMs) : 0;
    delays ??= monitorEventLoopDelay({ resolution: delayResolutionMs });
    delays.enable();
    delays.reset();
    const vitals = { memoryBytes: residentBytes(), bytesInFlight: bytesInFlight(), loopDelayMs };
    process.send?.({ kind: 'vitals', vitals } satisfies ProcessMessage);
  });
}

/**
 * V8 makes objects in the old generation where many before them lived long, such as the streams of the first calls. There each keeps all of its call until
 * the next major collection, and a tenth of a server's CPU goes into carrying the dead over.
 */
const heapFlags = '--no-allocation-site-pretenuring';

/** Starts; a mistake ends the process with one clear sentence. `residentBytes` is what the process takes, with those that are part of it. */
export async function main(
  start: () => Promise<void>,
  residentBytes: () => number = process.memoryUsage.rss,
): Promise<void> {
  setFlagsFromString(heapFlags);
  if (process.send) answerVitals(residentBytes);
  process.on('message', ({ kind, change }: LevelsMessage) => {
    if (kind === 'levels') setLogLevels(change);
  });
  try {
    await start();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const reason = error instanceof InferError ? error.reason : '';
    if (process.send) process.send({ kind: 'failed', message, reason } satisfies ProcessMessage);
    else log('start.failed', message, { reason });
    process.exitCode = startFailedExit;
    process.disconnect?.();
  }
}

/** Drains as SIGTERM would, and tells the supervisor that this is meant. */
export type Drain = () => void;

/** Tells a supervised process to drain. */
export interface EndMessage {
  readonly kind: 'end';
  /** Whether its callers get the time to go elsewhere; else they leave too. */
  readonly notice: boolean;
}

export interface DrainOptions {
  readonly server: Server;
  /** So long callers are still answered after health has said that they should go elsewhere: more than they take to ask it, or to hear of it. */
  readonly noticeMs: number;
  /** Longest time that calls in flight get: the longest that any may take. */
  readonly graceMs: () => number;
  readonly tracing: Tracing;
  /** The notice is over: from now on new calls are refused. */
  readonly onDraining?: () => void;
  /** Closes what calls needed (models, upstreams, state), once the last call is answered, while the last spans are sent. */
  readonly close: () => Promise<void>;
}

/**
 * Drains on SIGTERM, on SIGINT at a terminal and when that is closed, and when the supervisor is gone: no longer ready, then no more calls, calls in flight finish, then the rest in
 * order. A second signal forces: exit code 1.
 */
export function drainOnSignal(options: DrainOptions): Drain {
  const { server, noticeMs, graceMs, tracing, onDraining = () => {}, close } = options;
  let draining = false;
  let signalled = false;
  const drain = async (notice: number): Promise<void> => {
    if (draining) return;
    draining = true;
    const withinMs = notice + graceMs();
    if (process.connected) process.send?.({ kind: 'draining', withinMs } satisfies ProcessMessage);
    await server.announceEnd(notice);
    onDraining();
    await server.close(graceMs());
    // At the same time: a collector that hangs takes as long as it may of both, the last metrics and the last spans.
    await Promise.all([close(), tracing.shutdown()]);
    await closeLog();
    process.exit(0);
  };
  const onSignal = (notice: number): void => {
    if (signalled) process.exit(1);
    signalled = true;
    void drain(notice);
  };
  process.on('SIGTERM', () => onSignal(noticeMs));
  if (process.send) {
    // Ctrl-C and the end of a terminal reach the whole group; the supervisor decides in which order we go.
    process.on('SIGINT', () => {});
    process.on('SIGHUP', () => {});
    let told = false;
    // One that was told to end already is forced by that.
    process.on('disconnect', () => (told ? process.exit(1) : onSignal(0)));
    // It is no second signal where all of the group had one.
    process.on('message', ({ kind, notice }: EndMessage) => {
      if (kind !== 'end') return;
      told = true;
      void drain(notice ? noticeMs : 0);
    });
  } else {
    process.on('SIGINT', () => onSignal(0));
    process.on('SIGHUP', () => void drain(0));
  }
  return () => {
    if (draining) return;
    process.send?.({ kind: 'leaving' } satisfies ProcessMessage);
    void drain(noticeMs);
  };
}
