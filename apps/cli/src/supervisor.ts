import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type ProcessMessage, startFailedExit } from '@sheaf/host';

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
  stop(): Promise<void>;
}

export interface ProcessSpec {
  readonly name: string;
  readonly module: URL;
  readonly args: readonly string[];
  /** 0 takes a free one, and keeps it over restarts. */
  readonly port: number;
  readonly onEvent: (line: string) => void;
}

/** Starts a process, answers when it is ready, and starts it again whenever it ends by itself. Throws when the first start fails. */
export async function supervise(spec: ProcessSpec): Promise<Supervised> {
  const { name, onEvent } = spec;
  let stopping = false;
  let delayMs = backOffMinMs;
  let timer: NodeJS.Timeout | undefined;
  let child = start(spec, spec.port);
  const port = await ready(child, name);

  const watch = (): void => {
    const startedAt = performance.now();
    child.once('exit', (code, signal) => {
      if (stopping) return;
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
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await end(child);
    },
  };
}

function start({ module, args }: ProcessSpec, port: number): ChildProcess {
  return fork(module, [...args, '--port', String(port)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** The port it listens on, or the sentence it failed with. */
async function ready(child: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null): void =>
      reject(new Error(`${name} did not start: ${signal ?? `exit code ${code ?? startFailedExit}`}`));
    child.once('exit', onExit);
    child.once('error', reject);
    child.on('message', (message: ProcessMessage) => {
      if (message.kind === 'ready') {
        child.off('exit', onExit);
        resolve(message.port);
      } else reject(new Error(message.message));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await exit;
  clearTimeout(timer);
}
