/** The log of this process: sentences, or lines of JSON, by a writer that holds nobody up. */
import { Socket } from 'node:net';
import { isForStandardError, type LogSink, log, sendLogTo } from '@sheaf/inference';
import { standardTarget, streamTarget } from './line-target.ts';
import { createLineWriter, type LineCounts, type LineWriter } from './line-writer.ts';
import { textOf } from './text-line.ts';

export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

export const isLogFormat = (text: string | undefined): text is LogFormat => logFormats.some((one) => one === text);

/** Names the format for processes that are started by hand, and for containers. */
export const formatVariable = 'SHEAF_LOG';
/** Names the descriptor that a supervisor reads lines of JSON from. */
export const channelVariable = 'SHEAF_LOG_CHANNEL';
/** What a supervisor calls this process, which does not know how many there are of its kind. */
export const nameVariable = 'SHEAF_LOG_NAME';

/** Lines of this process for which no place of their own is named. */
interface ProcessLog {
  readonly format: LogFormat;
  readonly output: LineWriter;
  /** Of text alone: what is bad. */
  readonly errors: LineWriter | undefined;
}

let current: ProcessLog | undefined;

/** From now on all that this process tells goes to standard output, standard error or its supervisor. `name` is the process's, as its supervisor calls it. */
export async function openLog(name: string, format: LogFormat = formatNow()): Promise<void> {
  const calledName = process.env[nameVariable] ?? name;
  delete process.env[nameVariable];
  const opened = format === 'json' ? openJson() : openText();
  current = opened;
  sendLogTo(format === 'json' ? await jsonSink(calledName, opened.output) : textSink(opened));
  process.on('exit', () => {
    opened.output.end();
    opened.errors?.end();
  });
}

/** The writer of lines that go where the log does, such as those of the access log. */
export function logOutput(): LineWriter {
  current ??= openText();
  return current.output;
}

export const logFormat = (): LogFormat => current?.format ?? 'text';

/** Lines of this process since its start, the access log's to standard output among them. */
export function logCounts(): LineCounts {
  const [output, errors] = [current?.output.counts(), current?.errors?.counts()];
  const sum = (count: keyof LineCounts): number => (output?.[count] ?? 0) + (errors?.[count] ?? 0);
  return { written: sum('written'), dropped: sum('dropped') };
}

/** Writes what waits, as far as that can be done in a second. */
export async function closeLog(): Promise<void> {
  await Promise.all([current?.output.close(), current?.errors?.close()]);
}

function formatNow(): LogFormat {
  const named = process.env[formatVariable];
  return isLogFormat(named) ? named : 'text';
}

const lostSentence = (lines: number): string => `${lines} lines were not written, since nobody took them`;

function openText(): ProcessLog {
  const lines = (descriptor: 1 | 2): LineWriter =>
    createLineWriter({ target: standardTarget(descriptor), lostLine: lostSentence });
  return { format: 'text', output: lines(1), errors: lines(2) };
}

function openJson(): ProcessLog {
  const channel = Number(process.env[channelVariable] || 1);
  // Processes that this one starts have none.
  delete process.env[channelVariable];
  const target = channel === 1 ? standardTarget(1) : streamTarget(new Socket({ fd: channel, readable: false }).unref());
  const lostLine = (lines: number): string =>
    JSON.stringify({ level: 'warn', time: new Date().toISOString(), event: 'log.dropped', lines });
  return { format: 'json', output: createLineWriter({ target, lostLine }), errors: undefined };
}

const textSink =
  ({ output, errors }: ProcessLog): LogSink =>
  (entry) =>
    (isForStandardError(entry) && errors ? errors : output).write(textOf(entry), true);

/** Pino makes the lines, so that whatever an entry holds is a line of JSON as tools expect it. */
async function jsonSink(name: string, output: LineWriter): Promise<LogSink> {
  const { pino, stdTimeFunctions } = await import('pino');
  const { isoTime } = stdTimeFunctions;
  const logger = pino(
    {
      // What is below the level of its room does not come so far.
      level: 'debug',
      base: { process: name, pid: process.pid },
      timestamp: isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line: string) => output.write(line.trimEnd(), true) },
  );
  return ({ event, room, level, message, fields, cause }) => {
    logger[level]({ room, event, ...fields, err: cause }, message);
  };
}

/** What a program of somebody else's printed, as an event: one line of it. */
export function tellPrinted(line: string, from: string, stream: string): void {
  log('output.printed', line, { child: from, stream });
}
