/** Lines that are written when it can be done, and let go when not: whoever has something to say never waits. */
import type { LineTarget } from './line-target.ts';

/** Of lines that wait; beyond that the next ones are let go. */
export const waitingBytesMax = 1024 * 1024;
/** Lines that are not urgent are gathered for so long. */
const gatherMs = 100;
/** What could not be written is tried again so often. */
const againMs = 1_000;
/** On the way out the last lines may take so long. */
const closeMaxMs = 1_000;

export interface LineWriterOptions {
  readonly target: LineTarget;
  /** Makes the line that tells how many were let go, once lines can be written again. */
  readonly lostLine: (lines: number) => string;
  /** Hears that lines cannot be written, with the code of the error, and (undefined) that they can again. */
  readonly onState?: (code: string | undefined) => void;
}

export interface LineCounts {
  readonly written: number;
  /** Let go, since nobody took them. */
  readonly dropped: number;
}

export interface LineWriter {
  /** `isUrgent`: it goes at once, unless another write is under way. */
  write(line: string, isUrgent?: boolean): void;
  /** Since the start. */
  counts(): LineCounts;
  /** Writes what waits, as far as that can be done in a second. */
  close(): Promise<void>;
  /** The process ends now: hands over what waits. */
  end(): void;
}

/** Lines that wait, and how many did not get in. */
function createQueue(lostLine: (lines: number) => string) {
  const waiting: string[] = [];
  let bytes = 0;
  /** Let go, and not told yet. */
  let lost = 0;
  return {
    isEmpty: (): boolean => waiting.length === 0 && lost === 0,
    lose(lines: number): void {
      lost += lines;
    },
    /** Answers whether there was room. */
    add(line: string): boolean {
      if (bytes + line.length >= waitingBytesMax) return false;
      waiting.push(`${line}\n`);
      bytes += line.length + 1;
      return true;
    },
    /** Takes all of them, and the line that tells of those which were let go: `told` of them. */
    take() {
      const told = lost;
      const lines = waiting.splice(0);
      bytes = 0;
      return { text: lines.join('') + (told > 0 ? `${lostLine(told)}\n` : ''), lines: lines.length, told };
    },
  };
}

export function createLineWriter({ target, lostLine, onState = () => {} }: LineWriterOptions): LineWriter {
  const queue = createQueue(lostLine);
  const total = { written: 0, dropped: 0 };
  let isWorking = true;
  let isUrgentWaiting = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  const drop = (lines: number): void => {
    queue.lose(lines);
    total.dropped += lines;
  };
  const flush = async (): Promise<void> => {
    const { text, lines, told } = queue.take();
    isUrgentWaiting = false;
    try {
      await target.write(Buffer.from(text));
      queue.lose(-told);
      total.written += lines;
      if (!isWorking) onState(undefined);
      isWorking = true;
    } catch (error) {
      drop(lines);
      if (isWorking) onState((error as NodeJS.ErrnoException).code ?? 'failed');
      isWorking = false;
      await target.close();
    }
  };
  const flushNow = (): void => {
    clearTimeout(timer);
    timer = undefined;
    writing = flush().finally(() => {
      writing = undefined;
      if (!queue.isEmpty()) later();
    });
  };
  const later = (): void => {
    if (writing !== undefined) return;
    if (isUrgentWaiting && isWorking) flushNow();
    else timer ??= setTimeout(flushNow, isWorking ? gatherMs : againMs).unref();
  };
  return {
    write(line, isUrgent = false) {
      if (!queue.add(line)) drop(1);
      isUrgentWaiting ||= isUrgent;
      later();
    },
    counts: () => ({ ...total }),
    async close() {
      clearTimeout(timer);
      timer = undefined;
      const flushed = Promise.resolve(writing).then(() => (queue.isEmpty() ? undefined : flush()));
      await Promise.race([flushed.then(target.close), timeUp()]);
    },
    end() {
      if (!queue.isEmpty()) target.end(queue.take().text, writing !== undefined);
    },
  };
}

const timeUp = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, closeMaxMs).unref());
