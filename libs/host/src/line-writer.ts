/** Lines that are written when it can be done, and let go when not: whoever has something to say never waits. */
import { constants, type Stats, write } from 'node:fs';
import { type FileHandle, open as openFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Of lines that wait; beyond that the next ones are let go. */
export const waitingBytesMax = 1024 * 1024;
/** Lines are gathered for so long. */
const gatherMs = 100;
/** A file is looked at so often whether it is still the one of its name, and opened again when it could not be written. */
const lookMs = 1_000;
/** On the way out the last lines may take so long. */
const closeMaxMs = 1_000;

const standardOutput = 1;
const writeTo = promisify(write);

export interface LineWriter {
  write(line: string): void;
  /** Writes what waits, as far as that can be done in a second. */
  close(): Promise<void>;
}

/**
 * Appends to the file, or to standard output. A file that is renamed or taken away is opened anew under its name within a second, so that logs can be rotated
 * by renaming as well as by copying and cutting. Not process.stdout: what it writes to a pipe holds up everything while nobody reads. `tell` hears that lines
 * cannot be written, and that they can again.
 */
export function createLineWriter(file: string | undefined, tell: (line: string) => void = console.error): LineWriter {
  const name = file === undefined ? 'the access log' : `the access log ${file}`;
  const waiting: string[] = [];
  let waitingBytes = 0;
  let lost = 0;
  let isWorking = true;
  const target = file === undefined ? standardOutputTarget : createFileTarget(file);
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  const flush = async (): Promise<void> => {
    if (lost > 0) add(JSON.stringify({ time: new Date().toISOString(), event: 'lines lost', lines: lost }));
    const lines = waiting.splice(0);
    waitingBytes = 0;
    const text = Buffer.from(lines.join(''));
    const lostBefore = lost;
    try {
      const descriptor = await target.open();
      for (let at = 0; at < text.length; ) at += await writeSome(descriptor, text, at);
      lost -= lostBefore;
      if (!isWorking) tell(`${name}: is written again`);
      isWorking = true;
    } catch (error) {
      lost += lines.length - (lostBefore > 0 ? 1 : 0);
      if (isWorking) tell(`${name}: cannot be written (${codeOf(error)}); calls go on`);
      isWorking = false;
      await target.close();
    }
  };
  const later = (): void => {
    if (timer || writing) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        writing = flush().finally(() => {
          writing = undefined;
          if (waiting.length > 0) later();
        });
      },
      isWorking ? gatherMs : lookMs,
    ).unref();
  };
  const add = (line: string): void => {
    waiting.push(`${line}\n`);
    waitingBytes += line.length + 1;
  };
  return {
    write(line) {
      if (waitingBytes + line.length >= waitingBytesMax) lost++;
      else add(line);
      later();
    },
    async close() {
      clearTimeout(timer);
      const flushed = Promise.resolve(writing).then(() => (waiting.length > 0 || lost > 0 ? flush() : undefined));
      await Promise.race([flushed.then(target.close), timeUp()]);
    },
  };
}

const timeUp = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, closeMaxMs).unref());

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'failed';

/** Where lines go: `open` answers a descriptor that they can be appended to now. */
interface Target {
  open(): Promise<number>;
  close(): Promise<void>;
}

const standardOutputTarget: Target = { open: async () => standardOutput, close: async () => {} };

/** Opens the file again where another one has its name now. */
function createFileTarget(path: string): Target {
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
  return { open, close };
}

async function isStillAt(handle: FileHandle, path: string): Promise<boolean> {
  const [own, named]: (Stats | undefined)[] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return own !== undefined && named !== undefined && own.ino === named.ino && own.dev === named.dev;
}

/** A pipe that somebody made non-blocking says EAGAIN while it is full. */
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
