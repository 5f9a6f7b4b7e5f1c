import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type ProcessMessage, type ReloadMessage, startFailedExit, type Vitals } from '@sheaf/host';

/** Waits before another start: 100 ms, doubled up to 10 s, from the start again after 30 s of health. */
const backOffMinMs = 100;
const backOffMaxMs = 10_000;
const healthyAfterMs = 30_000;
/** After this a process that was told to drain is killed; longer than any grace of its own. */
const stopLimitMs = 15_000;

export interface Supervised {
  readonly name: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Makes the process serve something else; throws when it refuses, and it serves then what it did before. One at a time. */
  reload(what: unknown): Promise<void>;
  /** How the process is; its loop is watched from the first time on. */
  vitals(): Promise<Vitals>;
  stop(): Promise<void>;
}

export interface ProcessSpec {
  readonly name: string;
  readonly module: URL;
  /** Asked for at each start: what a process serves may have changed since the last one. */
  readonly args: () => readonly string[];
  /** 0 takes a free one, and keeps it over restarts. */
  readonly port: number;
  readonly onEvent: (line: string) => void;
  /** Called when the process has ended because somebody told it to, and is therefore not started again. */
  readonly onLeft?: () => void;
}

/** Starts a process, answers when it is ready, and starts it again whenever it ends by itself. Throws when the first start fails. */
export async function supervise(spec: ProcessSpec): Promise<Supervised> {
  const { name, onEvent, onLeft = () => {} } = spec;
  let stopping = false;
  let delayMs = backOffMinMs;
  let timer: NodeJS.Timeout | undefined;
  let child = start(spec, spec.port);
  const port = await ready(child, name).catch(async (error: unknown) => {
    await end(child);
    throw error;
  });

  const watch = (): void => {
    const startedAt = performance.now();
    let leaving = false;
    child.on('message', ({ kind }: ProcessMessage) => {
      if (kind === 'leaving') leaving = true;
    });
    child.once('exit', (code, signal) => {
      if (stopping) return;
      if (leaving) return onLeft();
      if (performance.now() - startedAt > healthyAfterMs) delayMs = backOffMinMs;
      onEvent(`${name} ended (${signal ?? `exit code ${code}`}); it starts again in ${delayMs} ms`);
      timer = setTimeout(restart, delayMs);
      delayMs = Math.min(delayMs * 2, backOffMaxMs);
    });
  };
  const restart = (): void => {
    child = start(spec, port);
    watch();
    ready(child, name).then(
      () => onEvent(`${name} is ready again, pid ${child.pid}`),
      (error: unknown) => onEvent(error instanceof Error ? error.message : String(error)),
    );
  };
  watch();
  return {
    name,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    reload: (what) => reload(child, name, what),
    vitals: () => vitals(child, name),
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await end(child);
    },
  };
}

function start({ module, args }: ProcessSpec, port: number): ChildProcess {
  // Advanced serialization, since what is reloaded holds maps.
  return fork(module, [...args(), '--port', String(port)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
}

/** The next message of a process, or the sentence it ended with. */
function nextMessage(
  child: ChildProcess,
  ended: (how: string) => string,
  wanted = ({ kind }: ProcessMessage): boolean => kind !== 'vitals' && kind !== 'leaving',
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
  const message = await nextMessage(child, (how) => `${name} did not start: ${how}`);
  if (message.kind === 'ready') return message.port;
  throw new Error(message.kind === 'failed' ? message.message : `${name} did not say that it is ready`);
}

async function reload(child: ChildProcess, name: string, what: unknown): Promise<void> {
  if (!child.connected) throw new Error(`${name} is not running`);
  const answer = nextMessage(child, (how) => `${name} ended while it reloaded: ${how}`);
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

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await exit;
  clearTimeout(timer);
}
