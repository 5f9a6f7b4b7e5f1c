/** Where lines go: a stream, such as a pipe, or a file. */
import { constants, fstatSync, type Stats, write, writeSync } from 'node:fs';
import { type FileHandle, open as openFile, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';

export interface LineTarget {
  /** Resolves when the system has taken all of it. */
  write(text: Buffer): Promise<void>;
  /** Opened again by the next write. */
  close(): Promise<void>;
  /** Hands over what it can without waiting for anybody, since the process ends now. `isWriting`: an earlier write is under way. */
  end(text: string, isWriting: boolean): void;
}

/** A file is looked at so often whether it is still the one of its name. */
const lookMs = 1_000;
const writeTo = promisify(write);

/** What a pipe or a socket does not take now waits in this process, and holds nobody up: whoever writes bounds it. */
export function streamTarget(stream: Writable): LineTarget {
  // A write that fails says so by itself; without a listener the process would end.
  stream.on('error', () => {});
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(error) : resolve()));
      }),
    close: async () => {},
    end: (text) => void stream.write(text),
  };
}

/** 1 is standard output, 2 standard error. A terminal or a file is written by another thread, since Node writes to these while everything waits. */
export function standardTarget(descriptor: 1 | 2): LineTarget {
  const kind = kindOf(descriptor);
  if (kind?.isFIFO() || kind?.isSocket()) return streamTarget(descriptor === 1 ? process.stdout : process.stderr);
  return {
    write: (text) => writeAll(descriptor, text),
    close: async () => {},
    end: (text, isWriting) => {
      if (!isWriting) endWith(descriptor, text);
    },
  };
}

/** Appends to a file. One that is renamed or taken away is opened anew under its name within a second: logs can be rotated by renaming as well as by cutting. */
export function fileTarget(path: string): LineTarget {
  let handle: FileHandle | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const close = async (): Promise<void> => {
    const old = handle;
    handle = undefined;
    await old?.close().catch(() => {});
  };
  const open = async (): Promise<number> => {
    const now = performance.now();
    if (handle && now - lookedAt < lookMs) return handle.fd;
    lookedAt = now;
    if (handle && !(await isStillAt(handle, path))) await close();
    // Not for everybody: who calls what is nobody else's.
    handle ??= await openFile(path, constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY, 0o640);
    return handle.fd;
  };
  return {
    write: async (text) => writeAll(await open(), text),
    close,
    end: (text, isWriting) => {
      if (handle && !isWriting) endWith(handle.fd, text);
    },
  };
}

async function isStillAt(handle: FileHandle, path: string): Promise<boolean> {
  const [own, named]: (Stats | undefined)[] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return own !== undefined && named !== undefined && own.ino === named.ino && own.dev === named.dev;
}

function kindOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    return undefined;
  }
}

function endWith(descriptor: number, text: string): void {
  try {
    writeSync(descriptor, text);
  } catch {
    // Nobody is left to be told.
  }
}

async function writeAll(descriptor: number, text: Buffer): Promise<void> {
  for (let at = 0; at < text.length; ) at += await writeSome(descriptor, text, at);
}

/** A descriptor that somebody made non-blocking says EAGAIN while it is full. */
const fullWaitMs = 50;
/** After so many of these whoever reads it has stopped. */
const fullTimesMax = 20;

async function writeSome(target: number, text: Buffer, at: number): Promise<number> {
  for (let times = 0; ; times++) {
    try {
      const { bytesWritten } = await writeTo(target, text, at);
      return bytesWritten;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || times === fullTimesMax) throw error;
      await new Promise((resolve) => setTimeout(resolve, fullWaitMs).unref());
    }
  }
}
