/** What the processes of a supervisor print and tell, where the log is JSON: their lines pass through as they are, and all else is wrapped. */
import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { channelVariable, formatVariable, logFormat, logOutput, nameVariable, tellPrinted } from './process-log.ts';

/** After standard streams and messages. */
const channel = 4;
/** Of a line that is somebody else's; what is longer comes in several. */
const printedCharsMax = 16 * 1024;
/** No line of ours is as long: who sends more without an end has lost its own. */
const lineCharsMax = 2 * 1024 * 1024;

export interface ChildOutput {
  readonly stdio: StdioOptions;
  /** For the environment of the process. */
  readonly variables: Readonly<Record<string, string>>;
  /** Passes on what it tells and prints. */
  readonly follow: (child: ChildProcess) => void;
}

/** As the log of this process is now. `name` is what the process is called. */
export function childOutput(name: string): ChildOutput {
  if (logFormat() === 'text')
    return { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], variables: {}, follow: () => {} };
  return {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    variables: { [formatVariable]: 'json', [channelVariable]: String(channel), [nameVariable]: name },
    follow: (child) => {
      readLines(child.stdout, printedCharsMax, (line) => tellPrinted(line, name, 'stdout'));
      readLines(child.stderr, printedCharsMax, (line) => tellPrinted(line, name, 'stderr'));
      const output = logOutput();
      readLines(child.stdio[channel] as Readable | null, lineCharsMax, (line, isWhole) => {
        // A process that is killed may leave half of one.
        if (isWhole) output.write(line, true);
        else tellPrinted(line.slice(0, printedCharsMax), name, 'log');
      });
    },
  };
}

/** Calls `take` with each line, without its end; what has none by the end of the stream, or by so many characters, is not whole. */
export function readLines(
  stream: Readable | null,
  charsMax: number,
  take: (line: string, isWhole: boolean) => void,
): void {
  if (!stream) return;
  const decoder = new StringDecoder();
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') take(line, true);
    if (rest.length < charsMax) return;
    take(rest, false);
    rest = '';
  });
  stream.on('end', () => {
    if (rest !== '') take(rest, false);
  });
  stream.on('error', () => {});
}
