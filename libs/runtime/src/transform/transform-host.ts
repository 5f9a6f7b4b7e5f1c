/** The process that runs one transform, with the rights that it was given. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { InferError, log } from '@sheaf/inference';
import type { HostEvents, StartHost, TaskHost } from '../tasks/task-host.ts';
import { errorOf } from '../tasks/task-worker.ts';
import { transformVariables } from './process-variables.ts';
import { readablePaths, real } from './readable-paths.ts';
import { createFrameReader, transformChannel, writeFrame, writeTo } from './transform-frames.ts';
import { type Failed, readMessage, type TransformMessage } from './transform-message.ts';
import type { TransformProcessData } from './transform-process.ts';
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

/** Gives what a transform is run with, and read with: it is to see the same of the machine both times. `messageBytesMax` are bytes of tensors that it may send at once. */
export async function transformOptions(
  place: TransformPlace,
  messageBytesMax: number,
): Promise<Pick<TransformProcessOptions, 'data' | 'flags' | 'env'>> {
  const { name, file, service, rights } = place;
  // By where it is: its folder may be behind a link that it cannot read.
  const data = {
    file: await real(file),
    subject: `transform ${name}`,
    name,
    service,
    trusted: rights.trusted ?? false,
    messageBytesMax,
  };
  return { data, flags: permissionFlags(rights, await readablePaths(place)), env: transformVariables(place) };
}

/** A transform's process, and the frames between it and us. */
export interface TransformProcess {
  readonly child: ChildProcess;
  /** Throws where a message is too large; one to a process that has ended is lost, which its exit tells. */
  send(message: unknown): void;
  /** Hears each message, and once what is no message: then nothing more is read. */
  listen(onMessage: (message: unknown) => void, onRubbish: (why: Error) => void): void;
  /** Resolves when the process has ended and all that it sent has been heard. */
  readonly ended: Promise<string>;
}

export function startTransform({ data, flags, env, stdout }: TransformProcessOptions): TransformProcess {
  const child = spawn(process.execPath, [...flags, module, JSON.stringify(data)], {
    env,
    stdio: ['ignore', stdout, 'inherit', 'pipe'],
  });
  // Node gives none to a process that it could not start for want of descriptors; that is told as its error.
  const channel = (child.stdio?.[transformChannel] ?? new Socket()) as Socket;
  // It ends with its process, which tells why.
  channel.on('error', () => {});
  return {
    child,
    send: (message) => writeTo(channel, writeFrame(message, Number.POSITIVE_INFINITY)),
    listen: (onMessage, onRubbish) => {
      const read = createFrameReader(data.messageBytesMax, onMessage);
      channel.on('data', (chunk: Buffer) => {
        try {
          read(chunk);
        } catch (error) {
          channel.destroy();
          onRubbish(error as Error);
        }
      });
    },
    ended: endOf(child, channel),
  };
}

/** A native add-on may have handed the other end of the channel to a process of its own. */
const drainMaxMs = 1_000;

function endOf(child: ChildProcess, channel: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  child.once('error', (error) => resolve(error.message));
  child.once('exit', (code, signal) => {
    const tell = (): void => resolve(signal ?? `exit code ${code}`);
    if (channel.closed) tell();
    else channel.once('close', tell);
    setTimeout(tell, drainMaxMs).unref();
  });
  return promise;
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
    const { child, send, listen, ended } = startTransform(options);
    running.add(child);
    void ended.then(() => running.delete(child));
    let isOver = false;
    const lose = (why: InferError, cause: unknown): void => {
      if (isOver) return;
      isOver = true;
      log('transform.failed', `${subject}: its process failed`, { subject }, cause);
      onLost(why);
    };
    const refuse = (why: string): void =>
      lose(errorOf({ code: 'INTERNAL', message: `${subject} sent its service a message that is none`, log: why }), why);
    listen(
      (sent) => {
        const message = readMessage(sent);
        if (isOver) return;
        if (message === undefined) refuse('a message of another shape');
        else if ('failed' in message) lose(errorOf(message.failed), message.failed.log);
        else onMessage(message);
      },
      ({ message }) => refuse(message),
    );
    void ended.then((how) =>
      lose(new InferError('INTERNAL', `${subject}: its process ended`, { cause: `its process ended (${how})` }), how),
    );
    return {
      post: send,
      end: () => {
        isOver = true;
        child.kill('SIGKILL');
        return ended;
      },
    };
  };
