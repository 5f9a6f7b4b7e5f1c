/** The process that runs one transform, with the rights that it was given. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InferError } from '@sheaf/inference';
import { transformVariables } from './process-variables.ts';
import { readablePaths, real } from './readable-paths.ts';
import type { HostEvents, StartHost, TaskHost } from './task-host.ts';
import { readMessage, type TransformMessage } from './transform-message.ts';
import type { Failed, TransformProcessData } from './transform-process.ts';
import { permissionFlags, type TransformPlace } from './transform-rights.ts';

const module = fileURLToPath(new URL('./transform-process.ts', import.meta.url));

export interface TransformProcessOptions {
  readonly data: TransformProcessData;
  /** Those of `permissionFlags`. */
  readonly flags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Where what it prints goes. */
  readonly stdout: 'inherit' | 'pipe';
}

/** What a transform is run with, and read with: it is to see the same of the machine both times. */
export async function transformOptions(
  place: TransformPlace,
): Promise<Pick<TransformProcessOptions, 'data' | 'flags' | 'env'>> {
  const { name, file, service, rights } = place;
  // By where it is: its folder may be behind a link that it cannot read.
  const data = {
    file: await real(file),
    subject: `transform ${name}`,
    name,
    service,
    trusted: rights.trusted ?? false,
  };
  return { data, flags: permissionFlags(rights, await readablePaths(place)), env: transformVariables(place) };
}

export function forkTransform({ data, flags, env, stdout }: TransformProcessOptions): ChildProcess {
  return fork(module, [JSON.stringify(data)], {
    execArgv: [...flags],
    env,
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
    serialization: 'advanced',
  });
}

const running = new Set<ChildProcess>();

/** Resident memory of this process, and what its transforms have beside what they share with it, in bytes. Where there is no /proc, of this process alone. */
export const residentBytes = (): number =>
  [...running].reduce((total, { pid }) => total + ownBytesOf(pid), process.memoryUsage.rss());

function ownBytesOf(pid: number | undefined): number {
  try {
    return Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

type TransformReply = Exclude<TransformMessage, Failed>;

export const inTransformProcess =
  (options: TransformProcessOptions): StartHost<TransformReply> =>
  ({ onMessage, onLost }: HostEvents<TransformReply>): TaskHost => {
    const { subject } = options.data;
    const child = forkTransform(options);
    running.add(child);
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
    void exited.then(() => running.delete(child));
    let isOver = false;
    const lose = (why: InferError, log: unknown): void => {
      if (isOver) return;
      isOver = true;
      console.error(`${subject}: its process failed:`, log);
      onLost(why);
    };
    const ended = (how: string): void => lose(new InferError('INTERNAL', `${subject}: its process ended`), how);
    child.on('message', (sent) => {
      const message = readMessage(sent);
      if (isOver || message === 'foreign') return;
      if (message === 'wrong') {
        const why = `${subject} sent its service a message that is none`;
        lose(new InferError('INTERNAL', why, { reason: 'RUN_FAILED', retryAfterMs: -1 }), why);
        return;
      }
      if (!('failed' in message)) {
        onMessage(message);
        return;
      }
      const { code, message: sentence, reason = 'RUN_FAILED', log } = message.failed;
      lose(new InferError(code, sentence, { reason, retryAfterMs: -1 }), log);
    });
    child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
    child.once('error', (error) => ended(error.message));
    return {
      // One that has ended is told of by its exit.
      post: (message) => void child.send(message as object, () => {}),
      end: () => {
        isOver = true;
        child.kill('SIGKILL');
        return exited;
      },
    };
  };
